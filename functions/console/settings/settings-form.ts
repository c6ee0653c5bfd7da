import type { Context } from 'hono';
import { html } from 'hono/html';
import { formerSettings, isFormerSetting } from '#shared/audience/settings/brand.ts';
import {
  type EventSetting,
  eventPath,
  type GeneralSetting,
  type SettingPlace,
  type SettingsDraft,
  settingPlaces,
} from '#shared/audience/settings/draft.ts';
import { costOfUpdates } from '#shared/mail/check/check-steps.ts';
import {
  optionalEventTypes,
  type SupportedEventType,
  standardEventTypes,
} from '#shared/polar/event-types.ts';
import { saveBar } from '../kit/enhanced.ts';
import { eventWords } from '../kit/event-words.ts';
import { checkbox, choice, postForm, textField } from '../kit/fields.ts';
import type { ConsoleEnv, Html } from '../kit/page.ts';
import { brandPath, settingsPath } from '../kit/paths.ts';
import { problemFlash } from '../kit/shown.ts';
import { type Problems, seenField } from './save-settings.ts';

export const fieldWords: Readonly<Record<EventSetting, string>> = {
  enabled: 'On',
  trigger: 'Workflows',
  fullName: 'Full name',
  externalId: 'External id',
  userGroup: 'User group',
  userGroupMode: 'Group is given',
};

const generalWords: Readonly<Record<GeneralSetting, string>> = {
  newContacts: 'New contacts',
  customerDeleted: 'When a customer is deleted',
  postalAddress: 'Postal address',
  timeZone: 'Time zone',
  language: 'Language of dates and amounts',
  dailyLimit: 'Emails a day',
};

/** The name of a setting that is understood without the form around it. */
export function nameOf(place: SettingPlace): string {
  if (place.type === undefined) return generalWords[place.field];
  return `${place.type}: ${fieldWords[place.field].toLowerCase()}`;
}

export const groupModes = [
  ['new-contacts', 'to new contacts'],
  ['always', 'always'],
] as const;

export const newContactModes = [
  ['subscribed', 'Subscribed'],
  ['unsubscribed', 'Unsubscribed, until they subscribe'],
] as const;

const deletionModes = [
  ['unsubscribe', 'Unsubscribe'],
  ['delete', 'Delete'],
  ['keep', 'Keep'],
] as const;

/** What each mode of a deletion does, for the choice between them. */
export const deletionWords: Readonly<Record<string, string>> = {
  unsubscribe:
    'The contact stays, unsubscribed. If Polar anonymized the customer, contact, payloads and addresses are erased.',
  delete:
    'The contact is removed. If Polar anonymized the customer, payloads and addresses are erased, too. Workflows of customer.deleted send nothing: nobody is left to send to.',
  keep: 'The contact stays and may keep getting emails. Nothing is erased, even if Polar anonymized the customer.',
};

export const deletionChoices = deletionModes.map(
  ([mode, label]) => [mode, label, deletionWords[mode] ?? ''] as const,
);

/** A value of a draft as a person reads it. */
export function valueWords({ kind, field }: SettingPlace, value: string): string {
  if (value === '') return 'none';
  if (typeof kind === 'string') return value;
  const choices: readonly (readonly [string, string])[] =
    field === 'newContacts'
      ? newContactModes
      : field === 'customerDeleted'
        ? deletionModes
        : groupModes;
  return choices.find(([one]) => one === value)?.[1] ?? value;
}

/** What one event does: a row of its own on a wide screen, a card on a narrow one. */
export function eventRow(type: SupportedEventType, draft: SettingsDraft, problems: Problems): Html {
  const at = (field: keyof typeof fieldWords) => eventPath(type, field);
  const onOff = (field: keyof typeof fieldWords) =>
    checkbox(at(field), fieldWords[field], draft[at(field)] === 'on', problems[at(field)]);
  const rest =
    type === 'customer.deleted'
      ? html`${unused(type, draft)}<p class="hint unused">A deletion sets no name, id or group. Choose below what it does.</p>`
      : html`${onOff('fullName')}${onOff('externalId')}
${textField({ name: at('userGroup'), label: fieldWords.userGroup, value: draft[at('userGroup')], problem: problems[at('userGroup')] })}
${choice({ name: at('userGroupMode'), label: fieldWords.userGroupMode, value: draft[at('userGroupMode')], problem: problems[at('userGroupMode')] }, groupModes)}
${problems[at('userGroup')] === undefined && groupEffect(draft[at('userGroup')], draft[at('userGroupMode')])}`;
  return html`<fieldset class="event" data-name="${type}">
<legend><span class="code">${type}</span> <span class="hint">${eventWords[type]}</span></legend>
${onOff('enabled')}${onOff('trigger')}${rest}
</fieldset>`;
}

/** Said where it is set; where no group is, there is nothing to say. */
function groupEffect(group = '', mode = ''): Html {
  if (group === '') return html``;
  const effect =
    mode === 'always'
      ? `Moves every contact with this event to “${group}”.`
      : `Puts contacts in “${group}” if the event comes within a day of their first.`;
  return html`<p class="hint effect">${effect}</p>`;
}

/** What is not shown keeps its value. */
function unused(type: SupportedEventType, draft: SettingsDraft): Html {
  const kept = settingPlaces.filter(
    ({ type: itsType, field, path, kind }) =>
      itsType === type &&
      field !== 'enabled' &&
      field !== 'trigger' &&
      (kind !== 'switch' || draft[path] === 'on'),
  );
  return html`${kept.map(
    ({ path }) => html`<input type="hidden" name="${path}" value="${draft[path] ?? ''}">`,
  )}`;
}

