import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import {
  findDeployment,
  readSettings,
  type Target,
} from '#infra/commands/deployment/deployment.ts';
import { Advice } from '#infra/terminal/advice.ts';
import { type Act, jsonOption, type StackCommand } from '#infra/terminal/command-line.ts';
import { columns } from '#infra/terminal/lines.ts';
import { type Output, outputFor } from '#infra/terminal/output.ts';
import { type Settings, settingsSchema } from '#shared/audience/settings.ts';
import {
  type EventSetting,
  eventKinds,
  type GeneralSetting,
  generalKinds,
  longestPostalAddress,
  type SettingKind,
  writingProblem,
} from '#shared/audience/settings-draft.ts';
import { type SupportedEventType, supportedEventTypes } from '#shared/polar/event-types.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { saveSettings } from '#shared/store/settings-history.ts';

export const eventFields = Object.keys(eventKinds).filter((name) => isKeyOf(eventKinds, name));
export const generalNames = Object.keys(generalKinds).filter((name) => isKeyOf(generalKinds, name));

type Value = string | boolean | null;

/**
 * The settings with one value changed; the same object where it is that already. A path is `postalAddress` or
 * `events.<type>.<field>`. Throws Advice about a path or a value that there is not.
 */
export function withSetting(settings: Settings, path: string, given: string): Settings {
  const { kind, type, field } = place(path);
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
  if (!checked.success) throw new Advice(`${path} cannot be ${JSON.stringify(value)}: ${lengths}`);
  return checked.data;
}

const lengths = 'a user group has 1 to 100 characters.';

type Place =
  | { kind: SettingKind; type: undefined; field: GeneralSetting }
  | { kind: SettingKind; type: SupportedEventType; field: EventSetting };

/** The type of an event has a dot in it, so a path cannot simply be split. */
function place(path: string): Place {
  if (isKeyOf(generalKinds, path)) {
    return { kind: generalKinds[path], type: undefined, field: path };
  }
  if (!path.startsWith('events.')) {
    throw new Advice(
      `There is no setting ${path}: it is one of ${generalNames.join(', ')} or events.<type>.<field>, as in events.order.paid.userGroup.`,
    );
  }
  const type = supportedEventTypes.find((one) => `${path}.`.startsWith(`events.${one}.`));
  if (type === undefined) {
    throw new Advice(`${path} names no event: it is one of ${supportedEventTypes.join(', ')}.`);
  }
  const field = path.slice(`events.${type}.`.length);
  if (!isKeyOf(eventKinds, field)) {
    throw new Advice(`${path} needs a field of ${type}: it is one of ${eventFields.join(', ')}.`);
  }
  return { kind: eventKinds[field], type, field };
}

function readValue(path: string, kind: SettingKind, given: string): Value {
  const word = given.trim();
  if (kind === 'switch') {
    if (word === 'on' || word === 'true') return true;
    if (word === 'off' || word === 'false') return false;
    throw new Advice(`${path} is on or off, not "${given}".`);
  }
  if (kind === 'time-zone' || kind === 'language') {
    const problem = writingProblem(kind, word);
    if (problem) throw new Advice(`${path} cannot be "${given}". ${problem}`);
    return word;
  }
  if (kind === 'text') return word === 'none' ? null : textOf(path, word);
  if (kind.includes(word)) return word;
  throw new Advice(`${path} is ${kind.join(' or ')}, not "${given}".`);
}

/** A shell makes it hard to type a line break, so `\n` stands for one. */
function textOf(path: string, word: string): string {
  if (word === '') throw new Advice(`${path} cannot be empty: say none to have none.`);
  if (path !== 'postalAddress') return word;
  if (word.length > longestPostalAddress) {
    throw new Advice(`postalAddress cannot be longer than ${longestPostalAddress} characters.`);
  }
  return word.replaceAll('\\n', '\n');
}

function isKeyOf<T extends object>(record: T, name: string): name is Extract<keyof T, string> {
  return Object.hasOwn(record, name);
}

type Print = (line: string) => void;

