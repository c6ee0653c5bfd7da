import * as z from 'zod/mini';
import { type SupportedEventType, supportedEventTypes } from '#shared/polar/event-types.ts';

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

export const deletionModeSchema = z.enum(['unsubscribe', 'delete', 'keep']);

/** Whether the runtime knows a time zone by this name of the IANA database, such as `Europe/Berlin`. */
export function isTimeZone(name: string): boolean {
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
  /** Stands in the footer of every marketing email, as the law of many countries wants it. */
  postalAddress: z.optional(z.nullable(z.string())),
  /** In which days and hours are written in mails. Rows of version 0.1.0 have neither this nor the language. */
  timeZone: z._default(z.string().check(z.refine(isTimeZone)), 'UTC'),
  /** In whose way dates and amounts are written in mails. */
  language: z._default(z.string().check(z.refine(isLanguage)), 'en'),
  /** How many emails a mailbox gets in a day at most. Absent from rows of 0.1.0. */
  dailyLimit: z._default(z.int().check(z.gte(1), z.lte(mostDailyLimit)), 10),
  events: z.record(z.enum(supportedEventTypes), eventSettingsSchema),
});
export type Settings = z.infer<typeof settingsSchema>;

/** How mails write days, hours and amounts. */
export type Writing = Pick<Settings, 'timeZone' | 'language'>;

const defaultEventSettings: EventSettings = {
  enabled: true,
  trigger: true,
  fullName: true,
  externalId: true,
  userGroup: null,
  userGroupMode: 'new-contacts',
};

/** What a fresh deployment starts with: every event on, no user group, deleted customers are unsubscribed. */
export const defaultSettings: Settings = {
  version: 0,
  newContacts: 'subscribed',
  customerDeleted: 'unsubscribe',
  timeZone: 'UTC',
  language: 'en',
  dailyLimit: 10,
  events: everyEvent(() => ({ ...defaultEventSettings })),
};

function everyEvent<T>(of: (type: SupportedEventType) => T): Record<SupportedEventType, T> {
  return {
    'customer.created': of('customer.created'),
    'customer.updated': of('customer.updated'),
    'customer.deleted': of('customer.deleted'),
    'order.paid': of('order.paid'),
    'subscription.created': of('subscription.created'),
    'subscription.active': of('subscription.active'),
    'subscription.canceled': of('subscription.canceled'),
    'subscription.uncanceled': of('subscription.uncanceled'),
    'subscription.past_due': of('subscription.past_due'),
    'subscription.revoked': of('subscription.revoked'),
  };
}