type SettingsForm = Readonly<{
  draft: SettingsDraft;
  version: number;
  problems?: Problems;
  /** Which document it is made from, where that is not valid. */
  seen?: string;
  /** Whether a person has sent it, and the problems are with what they typed. */
  isSent?: boolean;
}>;

/** All settings, in one form. It carries the version that it was made from. */
export function settingsForm(
  c: Context<ConsoleEnv>,
  { draft, version, problems = {}, seen, isSent = false }: SettingsForm,
): Html {
  const rows = (types: readonly SupportedEventType[]) => html`<div class="events">
<div class="heads" aria-hidden="true"><span>Event</span>${Object.values(fieldWords).map((word) => html`<span>${word}</span>`)}</div>
${types.map((type) => eventRow(type, draft, problems))}
</div>`;
  return html`${summary(problems, isSent)}
<p class="soft">Events that are on add or update the customer’s contact. Choose what else they do: start workflows, set the name and external id, put the contact in a group. Events that are off are recorded and change no contact.</p>
${postForm(c, {
  action: settingsPath,
  class: 'settings',
  unsaved: isSent ? 'already' : 'warns',
  body: html`<input type="hidden" name="version" value="${version}">
${seen !== undefined && html`<input type="hidden" name="${seenField}" value="${seen}">`}
<p class="soft small">A group given <em>to new contacts</em> comes from the earliest event that has one, within a day of the customer’s first event: a purchase begins with customer.created, and its order follows. A group <em>always</em> given also moves existing contacts, by their newest event. Leave it empty for no group.</p>
${rows(standardEventTypes)}
<h2 id="optional">Optional events</h2>
<p class="soft small">The endpoint in Polar has these only while they’re on: saving adds or removes them there. Switch one on when a workflow waits for it, or to know immediately when a date moves. ${costOfUpdates}</p>
${rows(optionalEventTypes)}
<div class="columns">
<div class="card">${deletion(draft, problems)}</div>
<div class="card">
<h2>New contacts and limits</h2>
${choice({ name: 'newContacts', label: 'New contacts are', value: draft['newContacts'], problem: problems['newContacts'], hint: 'Whether contacts added by webhooks or an import get marketing. Anyone who unsubscribed or complained stays unsubscribed.' }, newContactModes)}
${textField({ name: 'dailyLimit', label: generalWords.dailyLimit, value: draft['dailyLimit'], problem: problems['dailyLimit'], hint: 'The most one mailbox gets, so that nobody can flood an address by typing it at checkout. Two of them may be marketing. Receipts of paid amounts and tests don’t count; emails about a failed payment can reach twice the number.' })}
<p class="hint">Postal address, time zone and language are on <a href="${brandPath}">Sender &amp; brand</a>.</p>
${formerSettings.map((path) => html`<input type="hidden" name="${path}" value="${draft[path] ?? ''}">`)}
</div>
</div>
${saveBar()}`,
})}`;
}

function deletion(draft: SettingsDraft, problems: Problems): Html {
  const problem = problems['customerDeleted'];
  return html`<fieldset id="customerDeleted" data-name="${generalWords.customerDeleted}"${problem ? html` aria-describedby="customerDeleted-problem"` : ''}>
<legend>When a customer is deleted in Polar</legend>
${problem && html`<p class="problem" id="customerDeleted-problem">${problem}</p>`}
${deletionChoices.map(
  ([mode, label, what]) =>
    html`<label class="check"><input type="radio" name="customerDeleted" value="${mode}"${mode === draft['customerDeleted'] ? html` checked` : ''}> <span><strong>${label}</strong><br><span class="hint">${what}</span></span></label>`,
)}
<p class="hint">Applies to deletions from now on. While customer.deleted is off above, a deletion does nothing: nobody is unsubscribed and nothing is erased, even if Polar anonymized the customer.</p>
<p class="hint">Workflows for customer.deleted send only with Unsubscribe or Keep. They send only transactional emails, and none to an anonymized address.</p>
</fieldset>`;
}

/** What is wrong, with links to where it is wrong. */
function summary(problems: Problems, isSent: boolean): Html {
  const wrong = Object.entries(problems);
  if (wrong.length === 0) return html``;
  const count = wrong.length === 1 ? 'One thing is' : `${wrong.length} things are`;
  const beginning = isSent
    ? `Nothing was saved. ${count} wrong:`
    : `The settings aren’t valid, and events wait until you fix them. ${count} wrong:`;
  return problemFlash(html`<p>${beginning}</p>
<ul>${wrong.map(([path, problem]) => html`<li>${placeName(path)}: ${problem}</li>`)}</ul>
${!isSent && html`<p>Below, these fields show the last valid version. Check them, then save.</p>`}`);
}

function placeName(path: string): Html {
  const place = settingPlaces.find((one) => one.path === path);
  if (!place) return html`${path}`;
  // A deletion has no fields for most, and the brand has others.
  const isShown =
    place.type === 'customer.deleted'
      ? ['enabled', 'trigger'].includes(place.field)
      : !isFormerSetting(path);
  return isShown ? html`<a href="#${path}">${nameOf(place)}</a>` : html`${nameOf(place)}`;
}
