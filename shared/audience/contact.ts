import * as z from 'zod/mini';
import { type Act, actSchema, isAfter, laterAct } from './act.ts';
import type { Customer } from './customer.ts';
import { normalisedEmail } from './email-address.ts';
import { splitName } from './person-name.ts';
import { liftedRefusalSchema } from './suppression.ts';

export const webhookSource = 'Polar webhook';

const byHandSchema = z.object({
  firstName: z.optional(z.nullable(z.string())),
  lastName: z.optional(z.nullable(z.string())),
  externalId: z.optional(z.nullable(z.string())),
  userGroup: z.optional(z.object({ value: z.nullable(z.string()), at: z.string() })),
});

/** What a person decided about a contact by hand, and which "no" that undid. */
const decisionByHandSchema = z.extend(actSchema, {
  act: z.enum(['added', 'subscribed', 'unsubscribed', 'bounce-lifted']),
  cleared: z.optional(z.array(liftedRefusalSchema)),
});
export type DecisionByHand = z.infer<typeof decisionByHandSchema>;

const consentSchema = z.object({
  /** Created while the setting `newContacts` was `unsubscribed`. */
  startsUnsubscribed: z.optional(z.boolean()),
  subscribed: z.optional(actSchema),
  /** The newest decisions by hand, the oldest of them first. */
  history: z.optional(z.array(decisionByHandSchema)),
});
type Consent = z.infer<typeof consentSchema>;

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
  /** Who asked for the erasure that is under way, where there is no customer whose row says it. */
  erasure: z.optional(actSchema),
});
export type Contact = z.infer<typeof contactSchema>;

export function belongingsOf(contact: Contact): Belongings {
  return belongingsSchema.parse(contact);
}

/** One contact out of two: the first keeps its id, its consent and what was set by hand; the older creation stays. */
export function mergedBelongings(kept: Belongings, other: Belongings | undefined): Belongings {
  if (!other || other.contactId === kept.contactId) return kept;
  const mergedIds = [...(kept.mergedIds ?? []), ...(other.mergedIds ?? []), other.contactId];
  const byHand = { ...other.byHand, ...kept.byHand };
  return {
    ...kept,
    createdAt: kept.createdAt < other.createdAt ? kept.createdAt : other.createdAt,
    consent: mergedConsent(kept.consent, other.consent),
    mergedIds: [...new Set(mergedIds)].sort(),
    ...(Object.keys(byHand).length > 0 && { byHand }),
  };
}

function mergedConsent(kept: Consent, other: Consent): Consent {
  const { subscribed } = other;
  const consent = {
    ...kept,
    ...(subscribed && { subscribed: laterAct(kept.subscribed, subscribed) }),
  };
  return (other.history ?? []).reduce(withDecision, consent);
}

const mostDecisions = 30;

/** The consent with one more decision in its history. Safe to repeat. */
export function withDecision(consent: Consent, decision: DecisionByHand): Consent {
  const known = consent.history ?? [];
  const { act, at, by } = decision;
  if (known.some((one) => one.act === act && one.at === at && one.by === by)) return consent;
  const history = [...known, decision].sort(byTime);
  return { ...consent, history: history.slice(-mostDecisions) };
}

function byTime(a: Act, b: Act): number {
  if (isAfter(a.at, b.at)) return 1;
  return isAfter(b.at, a.at) ? -1 : 0;
}

/** The contact of the customer who owns an address, or `undefined` where a deletion leaves none. */
export function contactOf(
  customer: Customer,
  belongings: Belongings,
  isSuppressed: boolean,
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
    subscribed: isSubscribed(customer, belongings, isSuppressed),
    updatedAt: now,
  });
}

/** A contact without a customer, after its suppression changed. */
export function contactByHand(contact: Contact, isSuppressed: boolean, now: string): Contact {
  return { ...contact, subscribed: isSubscribed(undefined, contact, isSuppressed), updatedAt: now };
}

function isSubscribed(
  customer: Customer | undefined,
  { consent }: Belongings,
  isSuppressed: boolean,
): boolean {
  if (Object.keys(customer?.no ?? {}).length > 0) return false;
  if (isSuppressed) return false;
  if (customer?.deletion?.mode === 'unsubscribe') return false;
  return !consent.startsUnsubscribed || consent.subscribed !== undefined;
}

/**
 * A group set by hand stays until a newer `always` event. A group for new contacts is for those that webhooks made, or
 * that one which webhooks made has become part of.
 */
function userGroupOf(customer: Customer, belongings: Belongings): string | undefined {
  const { alwaysGroup, firstEvent } = customer;
  const { byHand, source, mergedIds = [] } = belongings;
  if (byHand?.userGroup && !(alwaysGroup && isAfter(alwaysGroup.occurredAt, byHand.userGroup.at))) {
    return byHand.userGroup.value ?? undefined;
  }
  if (alwaysGroup) return alwaysGroup.group;
  const isByWebhooks = source === webhookSource || mergedIds.length > 0;
  return isByWebhooks ? (firstEvent?.group ?? undefined) : undefined;
}

function chosen(byHand: string | null | undefined, fact: string | undefined): string | undefined {
  return byHand === undefined ? fact : (byHand ?? undefined);
}
