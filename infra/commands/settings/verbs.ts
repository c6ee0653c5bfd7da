import { withOptions } from '#infra/commands/words.ts';
import { Advice } from '#infra/terminal/advice.ts';
import { columns } from '#infra/terminal/lines.ts';
import {
  type FormerSetting,
  formerSettings,
  isFormerSetting,
  readBrand,
} from '#shared/audience/settings/brand.ts';
import {
  changesBetween,
  type Fault,
  readDocument,
  textsOf,
  versionOf,
} from '#shared/audience/settings/document.ts';
import {
  eventPath,
  isOfEndpoint,
  type SettingsDraft,
  settingPlaces,
} from '#shared/audience/settings/draft.ts';
import { defaultSettings, type SettingsDocument } from '#shared/audience/settings/settings.ts';
import type { Followed } from '#shared/polar/connection/follow-settings.ts';
import { supportedEventTypes } from '#shared/polar/event-types.ts';
import { brandItem } from '#shared/store/settings/brand.ts';
import { keptSettings, saveSettings } from '#shared/store/settings/history.ts';
import { settingsItem } from '#shared/store/settings/settings.ts';
import { brandVerbs } from './brand-verbs.ts';
import { eventFields, generalNames, settingsNames, withMended, withSetting } from './values.ts';
import { overtaken, shown, type VersionParts, versionVerbs } from './version-verbs.ts';

/**
 * What `npm run settings` does, one function for each verb. All throw Advice about what cannot be done. `follow` changes the
 * endpoint in Polar where that is to have other events now.
 */
export function settingsVerbs(parts: VersionParts, follow: () => Promise<Followed>) {
  const { db, table, person, now, print, document } = parts;
  const read = settingsItem(db, table);
  const { npm, replaced, lastValid, history, restore } = versionVerbs(parts, {
    kept: keptSettings,
    command: 'settings',
    verb: 'are',
    read,
    faults: faultsOf,
    changes: changesBetween,
    afterwards,
  });

  /** A document with what the brand has of its own, which counts in its place. */
  async function withBrand(item: SettingsDocument): Promise<SettingsDocument> {
    const { brand } = readBrand(await brandItem(db, table)());
    const own = formerSettings.flatMap((field) =>
      brand[field] === undefined ? [] : [[field, brand[field] || defaultOf(field)]],
    );
    return { ...item, ...Object.fromEntries(own) };
  }

  /** What is at fault, and the two ways out of it. */
  async function explain(faults: readonly Fault[]): Promise<void> {
    print("\nThese settings aren't valid, and events wait until they are. What's wrong:");
    for (const { path, problem } of faults) print(`  ${path}: ${problem}`);
    const first = faults.find(({ path }) => path !== 'version');
    if (first) {
      const isSetting = settingPlaces.some(({ path }) => path === first.path);
      print('\nFix them one by one:');
      print(npm(`set ${first.path} ${isSetting ? '<value>' : 'none'}`));
    }
    const last = await lastValid();
    if (last !== undefined) {
      print(`\nOr restore version ${last}, the last valid one:`);
      print(npm(`restore ${last}`));
    }
  }

  /** Gives whether the endpoint has the events of the settings after these were changed. */
  async function followed(paths: readonly string[]): Promise<boolean> {
    if (!paths.some(isOfEndpoint)) return true;
    const { isBehind, sentences } = await follow();
    for (const sentence of sentences) print(sentence);
    if (isBehind) print(`  ${withOptions('npm run connect -- --repair', parts.options)}`);
    return !isBehind;
  }

  async function mend(seen: SettingsDocument, path: string, value: string): Promise<void> {
    const next = withMended(seen, path, value);
    const isSame = JSON.stringify(next) === JSON.stringify(seen);
    if (isSame && versionOf(seen) !== undefined) {
      print(`${path} already has this value. Nothing was changed.`);
    } else {
      const version = await replaced(seen, next);
      print(`${path} is set. The settings are now at version ${version}.`);
    }
    const left = readDocument(next);
    // The version is mended by any change.
    const faults = left.kind === 'valid' ? [] : left.faults.filter((one) => one.path !== 'version');
    if (faults.length > 0) return explain(faults);
    print("They're valid again, and apply within 30 seconds.");
  }

  return {
    /** Gives whether they are valid. With a document: all settings by their names, `null` where there is none. */
    async show(): Promise<boolean> {
      const item = await read();
      const stored = readDocument(item);
      const faults = stored.kind === 'valid' ? [] : stored.faults;
      const known = await withBrand(stored.kind === 'valid' ? stored.settings : item);
      if (document) {
        document({ ...settingsNames(known), faults: faults.map(faultDocument) });
        return faults.length === 0;
      }
      const texts = textsOf(known);
      for (const line of settingLines(texts, versionOf(item))) print(line);
      print(`\nOf these, ${ofBrand}: npm run brand -- show${parts.options}`);
      if (faults.length > 0) {
        await explain(faults);
      } else if (!texts['postalAddress']) {
        print('\nMarketing emails need a postal address:');
        print(
          `  npm run brand -- set postalAddress "Example Shop, Street 1, City"${parts.options}`,
        );
      }
      return faults.length === 0;
    },

    /**
     * Changes one setting, or mends it where the document is not valid. Gives whether nothing is left to do: the endpoint
     * in Polar may not have followed.
     */
    async set(path: string, value: string): Promise<boolean> {
      const item = await read();
      const stored = readDocument(item);
      if (isFormerSetting(path) && !faultsOf(item).includes(path)) {
        print(
          `${path} is part of the brand now, so it's set there (npm run brand -- set ${path}).`,
        );
        await brandVerbs(parts).set(path, value);
        return true;
      }
      if (stored.kind === 'invalid') {
        await mend(item, path, value);
        return followed([path]);
      }
      const { settings } = stored;
      const changed = withSetting(settings, path, value);
      if (changed === settings) {
        print(`${path} already has this value. Nothing was changed.`);
        return true;
      }
      const saved = { at: now(), by: person };
      if (!(await saveSettings(db, table, changed, saved))) throw new Advice(overtaken('settings'));
      print(`${path} is set. The settings are now at version ${changed.version}.`);
      print(afterwards);
      return followed([path]);
    },

    history,
    /** Puts an earlier version back. Gives the same as `set`. */
    async restore(version: number): Promise<boolean> {
      return followed(await restore(version));
    },
  };
}

const afterwards = 'This applies within 30 seconds.';

const ofBrand = 'postalAddress, timeZone and language are part of the brand';

const defaultOf = (field: FormerSetting) => defaultSettings[field] ?? null;

function faultsOf(document: SettingsDocument): string[] {
  const read = readDocument(document);
  return read.kind === 'valid' ? [] : read.faults.map(({ path }) => path);
}

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

function faultDocument({ path, problem }: Fault) {
  return { setting: path, problem };
}
