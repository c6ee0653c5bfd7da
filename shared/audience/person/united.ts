import {
  type Act,
  laterAct,
  type Suppression,
  suppressedBy,
} from '#shared/audience/consent/suppression.ts';
import type { Claim, NormalisedEmail } from './address.ts';
import { type Address, type Contact, type Layer, mergedBelongings } from './person.ts';

/**
 * What version 0.1.0 kept of one address under several spellings, as if it had always been one. Each takes at least one
 * row, the newest spelling first.
 */
export const united = {
  addresses: unitedAddress,
  contacts: unitedContact,
  suppressions: unitedSuppression,
};

function unitedAddress(email: NormalisedEmail, rows: readonly Address[]): Address {
  const claims: Record<string, Claim> = {};
  for (const [id, claim] of rows.flatMap((row) => Object.entries(row.claims))) {
    const known = Object.hasOwn(claims, id) ? claims[id] : undefined;
    claims[id] = known ? unitedClaim(known, claim) : claim;
  }
  const layer = rows
    .flatMap((row) => row.layer ?? [])
    .reduce<Layer | undefined>(
      (kept, other) => (kept ? mergedBelongings(kept, other) : other),
      undefined,
    );
  return { email, claims, ...(layer && { layer }) };
}

/** A customer who went from one spelling to the other never left. */
function unitedClaim(one: Claim, other: Claim): Claim {
  const { version, state } = presence(other) > presence(one) ? other : one;
  const refusedAt = [one.refusedAt, other.refusedAt].filter((at) => at !== undefined).sort();
  const last = refusedAt.at(-1);
  return {
    ...{ version, state },
    ...((one.refused || other.refused) && { refused: true }),
    ...(last !== undefined && { refusedAt: last }),
  };
}

function presence({ state, version }: Claim): string {
  return `${state === 'former' ? 0 : 1} ${version}`;
}

/** The view of it, as far as rows of contacts tell. What was added by hand has nothing else, so it stays. */
function unitedContact(email: NormalisedEmail, rows: readonly Contact[]): Contact {
  const [first, ...others] = rows.toSorted(
    (a, b) => Number(isOfCustomer(a)) - Number(isOfCustomer(b)),
  );
  if (!first) throw new Error('There is no contact to unite.');
  const contact = others.filter((one) => !isOfCustomer(one)).reduce(unitedByHand, first);
  return { ...contact, email };
}

const isOfCustomer = ({ customerId }: Contact) => customerId !== undefined;

function unitedByHand(kept: Contact, other: Contact): Contact {
  return { ...other, ...kept, ...mergedBelongings(kept, other) };
}

function unitedSuppression(_: string, rows: readonly Suppression[]): Suppression {
  const person = rows.map(({ lifted }) => lifted?.person).reduce(laterOf);
  const mailbox = rows.map(({ lifted }) => lifted?.mailbox).reduce(laterOf);
  const lifted = { ...(person && { person }), ...(mailbox && { mailbox }) };
  const none: Suppression = { reasons: {}, ...((person ?? mailbox) && { lifted }) };
  return rows.reduce((all, { reasons }) => suppressedBy(all, reasons), none);
}

function laterOf(one: Act | undefined, other: Act | undefined): Act | undefined {
  return other ? laterAct(one, other) : one;
}