export type SettingsOptions = Readonly<{ target: Target }> &
  ({ verb: 'show'; json: boolean } | { verb: 'set'; path: string; value: string });

/** The words of `npm run settings`. */
export function settingsCommand(
  command: StackCommand,
  act: Act<SettingsOptions> = (options) => runSettings(options),
): void {
  command.description('Shows and changes the settings.');
  command
    .command('show')
    .description('shows all settings')
    .addOption(jsonOption())
    .action((_, self) => {
      const { json = false, ...target } = self.optsWithGlobals();
      return act({ target, verb: 'show', json });
    });
  command
    .command('set')
    .description('changes one')
    .argument('<path>', `${generalNames.join(', ')}, or events.<type>.<field>`)
    .argument('<value>', 'none takes a text away')
    .addHelpText('after', settingExamples)
    .action((path, value, _, self) =>
      act({ target: self.optsWithGlobals(), verb: 'set', path, value }),
    );
  command.addHelpText('after', settingExamples);
}

const settingExamples = `
Settings:
  set postalAddress "Example Shop, Street 1, City"   for the footer of marketing emails; \\n breaks a line
  set newContacts subscribed                         or unsubscribed
  set customerDeleted unsubscribe                    or delete, keep: what a deletion in Polar does here
  set timeZone Europe/Berlin                         for days and hours in emails; UTC unless you set it
  set language de                                    how emails write dates and amounts; en unless you set it
  set events.order.paid.enabled off                  or on; the same for trigger, fullName, externalId
  set events.order.paid.userGroup buyers             or none
  set events.order.paid.userGroupMode always         or new-contacts`;

async function runSettings(options: SettingsOptions): Promise<void> {
  const output = outputFor(options.verb === 'show' && options.json);
  const { clientConfigs, settingsTable } = await findDeployment(options.target, output.print);
  const db = documentClient(new DynamoDBClient(clientConfigs.dynamodb));
  if (options.verb === 'show') return showSettings(db, settingsTable, output);
  return setSetting(db, settingsTable, options, output.print);
}

/** With a document: all settings by their names, `null` where there is none. */
export async function showSettings(
  db: DynamoDBDocumentClient,
  table: string,
  { print, document }: Output,
): Promise<void> {
  const settings = await readSettings(db, table);
  if (document) return document(settingsDocument(settings));
  const general = generalNames.map((name) => [name, shown(settings[name])]);
  for (const line of columns([...general, ['version', String(settings.version)]])) print(line);
  print('');
  const events = supportedEventTypes.map((type) => [
    type,
    ...eventFields.map((field) => shown(settings.events[type][field])),
  ]);
  for (const line of columns([['EVENT', ...eventFields], ...events])) print(line);
  if (!settings.postalAddress) {
    print('\nMarketing emails need a postal address:');
    print('  npm run settings -- set postalAddress "Example Shop, Street 1, City"');
  }
}

/** Changes one setting. Throws Advice where it cannot be changed so, or someone else changed one meanwhile. */
export async function setSetting(
  db: DynamoDBDocumentClient,
  table: string,
  { path, value }: Readonly<{ path: string; value: string }>,
  print: Print,
): Promise<void> {
  const settings = await readSettings(db, table);
  const changed = withSetting(settings, path, value);
  if (changed === settings) return print(`${path} is that already: nothing was changed.`);
  if (!(await saveSettings(db, table, changed, { at: new Date(), by: 'the command line' }))) {
    throw new Advice('Someone else changed the settings at the same moment. Try again.');
  }
  print(`${path} is set; the settings are at version ${changed.version} now.`);
  print('Within half a minute everything goes by it.');
}

function settingsDocument(settings: Settings) {
  const general = generalNames.map((name) => [name, settings[name] ?? null]);
  const events = supportedEventTypes.map((type) => [
    type,
    Object.fromEntries(eventFields.map((field) => [field, settings.events[type][field] ?? null])),
  ]);
  return {
    version: settings.version,
    ...Object.fromEntries(general),
    events: Object.fromEntries(events),
  };
}

function shown(value: string | boolean | null | undefined): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return value ?? 'none';
}
