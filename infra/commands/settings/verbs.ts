import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { Advice } from '#infra/terminal/advice.ts';
import { columns } from '#infra/terminal/lines.ts';
import type { Output } from '#infra/terminal/output.ts';
import {
  changesBetween,
  type Fault,
  readDocument,
  type SettingsDocument,
  textsOf,
  versionOf,
} from '#shared/audience/settings-document.ts';
import { eventPath, type SettingsDraft, settingPlaces } from '#shared/audience/settings-draft.ts';
import { supportedEventTypes } from '#shared/polar/event-types.ts';
import { settingsItem } from '#shared/store/settings.ts';
import {
  type KeptSettings,
  keptSettings,
  replaceSettings,
  saveSettings,
} from '#shared/store/settings-history.ts';
import { eventFields, generalNames, settingsNames, withMended, withSetting } from './values.ts';

export type SettingsParts = Readonly<{
  db: DynamoDBDocumentClient;
  table: string;
  /** Who runs the command. */
  person: string;
  /** What has to stand behind the next command to mean the same stack. */
  options: string;
  now: () => Date;
}> &
  Output;

/** What `npm run settings` does, one function for each verb. All throw Advice about what cannot be done. */
export function settingsVerbs(parts: SettingsParts) {
  const { db, table, person, options, now, print, document } = parts;
  const read = settingsItem(db, table);
  const npm = (command: string) => `  npm run settings -- ${command}${options}`;
  const saved = () => ({ at: now(), by: `${person} on the command line` });

  /** What is at fault, and the two ways out of it. */
  async function explain(faults: readonly Fault[]): Promise<void> {
    print('\nThese settings are not valid, and events wait until they are. At fault:');
    for (const { path, problem } of faults) print(`  ${path}: ${problem}`);
    const first = faults.find(({ path }) => path !== 'version');
    if (first) {
      const isSetting = settingPlaces.some(({ path }) => path === first.path);
      print('\nMend one after the other:');
      print(npm(`set ${first.path} ${isSetting ? '<value>' : 'none'}`));
    }
    const last = (await keptSettings(db, table)).find(isValid);
    if (last) {
      print(`\nOr put version ${last.version} back, the last valid one:`);
      print(npm(`restore ${last.version}`));
    }
  }

  async function mend(seen: SettingsDocument, path: string, value: string): Promise<void> {
    const next = withMended(seen, path, value);
    const isSame = JSON.stringify(next) === JSON.stringify(seen);
    if (isSame && versionOf(seen) !== undefined) {
      print(`${path} is that already: nothing was changed.`);
    } else {
      const version = await replaced(seen, next);
      print(`${path} is set; the settings are at version ${version} now.`);
    }
    const left = readDocument(next);
    // The version is mended by any change.
    const faults = left.kind === 'valid' ? [] : left.faults.filter((one) => one.path !== 'version');
    if (faults.length > 0) return explain(faults);
    print('They are valid again. Within half a minute everything goes by them.');
  }

  async function replaced(seen: SettingsDocument, next: SettingsDocument): Promise<number> {
    const version = await replaceSettings(db, table, { seen, next }, saved());
    if (version === undefined) throw new Advice(overtaken);
    return version;
  }

  return {
    /** Gives whether they are valid. With a document: all settings by their names, `null` where there is none. */
    async show(): Promise<boolean> {
      const item = await read();
      const stored = readDocument(item);
      const faults = stored.kind === 'valid' ? [] : stored.faults;
      if (document) {
        const known = stored.kind === 'valid' ? stored.settings : item;
        document({ ...settingsNames(known), faults: faults.map(faultDocument) });
        return faults.length === 0;
      }
      const texts = textsOf(item);
      for (const line of settingLines(texts, versionOf(item))) print(line);
      if (faults.length > 0) {
        await explain(faults);
      } else if (!texts['postalAddress']) {
        print('\nMarketing emails need a postal address:');
        print(npm('set postalAddress "Example Shop, Street 1, City"'));
      }
      return faults.length === 0;
    },

    /** Changes one setting, or mends it where the document is not valid. */
    async set(path: string, value: string) {
      const item = await read();
      const stored = readDocument(item);
      if (stored.kind === 'invalid') return mend(item, path, value);
      const { settings } = stored;
      const changed = withSetting(settings, path, value);
      if (changed === settings) return print(`${path} is that already: nothing was changed.`);
      if (!(await saveSettings(db, table, changed, saved()))) throw new Advice(overtaken);
      print(`${path} is set; the settings are at version ${changed.version} now.`);
      print('Within half a minute everything goes by it.');
    },

    /** The newest versions first, each with what it changed. */
    async history(limit: number) {
      const item = await read();
      const kept = await keptSettings(db, table);
      const versions = kept.map((one) => historyOf(one, kept)).slice(0, limit);
      const last = kept.find(({ version }) => version === versionOf(item));
      const byHand = last ? changesBetween(last.document, item) : undefined;
      if (document) {
        const isNowValid = readDocument(item).kind === 'valid';
        const changes = byHand?.map(changeDocument) ?? null;
        const present = { version: versionOf(item) ?? null, isValid: isNowValid, changes };
        return document({ present, versions });
      }
      for (const line of historyLines(versions)) print(line);
      const more = kept.length - versions.length;
      if (more > 0) print(`\nThese are the newest ${limit} of ${kept.length}; --limit shows more.`);
      if (byHand && byHand.length > 0) {
        print('\nSomebody changed the settings by hand after the last version:');
        for (const change of byHand) print(`  ${changeText(changeDocument(change))}`);
      }
      const earlier = kept.find((one) => isValid(one) && one.version !== versionOf(item));
      if (earlier) print(`\nTo put one back:\n${npm(`restore ${earlier.version}`)}`);
    },

    /** Puts the values of a version back, as a new version. */
    async restore(version: number) {
      const seen = await read();
      const kept = await keptSettings(db, table);
      const wanted = kept.find((one) => one.version === version);
      if (!wanted) {
        throw new Advice(`There is no version ${version}. See which there are:\n${npm('history')}`);
      }
      const target = readDocument(wanted.document);
      if (target.kind === 'invalid') {
        const last = kept.find(isValid)?.version;
        const paths = target.faults.map(({ path }) => path).join(', ');
        throw new Advice(
          `Version ${version} is not valid itself (${paths}), so it was not put back. The last valid one is ${last}.`,
        );
      }
      const isValidNow = readDocument(seen).kind === 'valid';
      const changes = changesBetween(seen, target.settings);
      if (isValidNow && changes.length === 0) {
        return print(`The settings are as in version ${version} already: nothing was changed.`);
      }
      const next = await replaced(seen, target.settings);
      print(`Version ${version} is back, as version ${next}. It changed:`);
      for (const change of changes) print(`  ${changeText(changeDocument(change))}`);
      print('Within half a minute everything goes by it.');
    },
  };
}

