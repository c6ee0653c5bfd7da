import * as z from 'zod/mini';
import {
  isOptionalEventType,
  type OptionalEventType,
  type StandardEventType,
  type SupportedEventType,
  supportedEventTypes,
} from '#shared/polar/event-types.ts';

const userGroupSchema = z.string().check(z.trim(), z.minLength(1), z.maxLength(100));

const eventSettingsSchema = z.object({
  enabled: z.boolean(),
  trigger: z.boolean(),
  fullName: z.boolean(),
  externalId: z.boolean(),
  userGroup: z.nullable(userGroupSchema),
  userGroupMode: z.enum(['new-contacts', 'always']),
});
export type EventSettings = z.infer<typeof eventSettingsSchema>;

const startingEventSettings: EventSettings = {
  enabled: true,
  trigger: true,
  fullName: true,
  externalId: true,
  userGroup: null,
  userGroupMode: 'new-contacts',
};

/** What counts of an optional event of which the document says nothing, as those of version 0.1.0 do. */
export const unsetEventSettings: EventSettings = { ...startingEventSettings, enabled: false };

const optionalSettingsSchema = z._default(eventSettingsSchema, unsetEventSettings);

export const deletionModeSchema = z.enum(['unsubscribe', 'delete', 'keep']);

/** Whether the runtime knows a time zone by this name of the IANA database, such as `Europe/Berlin`. */
export function isTimeZone(name: string): boolean {
  // What every deployment begins with: to ask `Intl` for the first time takes a twentieth of a cold start.
  if (name === 'UTC') return true;
  // An offset such as +02:00 is no zone: it knows no summer time.
  if (!/^[A-Za-z][\w/+-]{0,60}$/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

/** Whether the runtime can write dates and amounts in this language, a tag of BCP 47 such as `de` or `en-GB`. */
export function isLanguage(tag: string): boolean {
  // As with time zones.
  if (tag === 'en') return true;
  try {
    return tag.length <= 35 && Intl.DateTimeFormat.supportedLocalesOf(tag).length > 0;
  } catch {
    return false;
  }
}

export const mostDailyLimit = 1_000;

/** The one settings document of a deployment. `version` goes up by one with each save. */
export const settingsSchema = z.object({
  version: z.int().check(z.gte(0)),
  newContacts: z.enum(['subscribed', 'unsubscribed']),
  customerDeleted: deletionModeSchema,
  /** At the foot of every email; marketing is not sent without it, as the law of many countries wants. */
  postalAddress: z.optional(z.nullable(z.string())),
  /** In which days and hours are written in mails. Rows of version 0.1.0 have neither this nor the language. */
  timeZone: z._default(z.string().check(z.refine(isTimeZone)), 'UTC'),
  /** In whose way dates and amounts are written in mails. */
  language: z._default(z.string().check(z.refine(isLanguage)), 'en'),
  /** How many emails a mailbox gets in a day at most. Absent from rows of 0.1.0. */
  dailyLimit: z._default(z.int().check(z.gte(1), z.lte(mostDailyLimit)), 10),
  events: z.strictObject({
    ...everyStandardEvent(() => eventSettingsSchema),
    ...everyOptionalEvent(() => optionalSettingsSchema),
  }),
});
export type Settings = z.infer<typeof settingsSchema>;

/** How mails write days, hours and amounts. */
export type Writing = Pick<Settings, 'timeZone' | 'language'>;

/** What a fresh deployment starts with: every standard event on, no user group, deleted customers are unsubscribed. */
export const defaultSettings: Settings = {
  version: 0,
  newContacts: 'subscribed',
  customerDeleted: 'unsubscribe',
  timeZone: 'UTC',
  language: 'en',
  dailyLimit: 10,
  events: {
    ...everyStandardEvent(() => ({ ...startingEventSettings })),
    ...everyOptionalEvent(() => ({ ...unsetEventSettings })),
  },
};

/**
 * The settings as they are stored: without the optional events that are as they are unset, so that an earlier version,
 * which knows none of them, can still read the document of somebody who uses none.
 */
export function storedSettings({ events, ...settings }: Settings) {
  const isUnset = (type: SupportedEventType) =>
    isOptionalEventType(type) &&
    eventFields.every((field) => events[type][field] === unsetEventSettings[field]);
  return {
    ...settings,
    events: Object.fromEntries(
      supportedEventTypes.flatMap((type) => (isUnset(type) ? [] : [[type, events[type]]])),
    ),
  };
}

const eventFields = [
  'enabled',
  'trigger',
  'fullName',
  'externalId',
  'userGroup',
  'userGroupMode',
] as const;

function everyStandardEvent<T>(of: () => T): Record<StandardEventType, T> {
  return {
    'customer.created': of(),
    'customer.updated': of(),
    'customer.deleted': of(),
    'order.paid': of(),
    'subscription.created': of(),
    'subscription.active': of(),
    'subscription.canceled': of(),
    'subscription.uncanceled': of(),
    'subscription.past_due': of(),
    'subscription.revoked': of(),
  };
}

function everyOptionalEvent<T>(of: () => T): Record<OptionalEventType, T> {
  return {
    'order.refunded': of(),
    'subscription.updated': of(),
    'subscription.cycled': of(),
    'subscription.paused': of(),
    'subscription.resumed': of(),
  };
}

/** The settings as they are stored, perhaps edited by hand: nothing is known of what is in it. */
export type SettingsDocument = Readonly<Record<string, unknown>>;
