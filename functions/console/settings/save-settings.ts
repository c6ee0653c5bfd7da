import { createHash } from 'node:crypto';
import {
  mendedSettings,
  readDocument,
  textsOf,
  versionOf,
} from '#shared/audience/settings/document.ts';
import {
  type Comparison,
  checkDraft,
  compareDrafts,
  draftOf,
  draftWith,
  isOfEndpoint,
  type SettingPlace,
  type SettingsDraft,
  settingPlaces,
} from '#shared/audience/settings/draft.ts';
import {
  defaultSettings,
  type Settings,
  type SettingsDocument,
  storedSettings,
} from '#shared/audience/settings/settings.ts';
import { keptSettings, saveSettings, settingsOfVersion } from '#shared/store/settings/history.ts';
import { keptVersions, replaceDocument } from '#shared/store/settings/kept-versions.ts';
import { settingsItem } from '#shared/store/settings/settings.ts';
import { textOf } from '../kit/fields.ts';
import type { ConsoleParts } from '../parts.ts';

export type Problems = Readonly<Record<string, string>>;

/** What someone else saved after the form was made, beside what it brings. */
export type Overtaken = Comparison &
  Readonly<{
    version: number;
    savedBy: string | undefined;
    savedAt: string | undefined;
    /** All values of both, to show them beside each other. */
    before: SettingsDraft | undefined;
    present: SettingsDraft;
    draft: SettingsDraft;
  }>;

export type Saving =
  /** `isOfEndpoint`: among what changed is which events the endpoint in Polar has. */
  | { kind: 'saved'; changed: number; version: number; isOfEndpoint: boolean }
  | { kind: 'nothing-changed' }
  /** Nothing was saved: what is wrong, by path. */
  | { kind: 'invalid'; problems: Problems }
  /** Nothing was saved: someone else was first. */
  | { kind: 'overtaken'; overtaken: Overtaken }
  /** Nothing was saved: the settings are not valid, and not as the form was made from. */
  | { kind: 'edited-by-hand' };

/** The settings as a form begins with them. */
export type FormSettings = Readonly<{
  /** Where they are not valid, what is at fault is as it was in the last valid version. */
  settings: Settings;
  problems: Problems;
  /** Stands for exactly this document; absent: it is valid. */
  seen?: string;
}>;

