import { html } from 'hono/html';
import type { EventSettings } from '#shared/audience/settings/settings.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import type { SavedSettings } from '#shared/store/settings/history.ts';
import type { Html } from '../kit/page.ts';
import { settingsPath } from '../kit/paths.ts';
import { facts, time, who } from '../kit/shown.ts';

/** What the settings of the version by which an event was decided said about events of its type. */
export function settingsView(
  version: number,
  settings: SavedSettings | undefined,
  type: SupportedEventType,
): Html {
  if (!settings) {
    return html`<p>Decided by version ${version} of the <a href="${settingsPath}">settings</a>. What that version said wasn’t kept.</p>`;
  }
  return html`<p>Decided by version ${version} of the <a href="${settingsPath}">settings</a>${savedText(settings)}. For ${type}:</p>
${facts([...eventRows(settings.events[type]), ...generalRows(settings, type)])}`;
}

function savedText({ version, savedAt, savedBy }: SavedSettings): Html {
  if (version === 0) return html`, which a deployment starts with`;
  return html`${savedBy && html`, saved by ${who(savedBy)}`}${savedAt && html`${savedBy ? '' : ', saved'} on ${time(savedAt)}`}`;
}

function eventRows(one: EventSettings): [string, string][] {
  return [
    ['Event', one.enabled ? 'on' : 'off'],
    ['Triggers workflows', yesOrNo(one.trigger)],
    ['Syncs the full name', yesOrNo(one.fullName)],
    ['Syncs the external id', yesOrNo(one.externalId)],
    ['User group', groupText(one)],
  ];
}

function groupText({ userGroup, userGroupMode }: EventSettings): string {
  if (userGroup === null) return 'none';
  return userGroupMode === 'always' ? `${userGroup}, always` : `${userGroup}, to new contacts`;
}

function generalRows(settings: SavedSettings, type: SupportedEventType): [string, string][] {
  return type === 'customer.deleted'
    ? [['A deleted customer’s contact', deletionWords[settings.customerDeleted]]]
    : [['New contacts are', settings.newContacts]];
}

const deletionWords = {
  unsubscribe: 'is unsubscribed',
  delete: 'is deleted',
  keep: 'is kept as it is',
} as const satisfies Record<SavedSettings['customerDeleted'], string>;

function yesOrNo(value: boolean): string {
  return value ? 'yes' : 'no';
}
