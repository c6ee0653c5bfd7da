import {
  type Comparison,
  checkDraft,
  compareDrafts,
  draftOf,
  type SettingsDraft,
} from '#shared/audience/settings-draft.ts';
import { saveSettings, settingsOfVersion } from '#shared/aws/settings-history.ts';
import type { ConsoleParts } from '../console-parts.ts';
import type { SettingsPost } from './settings-post.ts';

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
