import * as z from 'zod/mini';
import { isAfter, type Suppression } from './suppression.ts';

/** For rows that keep an address as `normalisedEmail` made it. Nothing else makes one. */
export const normalisedEmailSchema = z.string().brand<'NormalisedEmail'>();

/** An address as the key of a contact: rows, suppressions and hashes are found by nothing else. */
export type NormalisedEmail = z.infer<typeof normalisedEmailSchema>;

/** An address as the key of a contact: trimmed and lower-cased. The typed form is kept for sending. */
export function normalisedEmail(address: string): NormalisedEmail {
  return normalisedEmailSchema.parse(address.trim().toLowerCase());
}

const claimSchema = z.object({
  /** Version of the email with which this customer last had the address. */
  version: z.string(),
  /** `former`: the newest email of this customer is another one. */
  state: z.enum(['living', 'deleted', 'former']),
  /** Whether the customer carries a person's "no". */
  refused: z.optional(z.boolean()),
  /** When that was said last. */
  refusedAt: z.optional(z.string()),
});
export type Claim = z.infer<typeof claimSchema>;

/** The customers who have, or ever had, one address. */
export const addressSchema = z.object({
  email: normalisedEmailSchema,
  claims: z.record(z.string(), claimSchema),
});
export type Address = z.infer<typeof addressSchema>;

/**
 * Whether someone who left, and said no before, still stands for this address. Whoever comes to it next is taken for
 * the same person, so that deleting and re-creating a customer subscribes nobody. An explicit subscribe at the address,
 * which its `suppression` remembers, undoes what was said before it.
 */
export function isLeftUnsubscribed(
  address: Address | undefined,
  suppression?: Suppression,
): boolean {
  const lifted = suppression?.lifted?.person;
  return Object.values(address?.claims ?? {}).some(
    ({ state, refused, refusedAt }) =>
      state === 'deleted' &&
      refused &&
      !(lifted && (refusedAt === undefined || !isAfter(refusedAt, lifted.at))),
  );
}

/** More than this many claims, and the oldest that say nothing of the present are forgotten. */
const mostClaims = 200;

/** The claims with one more, or with another one of the same customer. */
export function withClaim(
  claims: Address['claims'],
  customerId: string,
  claim: Claim,
): Address['claims'] {
  const all = { ...claims, [customerId]: claim };
  const spare = Object.keys(all).length - mostClaims;
  if (spare <= 0) return all;
  const forgotten = Object.entries(all)
    .filter(([id, { state, refused }]) => id !== customerId && state !== 'living' && !refused)
    .sort(([, a], [, b]) => (a.version < b.version ? -1 : 1))
    .slice(0, spare)
    .map(([id]) => id);
  return Object.fromEntries(Object.entries(all).filter(([id]) => !forgotten.includes(id)));
}

/**
 * The customer whose facts an address shows: among those whose newest email it is, the living one with the newest
 * email version; where none lives, the deleted one with the newest. On equal versions the greater id.
 */
export function ownerOf(address: Address | undefined): string | undefined {
  const candidates = Object.entries(address?.claims ?? {}).filter(
    ([, claim]) => claim.state !== 'former',
  );
  const rank = ([id, claim]: [string, Claim]) =>
    `${claim.state === 'living' ? 1 : 0} ${claim.version} ${id}`;
  return candidates.reduce<[string, Claim] | undefined>(
    (best, candidate) => (best && rank(best) >= rank(candidate) ? best : candidate),
    undefined,
  )?.[0];
}

/** Whether mail could be sent to it at all. RFC 5321 allows 64 octets before the `@` and 254 in all. */
export function isMailable(address: string): boolean {
  return (
    address.length <= 254 &&
    /^[^\s@\p{Cc}<>()[\]\\,;:"]{1,64}@[^\s@\p{Cc}<>()[\]\\,;:"]{1,253}$/u.test(address.trim())
  );
}

/** Whether SES takes mail to it: only ASCII may come before the `@`. The domain may be of any script, and is sent to as `xn--…`. */
export function isTakenBySes(address: string): boolean {
  return /^[\x21-\x7e]+@[^@]+$/.test(address.trim());
}

/** Whether Polar put it in the place of the address of a customer who was deleted with anonymisation. */
export function isAnonymous(address: string): boolean {
  return /@anonymized\.(polar\.sh|invalid)$/i.test(address.trim());
}
