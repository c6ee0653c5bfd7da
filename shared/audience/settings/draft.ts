import {
  optionalEventTypes,
  type SupportedEventType,
  supportedEventTypes,
} from '#shared/polar/event-types.ts';
import { longestPostalAddress, writingProblem } from './brand.ts';
import {
  deletionModeSchema,
  type EventSettings,
  mostDailyLimit,
  type Settings,
  settingsSchema,
} from './settings.ts';

/** What a value may be: one of these words, on or off, a text or none, a time zone, a language, or a number. */
export type SettingKind =
  | readonly string[]
  | 'switch'
  | 'text'
  | 'time-zone'
  | 'language'
  | 'count';

export const generalKinds = {
  newContacts: ['subscribed', 'unsubscribed'],
  customerDeleted: deletionModeSchema.options,
  postalAddress: 'text',
  timeZone: 'time-zone',
  language: 'language',
  dailyLimit: 'count',
} as const satisfies Record<Exclude<keyof Settings, 'version' | 'events'>, SettingKind>;

export const eventKinds = {
  enabled: 'switch',
  trigger: 'switch',
  fullName: 'switch',
  externalId: 'switch',
  userGroup: 'text',
  userGroupMode: ['new-contacts', 'always'],
} as const satisfies Record<keyof EventSettings, SettingKind>;

export type GeneralSetting = keyof typeof generalKinds;
export type EventSetting = keyof typeof eventKinds;

export const longestUserGroup = 100;

export type SettingPlace = Readonly<
  { path: string; kind: SettingKind } & (
    | { type: undefined; field: GeneralSetting }
    | { type: SupportedEventType; field: EventSetting }
  )
>;

/** Every setting, with its path as in `events.order.paid.enabled`. */
export const settingPlaces: readonly SettingPlace[] = [
  ...keysOf(generalKinds).map(
    (field) => ({ path: field, kind: generalKinds[field], type: undefined, field }) as const,
  ),
  ...supportedEventTypes.flatMap((type) =>
    keysOf(eventKinds).map(
      (field) => ({ path: eventPath(type, field), kind: eventKinds[field], type, field }) as const,
    ),
  ),
];

export function eventPath(type: SupportedEventType, field: EventSetting): string {
  return `events.${type}.${field}`;
}

/** Whether a setting decides on an event of the endpoint in Polar. */
export function isOfEndpoint(path: string): boolean {
  return optionalEventTypes.some((type) => path === eventPath(type, 'enabled'));
}

function keysOf<T extends object>(record: T) {
  const isKey = (name: string): name is Extract<keyof T, string> => Object.hasOwn(record, name);
  return Object.keys(record).filter(isKey);
}

/** The settings as a form holds them: a text for each path; `on` or `off`, and an empty text for none. */
export type SettingsDraft = Readonly<Record<string, string>>;

export function draftOf(settings: Settings): SettingsDraft {
  return draftWith((place) => {
    const value =
      place.type === undefined ? settings[place.field] : settings.events[place.type][place.field];
    return typeof value === 'boolean' ? onOrOff(value) : String(value ?? '');
  });
}

/** A draft made field by field. */
export function draftWith(textOf: (place: SettingPlace) => string): SettingsDraft {
  return Object.fromEntries(settingPlaces.map((place) => [place.path, textOf(place)]));
}

type CheckedDraft =
  | { kind: 'valid'; settings: Settings }
  /** A sentence for each path that is wrong. */
  | { kind: 'invalid'; problems: Readonly<Record<string, string>> };

/** The settings that a draft stands for, as `version`, or everything that is wrong with it. */
export function checkDraft(draft: SettingsDraft, version: number): CheckedDraft {
  const clean = cleanDraft(draft);
  const found = settingPlaces.flatMap((place) => {
    const problem = problemWith(place, clean[place.path] ?? '');
    return problem === undefined ? [] : [[place.path, problem] as const];
  });
  if (found.length > 0) return { kind: 'invalid', problems: Object.fromEntries(found) };
  return { kind: 'valid', settings: settingsWith(clean, version) };
}

