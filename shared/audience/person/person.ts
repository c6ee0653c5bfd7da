import * as z from 'zod/mini';
import { byHandSchema, overlaid } from '#shared/audience/by-hand/by-hand.ts';
import {
  type Act,
  actSchema,
  isAfter,
  laterAct,
  liftedRefusalSchema,
  type PersonRefusals,
  personRefusalsSchema,
  refusalsOf,
  refusalsSince,
} from '#shared/audience/consent/suppression.ts';
import { momentSchema } from '#shared/audience/moment.ts';
import { namedRunSchema } from '#shared/audience/runs/run.ts';
import { deletionModeSchema } from '#shared/audience/settings/settings.ts';
import {
  type GroupOwner,
  groupFactsSchema,
  userGroupOf,
} from '#shared/audience/settings/user-group.ts';
import {
  claimsSchema,
  isMailable,
  type NormalisedEmail,
  normalisedEmail,
  normalisedEmailSchema,
} from './address.ts';
import { splitName } from './name.ts';
import { subscriptionsSchema } from './subscription-snapshot.ts';

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
const belongingsSchema = z.object({
  contactId: z.string(),
  createdAt: z.string(),
  source: z.string(),
  /** An import made it. 0.1.0, and who goes back to it, decides by `source`, so that says nothing of it. */
  imported: z.optional(z.boolean()),
  consent: consentSchema,
  byHand: z.optional(byHandSchema),
  mergedIds: z.optional(z.array(z.string())),
});
export type Belongings = z.infer<typeof belongingsSchema>;

/**
 * What a person typed about an address. It stays at the address, whoever has it: while a living customer does, the view
 * shows it over the facts of that customer.
 */
export const layerSchema = z.extend(belongingsSchema, {
  /** The address as it was typed. */
  address: z.string(),
  /** Who asked for the erasure that is under way. */
  erasure: z.optional(actSchema),
});
export type Layer = z.infer<typeof layerSchema>;

/** The customers who have, or ever had, one address, and what a person typed about it. */
export const addressSchema = z.object({
  email: normalisedEmailSchema,
  claims: claimsSchema,
  layer: z.optional(layerSchema),
});
export type Address = z.infer<typeof addressSchema>;

