import type { EventSetting, GeneralSetting, SettingPlace } from '#shared/audience/setting-kinds.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';

/** When Polar sends it, for those who do not know its events by heart. */
export const eventWords: Readonly<Record<SupportedEventType, string>> = {
  'customer.created': 'A customer is new, perhaps before the payment.',
  'customer.updated': 'Something about a customer changed.',
  'customer.deleted': 'A customer was deleted.',
  'order.paid': 'An order was paid, each renewal too.',
  'subscription.created': 'A subscription is new.',
  'subscription.active': 'A subscription begins, or recovers.',
  'subscription.canceled': 'A cancellation was asked for, or took effect.',
  'subscription.uncanceled': 'A cancellation was taken back.',
  'subscription.past_due': 'A payment failed; Polar tries again.',
  'subscription.revoked': 'Access has ended.',
};

export const fieldWords: Readonly<Record<EventSetting, string>> = {
  enabled: 'On',
  trigger: 'Workflows',
  fullName: 'Full name',
  externalId: 'External id',
  userGroup: 'User group',
  userGroupMode: 'Group is for',
};

const generalWords: Readonly<Record<GeneralSetting, string>> = {
  newContacts: 'New contacts',
  customerDeleted: 'When a customer is deleted',
  postalAddress: 'Postal address',
};

/** The name of a setting that is understood without the form around it. */
export function nameOf(place: SettingPlace): string {
  if (place.type === undefined) return generalWords[place.field];
  return `${place.type}: ${fieldWords[place.field].toLowerCase()}`;
}

export const groupModes = [
  ['new-contacts', 'new contacts'],
  ['always', 'all, always'],
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
    'The contact stays, unsubscribed. If Polar anonymised the customer, contact, payloads and addresses are erased.',
  delete:
    'The contact goes. If Polar anonymised the customer, payloads and addresses are erased, too. Workflows of customer.deleted send nothing, for nobody is left to send to.',
  keep: 'The contact stays as it is, and may go on getting emails. Nothing is erased, even if Polar anonymised the customer.',
};

export const deletionChoices = deletionModes.map(
  ([mode, label]) => [mode, label, deletionWords[mode] ?? ''] as const,
);

/** A value of a draft as a person reads it. */
export function valueWords({ kind, field }: SettingPlace, value: string): string {
  if (value === '') return 'none';
  if (kind === 'switch' || kind === 'text') return value;
  const choices: readonly (readonly [string, string])[] =
    field === 'newContacts'
      ? newContactModes
      : field === 'customerDeleted'
        ? deletionModes
        : groupModes;
  return choices.find(([one]) => one === value)?.[1] ?? value;
}
