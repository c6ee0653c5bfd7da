import * as z from 'zod/mini';
import type { Customer } from './customer.ts';
import { normalisedEmail } from './email-address.ts';
import { splitName } from './person-name.ts';
import type { Suppression } from './suppression.ts';

export const webhookSource = 'Polar webhook';

const actSchema = z.object({ at: z.string(), by: z.string() });

const byHandSchema = z.object({
  firstName: z.optional(z.nullable(z.string())),
  lastName: z.optional(z.nullable(z.string())),
  externalId: z.optional(z.nullable(z.string())),
  userGroup: z.optional(z.object({ value: z.nullable(z.string()), at: z.string() })),
});

const consentSchema = z.object({
  /** Created while the setting `newContacts` was `unsubscribed`. */
  startsUnsubscribed: z.optional(z.boolean()),
  subscribed: z.optional(actSchema),
  unsubscribed: z.optional(actSchema),
});

/** What a contact keeps through every change of address and owner. */
export const belongingsSchema = z.object({
  contactId: z.string(),
  createdAt: z.string(),
  source: z.string(),
  consent: consentSchema,
  byHand: z.optional(byHandSchema),
  mergedIds: z.optional(z.array(z.string())),
});
export type Belongings = z.infer<typeof belongingsSchema>;

/** What people and mails see of one address. Computed, but for contacts that were added by hand and have no customer. */
export const contactSchema = z.extend(belongingsSchema, {
  email: z.string(),
  /** The address as it was typed, for sending. */
  address: z.string(),
  firstName: z.optional(z.string()),
  lastName: z.optional(z.string()),
  externalId: z.optional(z.string()),
  customerId: z.optional(z.string()),
  userGroup: z.optional(z.string()),
  subscribed: z.boolean(),
  updatedAt: z.string(),
});
export type Contact = z.infer<typeof contactSchema>;

export function belongingsOf(contact: Contact): Belongings {
  return belongingsSchema.parse(contact);
}

/** One contact out of two: the first keeps its id and what was set by hand, the older creation stays, a "no" of either holds. */
export function mergedBelongings(kept: Belongings, other: Belongings | undefined): Belongings {
  if (!other || other.contactId === kept.contactId) return kept;
  const mergedIds = [...(kept.mergedIds ?? []), ...(other.mergedIds ?? []), other.contactId];
  const byHand = { ...other.byHand, ...kept.byHand };
  return {
    ...kept,
    createdAt: kept.createdAt < other.createdAt ? kept.createdAt : other.createdAt,
    consent: { ...other.consent, ...kept.consent },
    mergedIds: [...new Set(mergedIds)].sort(),
    ...(Object.keys(byHand).length > 0 && { byHand }),
  };
}

/** The contact of the customer who owns an address, or `undefined` where a deletion leaves none. */
export function contactOf(
  customer: Customer,
  belongings: Belongings,
  suppression: Suppression | undefined,
  now: string,
): Contact | undefined {
  const address = customer.email?.value;
  if (address === undefined || customer.deletion?.mode === 'delete') return undefined;
  const { byHand } = belongings;
  const name = splitName(customer.name?.value ?? '');
  const fields = {
    firstName: chosen(byHand?.firstName, name.firstName),
    lastName: chosen(byHand?.lastName, name.lastName),
    externalId: chosen(byHand?.externalId, customer.externalId?.value),
    userGroup: userGroupOf(customer, belongings),
  };
  return contactSchema.parse({
    ...belongings,
    email: normalisedEmail(address),
    address,
    customerId: customer.customerId,
    ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
    subscribed: isSubscribed(customer, belongings, suppression),
    updatedAt: now,
  });
}

/** A contact without a customer, after its suppression changed. */
export function contactByHand(
  contact: Contact,
  suppression: Suppression | undefined,
  now: string,
): Contact {
  return { ...contact, subscribed: isSubscribed(undefined, contact, suppression), updatedAt: now };
}

function isSubscribed(
  customer: Customer | undefined,
  { consent }: Belongings,
  suppression: Suppression | undefined,
): boolean {
  if (Object.keys(customer?.no ?? {}).length > 0) return false;
  if (Object.keys(suppression?.reasons ?? {}).length > 0) return false;
  if (customer?.deletion?.mode === 'unsubscribe') return false;
  if (consent.unsubscribed) return false;
  return !consent.startsUnsubscribed || consent.subscribed !== undefined;
}

/** A group set by hand stays until a newer `always` event; a group for new contacts is for those that webhooks made. */
function userGroupOf(customer: Customer, { byHand, source }: Belongings): string | undefined {
  const { alwaysGroup, firstEvent } = customer;
  if (byHand?.userGroup && !(alwaysGroup && alwaysGroup.occurredAt > byHand.userGroup.at)) {
    return byHand.userGroup.value ?? undefined;
  }
  if (alwaysGroup) return alwaysGroup.group;
  return source === webhookSource ? (firstEvent?.group ?? undefined) : undefined;
}

function chosen(byHand: string | null | undefined, fact: string | undefined): string | undefined {
  return byHand === undefined ? fact : (byHand ?? undefined);
}
