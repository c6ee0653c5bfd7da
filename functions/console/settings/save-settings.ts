import {
  type Comparison,
  checkDraft,
  compareDrafts,
  draftOf,
  draftWith,
  type SettingsDraft,
  settingPlaces,
} from '#shared/audience/settings-draft.ts';
import { saveSettings, settingsOfVersion } from '#shared/store/settings-history.ts';
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
  | { kind: 'saved'; changed: number; version: number }
  | { kind: 'nothing-changed' }
  /** Nothing was saved: what is wrong, by path. */
  | { kind: 'invalid'; problems: Problems }
  /** Nothing was saved: someone else was first. */
  | { kind: 'overtaken'; overtaken: Overtaken };

type Parts = Pick<ConsoleParts, 'db' | 'env' | 'settings' | 'now'>;

/** Saves all that a form brings, or nothing: where a value is wrong, and where another person's change came first. */
export async function saveSettingsPost(
  parts: Parts,
  { draft, version, undecided }: SettingsPost,
  by: string,
): Promise<Saving> {
  const { db, env, now } = parts;
  const present = await parts.settings();
  const checked = checkDraft(draft, present.version + 1);
  const problems = {
    ...(checked.kind === 'invalid' ? checked.problems : {}),
    ...Object.fromEntries(undecided.map((path) => [path, 'Two people changed this. Choose.'])),
  };
  if (checked.kind === 'invalid' || undecided.length > 0) return { kind: 'invalid', problems };

  const presentDraft = draftOf(present);
  const isSame = version === present.version;
  const before = isSame ? presentDraft : await draftOfVersion(parts, version);
  const comparison = compareDrafts(before, draft, presentDraft);
  if (comparison.mine.length === 0) return { kind: 'nothing-changed' };
  if (isSame) {
    const saved = { at: now(), by };
    if (await saveSettings(db, env.SETTINGS_TABLE, checked.settings, saved)) {
      return { kind: 'saved', changed: comparison.mine.length, version: checked.settings.version };
    }
    return saveSettingsPost(parts, { draft, version, undecided }, by);
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
}>;

export const clashesField = 'clashes';

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
  };
}
