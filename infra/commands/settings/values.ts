import { Advice } from '#infra/terminal/advice.ts';
import { longestPostalAddress, writingProblem } from '#shared/audience/settings/brand.ts';
import {
  readDocument,
  valueAt,
  withoutUnknownEvent,
  withValue,
} from '#shared/audience/settings/document.ts';
import {
  countProblem,
  type EventSetting,
  eventKinds,
  type GeneralSetting,
  generalKinds,
  type SettingKind,
  type SettingValue,
} from '#shared/audience/settings/draft.ts';
import {
  type Settings,
  type SettingsDocument,
  settingsSchema,
} from '#shared/audience/settings/settings.ts';
import { type SupportedEventType, supportedEventTypes } from '#shared/polar/event-types.ts';

export const eventFields = Object.keys(eventKinds).filter((name) => isKeyOf(eventKinds, name));
export const generalNames = Object.keys(generalKinds).filter((name) => isKeyOf(generalKinds, name));

/**
 * The settings with one value changed; the same object where it is that already. A path is `postalAddress` or
 * `events.<type>.<field>`. Throws Advice about a path or a value that there is not.
 */
export function withSetting(settings: Settings, path: string, given: string): Settings {
  const { kind, type, field } = placeOf(path);
  const value = readValue(path, kind, given);
  const before = type === undefined ? settings[field] : settings.events[type][field];
  if ((before ?? null) === value) return settings;
  const changed =
    type === undefined
      ? { ...settings, [field]: value }
      : {
          ...settings,
          events: { ...settings.events, [type]: { ...settings.events[type], [field]: value } },
        };
  const checked = settingsSchema.safeParse({ ...changed, version: settings.version + 1 });
  if (!checked.success) throw new Advice(`${path} can't be ${JSON.stringify(value)}: ${lengths}`);
  return checked.data;
}

const lengths = 'a user group has 1 to 100 characters.';

/** The document, whatever is wrong with it, with the value at one path mended. Throws Advice as `withSetting` does. */
export function withMended(
  document: SettingsDocument,
  path: string,
  given: string,
): SettingsDocument {
  const without = withoutUnknownEvent(document, path);
  if (without && given.trim() === 'none') return without;
  if (without) throw new Advice(`There's no event ${path}. To remove it, pass none.`);
  const place = placeOf(path);
  const value = readValue(path, place.kind, given);
  const changed = withValue(document, place, value);
  const read = readDocument(changed);
  const isWrong = read.kind === 'invalid' && read.faults.some((fault) => fault.path === path);
  if (isWrong) throw new Advice(`${path} can't be ${JSON.stringify(value)}: ${lengths}`);
  return changed;
}

type Place =
  | { kind: SettingKind; type: undefined; field: GeneralSetting }
  | { kind: SettingKind; type: SupportedEventType; field: EventSetting };

/** The type of an event has a dot in it, so a path cannot simply be split. */
function placeOf(path: string): Place {
  if (isKeyOf(generalKinds, path)) {
    return { kind: generalKinds[path], type: undefined, field: path };
  }
  if (!path.startsWith('events.')) {
    throw new Advice(
      `There's no setting ${path}. Use one of ${generalNames.join(', ')} or events.<type>.<field>, as in events.order.paid.userGroup.`,
    );
  }
  const type = supportedEventTypes.find((one) => `${path}.`.startsWith(`events.${one}.`));
  if (type === undefined) {
    throw new Advice(
      `${path} doesn't name an event. Use one of ${supportedEventTypes.join(', ')}.`,
    );
  }
  const field = path.slice(`events.${type}.`.length);
  if (!isKeyOf(eventKinds, field)) {
    throw new Advice(`${path} needs a field of ${type}. Use one of ${eventFields.join(', ')}.`);
  }
  return { kind: eventKinds[field], type, field };
}

function readValue(path: string, kind: SettingKind, given: string): SettingValue {
  const word = given.trim();
  if (kind === 'switch') {
    if (word === 'on' || word === 'true') return true;
    if (word === 'off' || word === 'false') return false;
    throw new Advice(`${path} must be on or off, not "${given}".`);
  }
  if (kind === 'time-zone' || kind === 'language') {
    const problem = writingProblem(kind, word);
    if (problem) throw new Advice(`${path} can't be "${given}". ${problem}`);
    return word;
  }
  if (kind === 'count') {
    const problem = countProblem(word);
    if (problem) throw new Advice(`${path} can't be "${given}". ${problem}`);
    return Number(word);
  }
  if (kind === 'text') return word === 'none' ? null : textOf(path, word);
  if (kind.includes(word)) return word;
  throw new Advice(`${path} must be ${kind.join(' or ')}, not "${given}".`);
}

/** A shell makes it hard to type a line break, so `\n` stands for one. */
function textOf(path: string, word: string): string {
  if (word === '') throw new Advice(`${path} can't be empty. To remove it, pass none.`);
  if (path !== 'postalAddress') return word;
  if (word.length > longestPostalAddress) {
    throw new Advice(`postalAddress can't be longer than ${longestPostalAddress} characters.`);
  }
  return word.replaceAll('\\n', '\n');
}

function isKeyOf<T extends object>(record: T, name: string): name is Extract<keyof T, string> {
  return Object.hasOwn(record, name);
}

/** The values of a document by the names of the settings, `null` where there is none. */
export function settingsNames(document: SettingsDocument) {
  const general = ['version', ...generalNames].map((name) => [name, document[name] ?? null]);
  const events = supportedEventTypes.map((type) => [
    type,
    Object.fromEntries(
      eventFields.map((field) => [field, valueAt(document, { type, field }) ?? null]),
    ),
  ]);
  return { ...Object.fromEntries(general), events: Object.fromEntries(events) };
}
