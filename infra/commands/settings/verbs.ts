import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { readSettings } from '#infra/commands/deployment/deployment.ts';
import { Advice } from '#infra/terminal/advice.ts';
import { columns } from '#infra/terminal/lines.ts';
import type { Output } from '#infra/terminal/output.ts';
import type { Settings } from '#shared/audience/settings.ts';
import { supportedEventTypes } from '#shared/polar/event-types.ts';
import { saveSettings } from '#shared/store/settings-history.ts';
import { eventFields, generalNames, withSetting } from './values.ts';

type Print = (line: string) => void;

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
