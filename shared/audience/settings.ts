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

/** The one settings document of a deployment. `version` goes up by one with each save. */
export const settingsSchema = z.object({
  version: z.int().check(z.gte(0)),
  newContacts: z.enum(['subscribed', 'unsubscribed']),
  customerDeleted: deletionModeSchema,
  /** Stands in the footer of every marketing email, as the law of many countries wants it. */
  postalAddress: z.optional(z.nullable(z.string())),
  events: z.record(z.enum(supportedEventTypes), eventSettingsSchema),
});
export type Settings = z.infer<typeof settingsSchema>;

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