/** Reads the settings, valid or not. */
export async function settingsForForm({
  db,
  env,
}: Pick<Parts, 'db' | 'env'>): Promise<FormSettings> {
  const document = await settingsItem(db, env.SETTINGS_TABLE)();
  const read = readDocument(document);
  if (read.kind === 'valid') return { settings: read.settings, problems: {} };
  const kept = await keptVersions(db, env.SETTINGS_TABLE, keptSettings);
  const last = kept.map((one) => readDocument(one.document)).find((one) => one.kind === 'valid');
  const fallback = last?.kind === 'valid' ? last.settings : defaultSettings;
  const version = versionOf(document) ?? kept[0]?.version ?? 0;
  return {
    settings: { ...mendedSettings(document, fallback), version },
    problems: Object.fromEntries(read.faults.map(({ path, problem }) => [path, sentence(problem)])),
    seen: fingerprint(document),
  };
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** The same for the same document, in whatever order its parts come. */
function fingerprint(document: SettingsDocument): string {
  const inOrder = (_: string, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return createHash('sha256').update(JSON.stringify(document, inOrder)).digest('hex');
}

type Parts = Pick<ConsoleParts, 'db' | 'env' | 'now'>;

/** Saves all that a form brings, or nothing: where a value is wrong, and where another person's change came first. */
export async function saveSettingsPost(
  parts: Parts,
  post: SettingsPost,
  by: string,
): Promise<Saving> {
  const { draft, version, undecided } = post;
  const { db, env, now } = parts;
  const document = await settingsItem(db, env.SETTINGS_TABLE)();
  const read = readDocument(document);
  if (read.kind === 'invalid') return mend(parts, document, post, by);
  const { settings: present } = read;
  const checked = checkDraft(draft, present.version + 1);
  const problems = {
    ...(checked.kind === 'invalid' ? checked.problems : {}),
    ...Object.fromEntries(undecided.map((path) => [path, 'Two people changed this. Choose one.'])),
  };
  if (checked.kind === 'invalid' || undecided.length > 0) return { kind: 'invalid', problems };

  const presentDraft = draftOf(present);
  const isSame = version === present.version;
  const before = isSame ? presentDraft : await draftOfVersion(parts, version);
  const comparison = compareDrafts(before, draft, presentDraft);
  if (comparison.mine.length === 0) return { kind: 'nothing-changed' };
  if (isSame) {
    if (await saveSettings(db, env.SETTINGS_TABLE, checked.settings, { at: now(), by })) {
      return saved(comparison.mine, checked.settings.version);
    }
    return saveSettingsPost(parts, post, by);
  }
  const last = await settingsOfVersion(db, env.SETTINGS_TABLE, present.version);
  return {
    kind: 'overtaken',
    overtaken: {
      ...comparison,
      version: present.version,
      savedBy: last?.savedBy,
      savedAt: last?.savedAt,
      before,
      present: presentDraft,
      draft,
    },
  };
}

/** Saves all of a form in place of a document that is not valid, if the form was made from that very one. */
async function mend(
  { db, env, now }: Parts,
  document: SettingsDocument,
  { draft, seen }: SettingsPost,
  by: string,
): Promise<Saving> {
  if (seen !== fingerprint(document)) return { kind: 'edited-by-hand' };
  const checked = checkDraft(draft, 0);
  if (checked.kind === 'invalid') return { kind: 'invalid', problems: checked.problems };
  const change = { seen: document, next: storedSettings(checked.settings) };
  const version = await replaceDocument(db, env.SETTINGS_TABLE, keptSettings, change, {
    at: now(),
    by,
  });
  if (version === undefined) return { kind: 'edited-by-hand' };
  const [before, after] = [textsOf(document), draftOf(checked.settings)];
  const changed = settingPlaces.filter(({ path }) => before[path] !== after[path]);
  return saved(changed, version);
}

function saved(changed: readonly SettingPlace[], version: number): Saving {
  const isAny = changed.some(({ path }) => isOfEndpoint(path));
  return { kind: 'saved', changed: changed.length, version, isOfEndpoint: isAny };
}

async function draftOfVersion(
  { db, env }: Pick<Parts, 'db' | 'env'>,
  version: number,
): Promise<SettingsDraft | undefined> {
  const settings = await settingsOfVersion(db, env.SETTINGS_TABLE, version);
  return settings && draftOf(settings);
}

/** What a form about the settings brought. */
export type SettingsPost = Readonly<{
  draft: SettingsDraft;
  /** The version of the settings that the form was made from. */
  version: number;
  /** Paths that two people changed, and for which no value was chosen. */
  undecided: readonly string[];
  /** Which document it was made from, where that was not valid. */
  seen?: string;
}>;

export const clashesField = 'clashes';
export const seenField = 'seen';

/** `undefined` where the form is not whole. */
export function readSettingsPost(form: FormData): SettingsPost | undefined {
  const version = textOf(form, 'version');
  const isWhole = settingPlaces.every(({ path, kind }) => kind === 'switch' || form.has(path));
  if (!/^\d{1,9}$/.test(version)) return undefined;
  const clashes = textOf(form, clashesField).split(' ');
  const undecided = clashes.filter((path) => path !== '' && !form.has(path));
  if (!isWhole && undecided.length === 0) return undefined;
  return {
    // A box that is not ticked comes back as nothing.
    draft: draftWith(({ path, kind }) =>
      kind === 'switch' && !form.has(path) ? 'off' : textOf(form, path),
    ),
    version: Number(version),
    undecided,
    ...(form.has(seenField) && { seen: textOf(form, seenField) }),
  };
}
