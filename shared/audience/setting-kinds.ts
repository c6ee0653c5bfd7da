import { type SupportedEventType, supportedEventTypes } from '../polar/event-types.ts';
import { deletionModeSchema, type EventSettings, type Settings } from './settings.ts';

/** What a value may be: one of these words, on or off, or a text or none. */
export type SettingKind = readonly string[] | 'switch' | 'text';

export const generalKinds = {
  newContacts: ['subscribed', 'unsubscribed'],
  customerDeleted: deletionModeSchema.options,
  postalAddress: 'text',
} as const satisfies Record<Exclude<keyof Settings, 'version' | 'events'>, SettingKind>;

export const eventKinds = {
  enabled: 'switch',
  trigger: 'switch',
  fullName: 'switch',
  externalId: 'switch',
  userGroup: 'text',
  userGroupMode: ['new-contacts', 'always'],
} as const satisfies Record<keyof EventSettings, SettingKind>;

export type GeneralSetting = keyof typeof generalKinds;
export type EventSetting = keyof typeof eventKinds;

export const longestPostalAddress = 500;
export const longestUserGroup = 100;

export type SettingPlace = Readonly<
  { path: string; kind: SettingKind } & (
    | { type: undefined; field: GeneralSetting }
    | { type: SupportedEventType; field: EventSetting }
  )
>;

/** Every setting, with its path as in `events.order.paid.enabled`. */
export const settingPlaces: readonly SettingPlace[] = [
  ...keysOf(generalKinds).map(
    (field) => ({ path: field, kind: generalKinds[field], type: undefined, field }) as const,
  ),
  ...supportedEventTypes.flatMap((type) =>
    keysOf(eventKinds).map(
      (field) => ({ path: eventPath(type, field), kind: eventKinds[field], type, field }) as const,
    ),
  ),
];

export function eventPath(type: SupportedEventType, field: EventSetting): string {
  return `events.${type}.${field}`;
}

function keysOf<T extends object>(record: T) {
  const isKey = (name: string): name is Extract<keyof T, string> => Object.hasOwn(record, name);
  return Object.keys(record).filter(isKey);
}
