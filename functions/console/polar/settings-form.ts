import type { Context } from 'hono';
import { html } from 'hono/html';
import { settingPlaces } from '#shared/audience/setting-kinds.ts';
import type { SettingsDraft } from '#shared/audience/settings-draft.ts';
import { supportedEventTypes } from '#shared/polar/event-types.ts';
import type { ConsoleEnv } from '../console-env.ts';
import { choice, postForm, textArea } from '../fields.ts';
import type { Html } from '../page.ts';
import { eventRow } from './event-row.ts';
import { settingsPath } from './polar-paths.ts';
import type { Problems } from './save-settings.ts';
import { deletionChoices, fieldWords, nameOf, newContactModes } from './setting-words.ts';

type SettingsForm = Readonly<{ draft: SettingsDraft; version: number; problems?: Problems }>;

/** All settings, in one form. It carries the version that it was made from. */
export function settingsForm(
  c: Context<ConsoleEnv>,
  { draft, version, problems = {} }: SettingsForm,
): Html {
  const events = html`<div class="events">
<div class="heads" aria-hidden="true"><span>Event</span>${Object.values(fieldWords).map((word) => html`<span>${word}</span>`)}</div>
${supportedEventTypes.map((type) => eventRow(type, draft, problems))}
</div>`;
  return html`${summary(problems)}
<h2 id="settings">What each event does</h2>
<p class="soft">An event that is on updates the contact of its customer, or adds one. Each switch says what else is taken from it: whether it starts workflows, and whether name and external id are taken over. An event that is off is recorded, and changes nothing.</p>
${postForm(c, {
  action: settingsPath,
  class: 'settings',
  body: html`<input type="hidden" name="version" value="${version}">
${events}
<p class="soft small">A user group for <em>new contacts</em> is given by the first event of a customer; one for <em>all, always</em> also moves contacts that are there already, by their newest event. No text: no group.</p>
<div class="columns">
<div class="card">${deletion(draft, problems)}</div>
<div class="card">
${choice({ name: 'newContacts', label: 'New contacts are', value: draft['newContacts'], problem: problems['newContacts'], hint: 'Whether contacts that webhooks add get marketing emails. Those who unsubscribed or complained stay unsubscribed in any case.' }, newContactModes)}
${textArea({ name: 'postalAddress', label: 'Postal address', value: draft['postalAddress'], problem: problems['postalAddress'], hint: 'Stands at the foot of marketing emails, as the law of many countries wants it; without one they are not sent.' })}
</div>
</div>
<p><button type="submit" class="primary">Save</button></p>`,
})}`;
}

function deletion(draft: SettingsDraft, problems: Problems): Html {
  const problem = problems['customerDeleted'];
  return html`<fieldset id="customerDeleted"${problem ? html` aria-describedby="customerDeleted-problem"` : ''}>
<legend>When a customer is deleted in Polar</legend>
${problem && html`<p class="problem" id="customerDeleted-problem">${problem}</p>`}
${deletionChoices.map(
  ([mode, label, what]) =>
    html`<label class="check"><input type="radio" name="customerDeleted" value="${mode}"${mode === draft['customerDeleted'] ? html` checked` : ''}> <span><strong>${label}</strong><br><span class="hint">${what}</span></span></label>`,
)}
<p class="hint">This counts for deletions from now on. While customer.deleted is switched off above, a deletion does nothing at all here: nobody is unsubscribed, and nothing is erased, even if Polar anonymised the customer.</p>
<p class="hint">Workflows of customer.deleted send with Unsubscribe and Keep only, only transactional emails, and none to an anonymised address.</p>
</fieldset>`;
}

/** What is wrong, with links to where it is wrong. */
function summary(problems: Problems): Html {
  const wrong = settingPlaces.filter(({ path }) => problems[path] !== undefined);
  if (wrong.length === 0) return html``;
  return html`<div class="flash problem problems" role="alert">
<p>Nothing was saved yet. ${wrong.length === 1 ? 'One thing is' : `${wrong.length} things are`} not right:</p>
<ul>${wrong.map((place) => html`<li><a href="#${place.path}">${nameOf(place)}</a>: ${problems[place.path]}</li>`)}</ul>
</div>`;
}
