import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { Advice } from '#infra/terminal/advice.ts';
import { columns } from '#infra/terminal/lines.ts';
import type { Output } from '#infra/terminal/output.ts';
import { actorName } from '#shared/actor.ts';
import { versionOf } from '#shared/audience/settings/document.ts';
import type { SettingsDocument } from '#shared/audience/settings/settings.ts';
import {
  type KeptDocument,
  type KeptVersion,
  keptVersions,
  replaceDocument,
} from '#shared/store/settings/kept-versions.ts';

export type VersionParts = Readonly<{
  db: DynamoDBDocumentClient;
  table: string;
  /** Who runs the command. */
  person: string;
  /** The options with which the next command means the same stack. */
  options: string;
  now: () => Date;
}> &
  Output;

/** A document with versions, as its commands speak of it. */
type VersionedDocument = Readonly<{
  kept: KeptDocument;
  /** `settings are`: the name of the command, and how a sentence goes on. */
  command: string;
  verb: 'is' | 'are';
  /** The document as it is stored now; empty where nothing was saved. */
  read: () => Promise<SettingsDocument>;
  /** The paths at fault in a document. */
  faults: (document: SettingsDocument) => readonly string[];
  changes: (before: SettingsDocument, after: SettingsDocument) => readonly PathChange[];
  /** What is printed after a change. */
  afterwards: string;
}>;

type PathChange = Readonly<{ path: string; from: string; to: string }>;

/** What the commands of documents with versions do alike. All throw Advice about what cannot be done. */
export function versionVerbs(parts: VersionParts, of: VersionedDocument) {
  const { db, table, person, options, now, print, document } = parts;
  const { kept: keptDocument, command, verb, read, faults, changes, afterwards } = of;
  const npm = (words: string) => `  npm run ${command} -- ${words}${options}`;
  const isValid = (one: KeptVersion) => faults(one.document).length === 0;
  const all = () => keptVersions(db, table, keptDocument);
  const subject = `The ${command} ${verb}`;

  /** Writes a document in place of the one that was seen, and gives its version. */
  async function replaced(seen: SettingsDocument, next: SettingsDocument): Promise<number> {
    const saved = { at: now(), by: person };
    const version = await replaceDocument(db, table, keptDocument, { seen, next }, saved);
    if (version === undefined) throw new Advice(overtaken(command));
    return version;
  }

  /** What one version changed; `null` where the version before it was not kept. */
  function historyOf(kept: KeptVersion, others: readonly KeptVersion[]) {
    const { version, savedAt, savedBy } = kept;
    const before = others.find((one) => one.version === version - 1);
    const changed = before ? changes(before.document, kept.document).map(changeDocument) : null;
    return {
      version,
      savedAt: savedAt ?? null,
      savedBy: savedBy ?? null,
      isValid: isValid(kept),
      changes: version === 0 ? [] : changed,
    };
  }

  return {
    npm,
    replaced,

    /** The newest version that is valid. */
    async lastValid(): Promise<number | undefined> {
      return (await all()).find(isValid)?.version;
    },

    /** The newest versions first, each with what it changed. */
    async history(limit: number): Promise<void> {
      const item = await read();
      const kept = await all();
      const versions = kept.map((one) => historyOf(one, kept)).slice(0, limit);
      const present = versionOf(item) ?? (Object.keys(item).length === 0 ? 0 : undefined);
      const last = kept.find(({ version }) => version === present);
      const byHand = last ? changes(last.document, item) : undefined;
      if (document) {
        return document({
          present: {
            version: present ?? null,
            isValid: faults(item).length === 0,
            changes: byHand?.map(changeDocument) ?? null,
          },
          versions,
        });
      }
      for (const line of historyLines(versions)) print(line);
      const more = kept.length - versions.length;
      if (more > 0) print(`\nThese are the newest ${limit} of ${kept.length}; --limit shows more.`);
      if (byHand && byHand.length > 0) {
        print(`\nSomeone changed the ${command} by hand after the last version:`);
        for (const change of byHand) print(`  ${changeText(changeDocument(change))}`);
      }
      const earlier = kept.find((one) => isValid(one) && one.version !== present);
      if (earlier) print(`\nTo restore one:\n${npm(`restore ${earlier.version}`)}`);
    },

    /** Puts the values of a version back, as a new version. Gives the paths of what that changed. */
    async restore(version: number): Promise<string[]> {
      const seen = await read();
      const kept = await all();
      const wanted = kept.find((one) => one.version === version);
      if (!wanted) {
        throw new Advice(`There's no version ${version}. To see them all:\n${npm('history')}`);
      }
      const wrong = faults(wanted.document);
      if (wrong.length > 0) {
        throw new Advice(
          `Version ${version} isn't valid itself (${wrong.join(', ')}), so it wasn't restored. The last valid one is ${kept.find(isValid)?.version}.`,
        );
      }
      const changed = changes(seen, wanted.document);
      if (faults(seen).length === 0 && changed.length === 0) {
        print(`${subject} already as in version ${version}. Nothing was changed.`);
        return [];
      }
      const { name: _, savedAt: _at, savedBy: _by, ...values } = wanted.document;
      const next = await replaced(seen, values);
      print(`Version ${version} is restored as version ${next}. What changed:`);
      for (const change of changed) print(`  ${changeText(changeDocument(change))}`);
      print(afterwards);
      return changed.map(({ path }) => path);
    },
  };
}

/** Someone else was first. */
export function overtaken(command: string): string {
  return `Someone else changed the ${command} at the same time, so nothing was saved. Check it ("show"), then try again.`;
}

type Change = Readonly<{ setting: string; from: string | null; to: string | null }>;

type ShownVersion = Readonly<{
  version: number;
  savedAt: string | null;
  savedBy: string | null;
  isValid: boolean;
  changes: readonly Change[] | null;
}>;

function historyLines(versions: readonly ShownVersion[]): string[] {
  const rows = versions.flatMap(({ version, savedAt, savedBy, isValid, changes }) => {
    const [first = version === 0 ? 'the defaults' : 'nothing', ...more] = changes
      ? changes.map(changeText)
      : ["unknown: the version before it wasn't kept"];
    const number = isValid ? String(version) : `${version} (not valid)`;
    const none = 'not known';
    const who =
      version === 0 ? ['', ''] : [savedAt ?? none, savedBy === null ? none : actorName(savedBy)];
    return [[number, ...who, first], ...more.map((change) => ['', '', '', change])];
  });
  return columns([['VERSION', 'SAVED', 'BY', 'CHANGED'], ...rows]);
}

function changeDocument({ path, from, to }: PathChange): Change {
  return { setting: path, from: from || null, to: to || null };
}

function changeText({ setting, from, to }: Change): string {
  return `${setting}: ${shown(from)} → ${shown(to)}`.replaceAll('\n', '\\n');
}

/** A text as a command shows it. */
export function shown(text: string | null | undefined): string {
  return text || 'none';
}
