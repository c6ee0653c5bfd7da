import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { draftOf, type SettingPlace, settingPlaces } from '#shared/audience/settings/draft.ts';
import type { Followed } from '#shared/polar/connection/follow-settings.ts';
import { postForm } from '../kit/fields.ts';
import { type ConsoleEnv, type Flash, type Html, page } from '../kit/page.ts';
import { settingsPath } from '../kit/paths.ts';
import { goOn } from '../kit/remembered.ts';
import { table, time, who } from '../kit/shown.ts';
import type { ConsoleParts } from '../parts.ts';
import {
  clashesField,
  type Overtaken,
  readSettingsPost,
  type Saving,
  saveSettingsPost,
  settingsForForm,
} from './save-settings.ts';
import { nameOf, settingsForm, valueWords } from './settings-form.ts';

/** Both people's changes, and the way to have both. Where they clash, a value has to be chosen first. */
export function overtakenForm(c: Context<ConsoleEnv>, overtaken: Overtaken): Html {
  const { clashes, theirs, mine, merged, version } = overtaken;
  const isClash = (place: SettingPlace) => clashes.includes(place);
  const kept = settingPlaces.filter(
    (place) => !isClash(place) && (place.kind !== 'switch' || merged[place.path] === 'on'),
  );
  const mineAlone = mine.filter((one) => !isClash(one));
  return html`<p class="note">${savedView(overtaken)} Your changes aren’t saved yet.</p>
${changes(
  'What was saved in the meantime',
  theirs.filter((one) => !isClash(one)),
  overtaken,
  'present',
)}
${changes('What you changed', mineAlone, overtaken, 'draft')}
${postForm(c, {
  action: settingsPath,
  body: html`<input type="hidden" name="version" value="${version}">
<input type="hidden" name="${clashesField}" value="${clashes.map(({ path }) => path).join(' ')}">
${kept.map(({ path }) => html`<input type="hidden" name="${path}" value="${merged[path] ?? ''}">`)}
${clashes.length > 0 ? html`<h2>What you both changed</h2><div class="card">${clashes.map((one) => clash(one, overtaken))}</div>` : ''}
<p class="row"><button type="submit" class="primary">${clashes.length > 0 ? 'Save what I chose' : 'Save my changes on top of these'}</button>
<a href="${settingsPath}">Discard my changes</a></p>`,
})}`;
}

function savedView({ savedBy, savedAt }: Overtaken): Html {
  const when = savedAt ? html` on ${time(savedAt)}` : '';
  return html`The settings were saved by ${savedBy === undefined ? 'someone else' : who(savedBy)}${when}, after you opened them.`;
}

function changes(
  title: string,
  places: readonly SettingPlace[],
  { before, present, draft }: Overtaken,
  after: 'present' | 'draft',
): Html {
  if (places.length === 0) return html``;
  const values = after === 'present' ? present : draft;
  const rows = places.map((place) => [
    nameOf(place),
    lines(before ? valueWords(place, before[place.path] ?? '') : 'no longer known'),
    lines(valueWords(place, values[place.path] ?? '')),
  ]);
  return html`<h2>${title}</h2>${table(title, ['Setting', 'Before', 'After'], rows)}`;
}

function clash(place: SettingPlace, { present, draft }: Overtaken): Html {
  const option = (label: string, value: string) =>
    html`<label class="check"><input type="radio" name="${place.path}" value="${value}" required> <span>${label}: <strong class="lines">${valueWords(place, value)}</strong></span></label>`;
  return html`<fieldset class="field"><legend>${nameOf(place)}</legend>
${option('As it is now', present[place.path] ?? '')}
${option('As you had it', draft[place.path] ?? '')}
</fieldset>`;
}

function lines(text: string): Html {
  return html`<span class="lines">${text}</span>`;
}

const title = 'Events & groups';
const above = { href: settingsPath, title };

/**
 * What each event does. It is saved all at once, or nothing is, and the page says why. `follow` changes the endpoint in
 * Polar where that is to have other events now.
 */
export function settingsPages(parts: ConsoleParts, follow: () => Promise<Followed>) {
  const app = new Hono<ConsoleEnv>();

  app.get('/', async (c) => {
    const { settings, ...rest } = await settingsForForm(parts);
    const form = settingsForm(c, { draft: draftOf(settings), version: settings.version, ...rest });
    return page(c, { title, section: 'settings', body: form });
  });

  app.post('/', async (c) => {
    const post = readSettingsPost(c.get('form'));
    if (!post) {
      const text = 'The form arrived incomplete, so nothing was saved. Fill it in again.';
      return goOn(c, settingsPath, { kind: 'problem', text });
    }
    const saving = await saveSettingsPost(parts, post, c.get('by'));
    switch (saving.kind) {
      case 'saved':
        c.set('acted', { version: saving.version, changed: saving.changed });
        return goOn(c, settingsPath, await savedFlash(saving, follow));
      case 'nothing-changed':
        return goOn(c, settingsPath, { kind: 'done', text: 'Nothing was changed.' });
      case 'invalid': {
        const body = settingsForm(c, { ...post, problems: saving.problems, isSent: true });
        return page(c, { title, section: 'settings', body, status: 422 });
      }
      case 'edited-by-hand':
        return goOn(c, settingsPath, { kind: 'problem', text: editedText });
      case 'overtaken': {
        const body = overtakenForm(c, saving.overtaken);
        const title = 'Someone else changed the settings';
        return page(c, { title, section: 'settings', above, body, status: 409 });
      }
    }
  });

  return app;
}

type Saved = Extract<Saving, { kind: 'saved' }>;

/** `follow` is called only where the endpoint in Polar is to have other events now. */
async function savedFlash(
  { changed, isOfEndpoint }: Saved,
  follow: () => Promise<Followed>,
): Promise<Flash> {
  const text = savedText(changed);
  if (!isOfEndpoint) return { kind: 'done', text };
  const { isBehind, sentences } = await follow();
  const told = [text, ...sentences].join('\n');
  return { kind: isBehind ? 'problem' : 'done', text: told, isDone: true };
}

const editedText =
  'Someone changed the settings after you opened them, and they’re not valid now, so your changes weren’t saved. Check them, then save again.';

function savedText(changed: number): string {
  const what = changed === 1 ? 'Saved one setting' : `Saved ${changed} settings`;
  return `${what}. ${changed === 1 ? 'It applies' : 'They apply'} within 30 seconds.`;
}
