import { html } from 'hono/html';
import type { EventSettings } from '#shared/audience/settings.ts';
import type { SavedSettings } from '#shared/aws/settings-history.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import type { Html } from '../page.ts';
import { facts, time } from '../shown.ts';

/** What the settings of the version by which an event was decided said about events of its type. */
export function settingsView(
  version: number,
  settings: SavedSettings | undefined,
  type: SupportedEventType,
): Html {
  if (!settings) {
    return html`<p>It was decided by version ${version} of the <a href="/console/polar">settings</a>. What that version said was not kept.</p>`;
  }
  return html`<p>It was decided by version ${version} of the <a href="/console/polar">settings</a>${savedText(settings)}. About ${type} they said:</p>
${facts([...eventRows(settings.events[type]), ...generalRows(settings, type)])}`;
}

function savedText({ version, savedAt, savedBy }: SavedSettings): Html {
  if (version === 0) return html`, which a deployment starts with`;
  return html`${savedBy && html`, saved by ${savedBy}`}${savedAt && html`${savedBy ? '' : ', saved'} on ${time(savedAt)}`}`;
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
  return userGroupMode === 'always' ? `${userGroup}, always` : `${userGroup}, for new contacts`;
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
