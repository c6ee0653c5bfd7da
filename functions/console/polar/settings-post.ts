import { settingPlaces } from '#shared/audience/setting-kinds.ts';
import { draftWith, type SettingsDraft } from '#shared/audience/settings-draft.ts';
import { textOf } from '../fields.ts';

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
