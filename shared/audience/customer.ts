import * as z from 'zod/mini';
import { actSchema } from './act.ts';
import { belongingsSchema } from './contact.ts';
import { deletionModeSchema } from './settings.ts';
import {
  type PersonRefusals,
  personRefusalsSchema,
  refusalsOf,
  refusalsSince,
} from './suppression.ts';

const factSchema = z.object({ value: z.string(), version: z.string() });
export type Fact = z.infer<typeof factSchema>;

const momentSchema = z.object({ occurredAt: z.string(), webhookId: z.string() });
type Moment = z.infer<typeof momentSchema>;

/** What Polar said of one customer, and what belongs to its contact whether that is shown or not. */
export const customerSchema = z.object({
  customerId: z.string(),
  email: z.optional(factSchema),
  name: z.optional(factSchema),
  externalId: z.optional(factSchema),
  /** The earliest event and the group that it gives to a new contact. */
  firstEvent: z.optional(z.extend(momentSchema, { group: z.nullable(z.string()) })),
  /** The latest event whose group mode is `always`. */
  alwaysGroup: z.optional(z.extend(momentSchema, { group: z.string() })),
  /** Every address this customer ever had, sorted. */
  addresses: z.array(z.string()),
  no: z.optional(personRefusalsSchema),
  /** When this person was last subscribed explicitly: an older "no" does not count any more. */
  lifted: z.optional(actSchema),
  deletedAt: z.optional(z.string()),
  deletion: z.optional(z.extend(momentSchema, { mode: deletionModeSchema })),
  erased: z.optional(z.boolean()),
  /** Who asked for the erasure, where a person did; it is under way until `erased`. */
  erasure: z.optional(actSchema),
  contact: z.optional(belongingsSchema),
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

/** Negative when `a` is earlier. On equal timestamps the greater webhook id counts as later. */
export function compareMoments(a: Moment, b: Moment): number {
  if (a.occurredAt !== b.occurredAt) return a.occurredAt < b.occurredAt ? -1 : 1;
  if (a.webhookId === b.webhookId) return 0;
  return a.webhookId < b.webhookId ? -1 : 1;
}