/** What a person changed, and what another changed meanwhile, both since the draft that they began with. */
export type Comparison = Readonly<{
  mine: readonly SettingPlace[];
  theirs: readonly SettingPlace[];
  /** Changed by both, to different values. */
  clashes: readonly SettingPlace[];
  /** My changes on top of theirs; theirs where they clash. */
  merged: SettingsDraft;
}>;

/** Where nobody knows any more what both began with (`base` is undefined), every difference is a clash. */
export function compareDrafts(
  base: SettingsDraft | undefined,
  mine: SettingsDraft,
  theirs: SettingsDraft,
): Comparison {
  const [b, m, t] = [base && cleanDraft(base), cleanDraft(mine), cleanDraft(theirs)];
  const differs = (one: SettingsDraft, other: SettingsDraft) =>
    settingPlaces.filter(({ path }) => one[path] !== other[path]);
  const apart = differs(m, t);
  const myChanges = b ? differs(b, m) : apart;
  const theirChanges = b ? differs(b, t) : apart;
  const clashes = apart.filter((one) => myChanges.includes(one) && theirChanges.includes(one));
  const onTop = new Set(myChanges.filter((one) => !clashes.includes(one)).map(({ path }) => path));
  return {
    mine: myChanges,
    theirs: theirChanges,
    clashes,
    merged: draftWith(({ path }) => (onTop.has(path) ? m[path] : t[path]) ?? ''),
  };
}

function settingsWith(draft: SettingsDraft, version: number): Settings {
  const general: Record<string, unknown> = {};
  const events: Record<string, Record<string, unknown>> = {};
  for (const place of settingPlaces) {
    const value = settingValue(place, draft[place.path] ?? '');
    if (place.type === undefined) general[place.field] = value;
    else events[place.type] = { ...events[place.type], [place.field]: value };
  }
  return settingsSchema.parse({ ...general, version, events });
}

export type SettingValue = string | number | boolean | null;

/** What a text of a draft stands for. */
export function settingValue({ kind }: SettingPlace, text: string): SettingValue {
  if (kind === 'count') return Number(text);
  if (kind === 'switch') return text === 'on';
  return kind === 'text' && text === '' ? null : text;
}

/** White space around texts and lines goes, and characters that no line of text has. */
function cleanDraft(draft: SettingsDraft): SettingsDraft {
  return draftWith(({ path, field }) => {
    const text = draft[path] ?? '';
    if (field === 'postalAddress') return text.split(/\r?\n/).map(cleanLine).join('\n').trim();
    return cleanLine(text);
  });
}

function cleanLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').trim();
}

/** What is wrong with a number of emails, if anything. */
export function countProblem(text: string): string | undefined {
  const isCount = /^[1-9]\d{0,3}$/.test(text) && Number(text) <= mostDailyLimit;
  return isCount ? undefined : `It must be a whole number from 1 to ${mostDailyLimit}.`;
}

function problemWith({ kind, field }: SettingPlace, text: string): string | undefined {
  if (kind === 'time-zone' || kind === 'language') return writingProblem(kind, text);
  if (kind === 'count') return countProblem(text);
  if (kind === 'switch') {
    return text === 'on' || text === 'off' ? undefined : 'This is either on or off.';
  }
  if (kind !== 'text') {
    return kind.includes(text) ? undefined : 'Choose one of these.';
  }
  const longest = field === 'postalAddress' ? longestPostalAddress : longestUserGroup;
  if (text.length <= longest) return undefined;
  return field === 'postalAddress'
    ? `A postal address has at most ${longest} characters; this one has ${text.length}.`
    : `A user group has 1 to ${longest} characters; this one has ${text.length}.`;
}

function onOrOff(isOn: boolean): string {
  return isOn ? 'on' : 'off';
}
