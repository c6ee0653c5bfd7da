import { domainToASCII, domainToUnicode } from 'node:url';
import * as z from 'zod/mini';
import { isAfter, type Suppression } from '#shared/audience/consent/suppression.ts';

/** For rows that keep an address as `normalisedEmail` made it. Nothing else makes one. */
export const normalisedEmailSchema = z.string().brand<'NormalisedEmail'>();

/** An address as the key of a contact: rows, suppressions and hashes are found by nothing else. */
export type NormalisedEmail = z.infer<typeof normalisedEmailSchema>;

/**
 * The mailbox that an address names, as the key of a contact: trimmed, NFC, in lower case, its domain in ASCII. Two
 * spellings of one mailbox give one key, and a key gives itself. The typed form is kept for showing. Of a text that is
 * no address (`isMailable`) it gives what is the key of nothing.
 */
export function normalisedEmail(address: string): NormalisedEmail {
  const text = address.trim().normalize('NFC').toLowerCase().normalize('NFC');
  const [local, domain] = parted(text);
  return normalisedEmailSchema.parse(`${local}${asciiDomain(domain) ?? domain}`);
}

/** What comes before the domain, with its `@`, and the domain. */
function parted(text: string): [string, string] {
  const start = text.lastIndexOf('@') + 1;
  return [text.slice(0, start), text.slice(start)];
}

const asciiLabels = /^(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))*$/;
const lastIsNumber = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;

/**
 * A domain as DNS knows it, by UTS 46 (non-transitional, as browsers do it); `undefined` for what is none. What Node takes for
 * parts of a URL (`:80`, `/path`, `%61`, tabs) or for an IPv4 address is no domain.
 */
function asciiDomain(domain: string): string | undefined {
  const lower = domain.toLowerCase();
  if (/[^\w.\-\u0080-\u{10ffff}]/u.test(lower)) return undefined;
  const ascii = /[^\0-\x7f]/.test(lower) ? domainToASCII(lower) : lower;
  if (!asciiLabels.test(ascii) || lastIsNumber.test(ascii)) return undefined;
  return ascii.split('.').every(isLabel) ? ascii : undefined;
}

/** Node lets pass what begins like Punycode and is none. */
function isLabel(label: string): boolean {
  return !label.startsWith('xn--') || !domainToUnicode(label).startsWith('xn--');
}

/**
 * The keys under which version 0.1.0, which only trimmed and lower-cased, may have kept an address: with the domain in
 * its own script, decomposed (NFD), and as it is known to have been `typed`. None for most addresses.
 */
export function formerSpellings(
  email: NormalisedEmail,
  typed: Iterable<string> = [],
): NormalisedEmail[] {
  const known = [...typed].map((one) => one.trim().toLowerCase());
  // One with characters that nobody sees is no spelling of it: somebody else may have typed that.
  const others = known.filter(
    (one) => one !== email && normalisedEmail(one) === email && isMailable(one),
  );
  return [...new Set([...scripts(email), ...others])]
    .filter((one) => one !== email)
    .map((one) => normalisedEmailSchema.parse(one));
}

function scripts(email: NormalisedEmail): string[] {
  if (!/[^\0-\x7f]|@.*xn--/.test(email) || !isMailable(email)) return [];
  const [local, domain] = parted(email);
  const unicode = domainToUnicode(domain);
  return [domain, unicode, unicode.normalize('NFD')].flatMap((one) => [
    `${local}${one}`,
    `${local.normalize('NFD')}${one}`,
  ]);
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

/** The customers who have, or ever had, an address, by their ids. */
export const claimsSchema = z.record(z.string(), claimSchema);
type Claimed = Readonly<{ claims: z.infer<typeof claimsSchema> }>;

/**
 * Whether someone who left, and said no before, still stands for this address. Whoever comes to it next is taken for
 * the same person, so that deleting and re-creating a customer subscribes nobody. An explicit subscribe at the address,
 * which its `suppression` remembers, undoes what was said before it.
 */
export function isLeftUnsubscribed(
  address: Claimed | undefined,
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
  claims: Claimed['claims'],
  customerId: string,
  claim: Claim,
): Claimed['claims'] {
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
export function ownerOf(address: Claimed | undefined): string | undefined {
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

const mailbox = /^[^\s@\p{Cc}<>()[\]\\,;:"]{1,64}@[^\s@\p{Cc}<>()[\]\\,;:"]{1,253}$/u;

/** Zero width, marks of direction, soft hyphens, fillers, spaces of any kind, and what no Unicode assigns. */
const invisible = /[\p{Default_Ignorable_Code_Point}\p{C}\p{Z}\u2800]/u;

/**
 * Whether it is an address to which mail could be sent. RFC 5321 allows 64 octets before the `@` and 254 in all. One with
 * characters that nobody sees is none: it would look like the address of somebody else.
 */
export function isMailable(address: string): boolean {
  const text = address.trim();
  if (address.includes('\ufeff') || !mailbox.test(text) || invisible.test(text)) return false;
  const email = normalisedEmail(text);
  return Math.max(text.length, email.length) <= 254 && asciiDomain(parted(email)[1]) !== undefined;
}

/**
 * What is wrong with an address that an operator types, as a sentence. Stricter than `isMailable`, by which a customer
 * of Polar has a contact: SES mails no domain without a dot.
 */
export function typedAddressProblem(address: string): string | undefined {
  if (!isMailable(address)) return 'Enter an email address, such as you@example.com.';
  const [, domain] = parted(address.trim());
  if (asciiDomain(domain)?.includes('.')) return undefined;
  return `Enter the whole domain: “${domain}” has no dot, and mail can’t reach it.`;
}

/** Whether SES takes mail to it: only ASCII may come before the `@`. The domain may be of any script, and is sent to as `xn--…`. */
export function isTakenBySes(address: string): boolean {
  return /^[\x21-\x7e]+@[^@]+$/.test(address.trim());
}

/** Whether Polar put it in the place of the address of a customer who was deleted with anonymisation. */
export function isAnonymous(address: string): boolean {
  return /@anonymized\.(polar\.sh|invalid)$/i.test(address.trim());
}

/** Whether SES takes it in a header as it is: in ASCII, with a domain that has a dot. */
export function isHeaderAddress(address: string): boolean {
  return isMailable(address) && asciiMailbox.test(address);
}

const asciiMailbox = /^[\w.!#$%&'*+/=?^`{|}~-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i;