const overtaken =
  'Someone else changed the settings at the same moment, so nothing was changed. Look at them ("show") and try again.';

const isValid = ({ document }: KeptSettings) => readDocument(document).kind === 'valid';

function settingLines(texts: SettingsDraft, version: number | undefined): string[] {
  const general = generalNames.map((name) => [name, shown(texts[name])]);
  const events = supportedEventTypes.map((type) => [
    type,
    ...eventFields.map((field) => shown(texts[eventPath(type, field)])),
  ]);
  return [
    ...columns([...general, ['version', version === undefined ? 'none' : String(version)]]),
    '',
    ...columns([['EVENT', ...eventFields], ...events]),
  ];
}

type Change = Readonly<{ setting: string; from: string | null; to: string | null }>;

/** What one version changed; `null` where the version before it was not kept. */
function historyOf(kept: KeptSettings, all: readonly KeptSettings[]) {
  const { version, savedAt, savedBy, document } = kept;
  const before = all.find((one) => one.version === version - 1);
  const changes = before ? changesBetween(before.document, document).map(changeDocument) : null;
  return {
    version,
    savedAt: savedAt ?? null,
    savedBy: savedBy ?? null,
    isValid: isValid(kept),
    changes: version === 0 ? [] : changes,
  };
}

function historyLines(versions: readonly ReturnType<typeof historyOf>[]): string[] {
  const rows = versions.flatMap(({ version, savedAt, savedBy, isValid, changes }) => {
    const [first = version === 0 ? 'the defaults' : 'nothing', ...more] = changes
      ? changes.map(changeText)
      : ['not known: the version before it was not kept'];
    const number = isValid ? String(version) : `${version} (not valid)`;
    const none = 'not known';
    const who = version === 0 ? ['', ''] : [savedAt ?? none, savedBy ?? none];
    return [[number, ...who, first], ...more.map((change) => ['', '', '', change])];
  });
  return columns([['VERSION', 'SAVED', 'BY', 'CHANGED'], ...rows]);
}

function changeDocument(change: Readonly<{ path: string; from: string; to: string }>): Change {
  return { setting: change.path, from: change.from || null, to: change.to || null };
}

function changeText({ setting, from, to }: Change): string {
  return `${setting}: ${shown(from)} → ${shown(to)}`.replaceAll('\n', '\\n');
}

function faultDocument({ path, problem }: Fault) {
  return { setting: path, problem };
}

function shown(text: string | null | undefined): string {
  return text || 'none';
}
