import {
  isOptionalEventType,
  type SupportedEventType,
  supportedEventTypes,
} from '#shared/polar/event-types.ts';
import {
  draftOf,
  draftWith,
  longestUserGroup,
  type SettingKind,
  type SettingPlace,
  type SettingsDraft,
  type SettingValue,
  settingPlaces,
  settingValue,
} from './draft.ts';
import {
  mostDailyLimit,
  type Settings,
  type SettingsDocument,
  settingsSchema,
  unsetEventSettings,
} from './settings.ts';

/** `path` is that of a setting, `version`, or `events.<type>` of an event that this version does not know. */
export type Fault = Readonly<{ path: string; problem: string }>;

type ReadDocument =
  | Readonly<{ kind: 'valid'; settings: Settings }>
  | Readonly<{ kind: 'invalid'; faults: readonly Fault[] }>;

/** The settings that a document holds, or every fault in it with a sentence. */
export function readDocument(document: SettingsDocument): ReadDocument {
  const parsed = settingsSchema.safeParse(document);
  if (parsed.success) return { kind: 'valid', settings: parsed.data };
  const paths = parsed.error.issues
    .filter(({ code }) => code !== 'unrecognized_keys')
    .map(({ path }) => path.map(String).join('.'));
  const isAtFault = (path: string) => paths.some((one) => `${path}.`.startsWith(`${one}.`));
  const faults = settingPlaces.flatMap((place) =>
    isAtFault(place.path) ? [{ path: place.path, problem: problemAt(document, place) }] : [],
  );
  const unknown = unknownEvents(document).map((type) => ({
    path: `events.${type}`,
    problem: 'this version knows no such event.',
  }));
  const version = isAtFault('version')
    ? [{ path: 'version', problem: 'it must be a whole number; the next change gives it one.' }]
    : [];
  return { kind: 'invalid', faults: [...faults, ...unknown, ...version] };
}

function problemAt(document: SettingsDocument, place: SettingPlace): string {
  const value = valueAt(document, place);
  const is = value === undefined ? 'is missing' : `is ${JSON.stringify(value)}`;
  return `it ${is}, and must be ${wanted(place)}.`;
}

function wanted({ kind, field }: SettingPlace): string {
  const words: Readonly<Record<Extract<SettingKind, string>, string>> = {
    switch: 'on or off',
    text: field === 'userGroup' ? `a text of 1 to ${longestUserGroup} characters, or none` : 'text',
    'time-zone': 'a time zone such as UTC or Europe/Berlin',
    language: 'a language such as en, en-GB or de',
    count: `a whole number from 1 to ${mostDailyLimit}`,
  };
  return typeof kind === 'string' ? words[kind] : kind.join(' or ');
}

function unknownEvents({ events }: SettingsDocument): string[] {
  const known = new Set<string>(supportedEventTypes);
  return isRecord(events) ? Object.keys(events).filter((type) => !known.has(type)) : [];
}

type Place = Pick<SettingPlace, 'type' | 'field'>;

/** The value of a setting as it is stored, whatever it is. */
export function valueAt(document: SettingsDocument, { type, field }: Place): unknown {
  if (type === undefined) return document[field];
  const event = isRecord(document['events']) ? document['events'][type] : undefined;
  const known = event === undefined ? unsetAt(type) : event;
  return isRecord(known) ? known[field] : undefined;
}

/** What counts of an event of which a document says nothing. */
function unsetAt(type: SupportedEventType): Readonly<Record<string, unknown>> {
  return isOptionalEventType(type) ? unsetEventSettings : {};
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The document with one value in it, whatever else is wrong with it. */
export function withValue(
  document: SettingsDocument,
  { type, field }: Place,
  value: SettingValue,
): SettingsDocument {
  if (type === undefined) return { ...document, [field]: value };
  const events = isRecord(document['events']) ? document['events'] : {};
  const event = isRecord(events[type]) ? events[type] : unsetAt(type);
  return { ...document, events: { ...events, [type]: { ...event, [field]: value } } };
}

/** The document without the event at this path, which this version does not know; `undefined`: it has none there. */
export function withoutUnknownEvent(
  document: SettingsDocument,
  path: string,
): SettingsDocument | undefined {
  const type = unknownEvents(document).find((one) => `events.${one}` === path);
  const { events } = document;
  if (type === undefined || !isRecord(events)) return undefined;
  const { [type]: _, ...rest } = events;
  return { ...document, events: rest };
}

/** What a document would be with all that is at fault as in `fallback`, the version too. */
export function mendedSettings(document: SettingsDocument, fallback: Settings): Settings {
  const read = readDocument(document);
  if (read.kind === 'valid') return read.settings;
  const paths = new Set(read.faults.map(({ path }) => path));
  const values = draftOf(fallback);
  const known = unknownEvents(document).reduce<SettingsDocument>(
    (rest, type) => withoutUnknownEvent(rest, `events.${type}`) ?? rest,
    document,
  );
  const mended = settingPlaces
    .filter(({ path }) => paths.has(path))
    .reduce(
      (rest, place) => withValue(rest, place, settingValue(place, values[place.path] ?? '')),
      known,
    );
  return settingsSchema.parse(paths.has('version') ? { ...mended, version: 0 } : mended);
}

/** All values of a document as texts, those at fault as they are stored. */
export function textsOf(document: SettingsDocument): SettingsDraft {
  const read = readDocument(document);
  if (read.kind === 'valid') return draftOf(read.settings);
  return draftWith((place) => textOf(valueAt(document, place)));
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The settings that differ between two documents. */
export function changesBetween(
  before: SettingsDocument,
  after: SettingsDocument,
): readonly Readonly<{ path: string; from: string; to: string }>[] {
  const [from, to] = [textsOf(before), textsOf(after)];
  return settingPlaces.flatMap(({ path }) =>
    from[path] === to[path] ? [] : [{ path, from: from[path] ?? '', to: to[path] ?? '' }],
  );
}

/** A whole number of version, as far as the document has one. */
export function versionOf({ version }: SettingsDocument): number | undefined {
  return typeof version === 'number' && Number.isSafeInteger(version) && version >= 0
    ? version
    : undefined;
}