/** What people and mails see of one address. Computed from its layer, its customer and its suppression. */
export const contactSchema = z.extend(belongingsSchema, {
  email: normalisedEmailSchema,
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

/** One out of two: the first keeps its id, its consent and what was set by hand; the older creation stays. */
export function mergedBelongings<T extends Belongings>(kept: T, other: Belongings | undefined): T {
  if (!other || other.contactId === kept.contactId) return kept;
  const mergedIds = [...(kept.mergedIds ?? []), ...(other.mergedIds ?? []), other.contactId];
  const byHand = overlaid(other.byHand, kept.byHand);
  return {
    ...kept,
    createdAt: kept.createdAt < other.createdAt ? kept.createdAt : other.createdAt,
    consent: mergedConsent(kept.consent, other.consent),
    mergedIds: [...new Set(mergedIds)].sort(),
    ...(byHand && { byHand }),
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
  own: Belongings,
  layer: Layer | undefined,
  isSuppressed: boolean,
  now: string,
): Contact | undefined {
  const email = emailOf(customer);
  const address = customer.email?.value;
  if (email === undefined || customer.deletion?.mode === 'delete') return undefined;
  const belongings = layer ? covered(own, layer) : own;
  const byHand = allByHand(customer, own, layer);
  const name = splitName(customer.name?.value ?? '');
  const fields = {
    firstName: chosen(byHand?.firstName, name.firstName),
    lastName: chosen(byHand?.lastName, name.lastName),
    externalId: chosen(byHand?.externalId, customer.externalId?.value),
    userGroup: userGroupOf(customer, groupOwner(customer, own, layer)),
  };
  return contactSchema.parse({
    ...belongings,
    ...(byHand && { byHand }),
    email,
    address,
    customerId: customer.customerId,
    ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
    subscribed: isSubscribed(customer, belongings, isSuppressed),
    updatedAt: now,
  });
}

/** What people set on the customer, and under it what was typed about its present address. */
function allByHand({ byHand }: Customer, own: Belongings, layer: Layer | undefined) {
  return overlaid(overlaid(layer?.byHand, own.byHand), byHand);
}

/** What belongs to the customer, with what was typed about its present address. */
function covered(own: Belongings, layer: Layer): Belongings {
  const { startsUnsubscribed, ...consent } = mergedConsent(own.consent, layer.consent);
  const ids = [...(own.mergedIds ?? []), ...(layer.mergedIds ?? []), layer.contactId];
  return {
    ...own,
    createdAt: own.createdAt < layer.createdAt ? own.createdAt : layer.createdAt,
    source: layer.source,
    consent: layer.consent.startsUnsubscribed ? { ...consent, startsUnsubscribed } : consent,
    mergedIds: [...new Set(ids)].sort(),
  };
}

/** The contact of an address that no customer has. */
export function contactByHand(
  email: NormalisedEmail,
  layer: Layer,
  isSuppressed: boolean,
  now: string,
): Contact {
  const { firstName, lastName, externalId, userGroup } = layer.byHand ?? {};
  const fields = { firstName, lastName, externalId, userGroup: userGroup?.value };
  return contactSchema.parse({
    ...layer,
    email,
    ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value)),
    subscribed: isSubscribed(undefined, layer, isSuppressed),
    updatedAt: now,
  });
}

/** Whether its own row says that marketing is not for this customer; the mailbox may have a "no" of its own. */
export function isOutOfMarketing(customer: Customer | undefined): boolean {
  const belongings = customer?.contact;
  return belongings === undefined || !isSubscribed(customer, belongings, false);
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

/** What decides on the group of a customer's contact, but for events. */
export function groupOwner(
  customer: Customer,
  own: Belongings,
  layer: Layer | undefined,
): GroupOwner {
  return { byHand: allByHand(customer, own, layer)?.userGroup, isNew: layer === undefined };
}

function chosen(byHand: string | null | undefined, fact: string | undefined): string | undefined {
  return byHand === undefined ? fact : (byHand ?? undefined);
}

const factSchema = z.object({ value: z.string(), version: z.string() });
type Fact = z.infer<typeof factSchema>;

/** What Polar said of one customer, and what belongs to its contact whether that is shown or not. */
export const customerSchema = z.object({
  customerId: z.string(),
  /** The organization in Polar that it is a customer of; absent until an event has said so. */
  organizationId: z.optional(z.string()),
  email: z.optional(factSchema),
  name: z.optional(factSchema),
  externalId: z.optional(factSchema),
  /** An event told of it without an external id. */
  hadNoExternalId: z.optional(z.literal(true)),
  ...groupFactsSchema.shape,
  /** Every address this customer ever had, sorted: keys, of version 0.1.0 perhaps, as `normalisedEmail` reads them. */
  addresses: z.array(z.string()),
  no: z.optional(personRefusalsSchema),
  /** When this person was last subscribed explicitly: an older "no" does not count any more. */
  lifted: z.optional(actSchema),
  deletedAt: z.optional(z.string()),
  deletion: z.optional(z.extend(momentSchema, { mode: deletionModeSchema })),
  /** Who lifted a deletion that a backfill had made; what a backfill took for deleted before does not count any more. */
  restored: z.optional(actSchema),
  erased: z.optional(z.boolean()),
  /** Who asked for the erasure, where a person did; it is under way until `erased`. */
  erasure: z.optional(actSchema),
  /** Orders that `recover` applies: whatever else Polar sends of them has the same email keys. */
  lostOrders: z.optional(z.array(z.string())),
  contact: z.optional(belongingsSchema),
  /** What people set on its contact, which moves with it. */
  byHand: z.optional(byHandSchema),
  subscriptions: z.optional(subscriptionsSchema),
  /** Its runs that wait; absent where none does. */
  runs: z.optional(z.array(namedRunSchema)),
});
export type Customer = z.infer<typeof customerSchema>;

/** The customer with more of a person's "no", but for what is older than an explicit subscribe. */
export function refusing(customer: Customer, more: PersonRefusals): Customer {
  const no = refusalsOf(customer.no ?? {}, refusalsSince(customer.lifted, more));
  return Object.keys(no).length > 0 ? { ...customer, no } : customer;
}

/** The newest value wins; an absent one never does. On equal versions the value that is greater by `order` does. */
export function newerFact(
  known: Fact | undefined,
  value: string | undefined,
  version: string,
  order: (value: string) => string = (same) => same,
): Fact | undefined {
  if (!value) return known;
  if (!known || version > known.version) return { value, version };
  if (version < known.version) return known;
  const rank = (of: string) => `${order(of)}\n${of}`;
  return rank(value) > rank(known.value) ? { value, version } : known;
}

/** The address that it has now, under which its contact is kept. Version 0.1.0 took some for one that are none. */
export function emailOf(customer: Customer | undefined): NormalisedEmail | undefined {
  const address = customer?.email?.value;
  return address !== undefined && isMailable(address) ? normalisedEmail(address) : undefined;
}

/** Every address that a customer has or had. */
export function addressesOf({ addresses }: Pick<Customer, 'addresses'>): NormalisedEmail[] {
  return [...new Set(addresses.map(normalisedEmail))];
}
