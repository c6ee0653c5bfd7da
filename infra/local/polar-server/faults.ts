import type { Row } from './polar-state.ts';

/** What can be wrong with Polar's API; webhooks go out all the same. */
export type Faults = {
  /** Every call is answered with this status. */
  outage: number | undefined;
  /** How long each answer takes. */
  delayMs: number;
  /** Every so many calls get 429. */
  rateLimit: { every: number; retryAfter: string } | undefined;
  /** Lists leave out the newer half of the customers, and what is theirs. */
  shortLists: boolean;
  /** Those whom the lists leave out are unknown, too: 404. */
  hideLeftOut: boolean;
};

export const noFaults: Faults = {
  outage: undefined,
  delayMs: 0,
  rateLimit: undefined,
  shortLists: false,
  hideLeftOut: false,
};

/** The ids of those of an organization's customers whom shortened lists leave out. */
export function leftOut(customers: readonly Row[], faults: Faults): Set<string> {
  if (!faults.shortLists) return new Set();
  const oldestFirst = [...customers].sort((one, other) =>
    one.created_at < other.created_at ? -1 : 1,
  );
  return new Set(oldestFirst.slice(Math.ceil(oldestFirst.length / 2)).map(({ id }) => id));
}

/** Whose a row is: a customer's own id, or that which a subscription or an order names. */
export function customerIdOf(row: Row): string {
  return String(row['customer_id'] ?? row.id);
}
