import { Advice } from '#infra/terminal/advice.ts';
import { columns } from '#infra/terminal/lines.ts';
import {
  accentNote,
  brandChanges,
  brandDocument,
  brandFields,
  brandProblem,
  cleanBrandText,
  formerSettings,
  isBrandField,
  readBrand,
  wholeBrand,
  wholeDocument,
} from '#shared/audience/settings/brand.ts';
import { mendedSettings, versionOf } from '#shared/audience/settings/document.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { brandItem } from '#shared/store/settings/brand.ts';
import { keptBrand } from '#shared/store/settings/kept-versions.ts';
import { settingsItem } from '#shared/store/settings/settings.ts';
import { shown, type VersionParts, versionVerbs } from './version-verbs.ts';

const afterwards = 'Emails use it within 30 seconds.';

/** What `npm run brand` does, one function for each verb. All throw Advice about what cannot be done. */
export function brandVerbs(parts: VersionParts) {
  const { db, table, print, document } = parts;
  const read = brandItem(db, table);
  const storedSettings = settingsItem(db, table);
  /** They have what the brand does not have of its own yet, whatever else is wrong with them. */
  const settings = async () => mendedSettings(await storedSettings(), defaultSettings);
  const { npm, replaced, history, restore } = versionVerbs(parts, {
    kept: keptBrand,
    command: 'brand',
    verb: 'is',
    read,
    faults: (stored) => readBrand(stored).faults.map(({ path }) => path),
    changes: brandChanges,
    afterwards,
  });

  return {
    /** Gives whether nothing is wrong with it. With a document: all fields, `null` where there is none. */
    async show(): Promise<boolean> {
      const item = await read();
      const { brand: own, faults } = readBrand(item);
      const brand = wholeBrand(own, await settings());
      const version = versionOf(item) ?? 0;
      if (document) {
        const values = brandFields.map((field) => [field, brand[field] || null]);
        document({ version, ...Object.fromEntries(values), faults });
        return faults.length === 0;
      }
      const rows = brandFields.map((field) => [field, shown(brand[field])]);
      for (const line of columns([...rows, ['version', String(version)]])) print(line);
      if (brand.accent) print(`\n${accentNote(brand.accent)}`);
      if (faults.length > 0) {
        print("\nThis can't be used, so emails leave it out:");
        for (const { path, problem } of faults) print(`  ${path}: ${problem}`);
        print('\nSet it again, or remove it:');
        print(npm(`set ${faults[0]?.path} none`));
      } else if (!brand.name) {
        print("\nMails and the unsubscribe page don't show your name yet:");
        print(npm('set name "Example Shop"'));
      } else if (!brand.postalAddress) {
        print('\nMarketing emails need a postal address:');
        print(npm('set postalAddress "Example Shop, Street 1, City"'));
      }
      return faults.length === 0;
    },

    /** Changes one field; `none` takes it away. */
    async set(field: string, value: string): Promise<void> {
      if (!isBrandField(field)) {
        throw new Advice(`A brand has no ${field}. Use one of ${brandFields.join(', ')}.`);
      }
      // A shell makes it hard to type a line break, so `\n` stands for one.
      const typed = field === 'postalAddress' ? value.replaceAll('\\n', '\n') : value;
      const text = value.trim() === 'none' ? '' : cleanBrandText(field, typed);
      if (text === '' && value.trim() !== 'none') {
        throw new Advice(`${field} can't be empty. To remove it, pass none.`);
      }
      const problem = brandProblem(field, text);
      if (problem) throw new Advice(`${field} can't be "${value}". ${problem}`);
      const [seen, known] = await Promise.all([read(), settings()]);
      const next = brandDocument({ ...readBrand(seen).brand, [field]: text });
      const [before, after] = [wholeDocument(seen, known), wholeDocument(next, known)];
      if (brandChanges(before, after).length === 0) {
        return print(`${field} already has this value. Nothing was changed.`);
      }
      const version = await replaced(seen, next);
      print(`${field} is set. The brand is now at version ${version}.`);
      if (field === 'accent' && text !== '') print(accentNote(text));
      print(afterwards);
    },

    /** Takes everything away but what mails cannot do without, as a version of its own. */
    async clear(): Promise<void> {
      const seen = await read();
      const { brand } = readBrand(seen);
      const kept = formerSettings.flatMap((field) =>
        brand[field] === undefined ? [] : [[field, brand[field]]],
      );
      const next = brandDocument(Object.fromEntries(kept));
      if (brandChanges(seen, next).length === 0) return print('The brand is already empty.');
      const before = versionOf(seen);
      const version = await replaced(seen, next);
      print(
        `The brand is empty except for postal address, time zone and language, as version ${version}. ${afterwards}`,
      );
      if (before !== undefined) print(`To restore it:\n${npm(`restore ${before}`)}`);
    },

    history,
    restore,
  };
}
