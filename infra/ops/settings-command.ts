import { parseArgs } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { Advice } from '#infra/local/advice.ts';
import { documentClient } from '#shared/aws/document-client.ts';
import { saveSettings } from '#shared/aws/settings-history.ts';
import { supportedEventTypes } from '#shared/polar/event-types.ts';
import { columns } from './columns.ts';
import { commonHelp, commonOptions, readArguments, readVerb } from './command-line.ts';
import { findDeployment, type Target } from './deployment.ts';
import { eventFields, generalNames, withSetting } from './setting-path.ts';
import { readSettings } from './settings-document.ts';

export const settingsHelp = `Shows and changes the settings.

  npm run settings -- show
  npm run settings -- set <path> <value>

  set postalAddress "Example Shop, Street 1, City"   for the footer of marketing emails; \\n breaks a line
  set newContacts subscribed                         or unsubscribed
  set customerDeleted unsubscribe                    or delete, keep: what a deletion in Polar does here
  set events.order.paid.enabled off                  or on; the same for trigger, fullName, externalId
  set events.order.paid.userGroup buyers             or none
  set events.order.paid.userGroupMode always         or new-contacts

${commonHelp}`;

const verbs = { show: [], set: ['path', 'value'] };

type Print = (line: string) => void;
type SettingsCommand = Readonly<{ target: Target; verb: keyof typeof verbs; words: string[] }>;

/** Reads the command line; undefined: help is wanted. Throws Advice about what cannot be understood. */
export function settingsOptions(args: readonly string[]): SettingsCommand | undefined {
  const { values, positionals } = readArguments('settings', () =>
    parseArgs({ args: [...args], allowPositionals: true, options: commonOptions }),
  );
  if (values.help || args.length === 0) return undefined;
  return { target: values, ...readVerb('settings', verbs, positionals) };
}

/** `npm run settings`. */
export async function settingsCommand(args: readonly string[], print: Print): Promise<void> {
  const options = settingsOptions(args);
  if (!options) return print(settingsHelp);
  const { verb, words, target } = options;
  const { clientConfigs, settingsTable } = await findDeployment(target, print);
  const db = documentClient(new DynamoDBClient(clientConfigs.dynamodb));
  if (verb === 'show') return showSettings(db, settingsTable, print);
  const [path = '', value = ''] = words;
  return setSetting(db, settingsTable, { path, value }, print);
}

export async function showSettings(
  db: DynamoDBDocumentClient,
  table: string,
  print: Print,
): Promise<void> {
  const settings = await readSettings(db, table);
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
  { path, value }: { path: string; value: string },
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

function shown(value: string | boolean | null | undefined): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return value ?? 'none';
}
