import type { AudienceStore } from '#shared/audience/audience-store.ts';
import type { UndeliveredEvent } from '#shared/polar/undelivered-events.ts';

/** An event that never arrived, when all was looked at again. */
export type Undelivered = UndeliveredEvent &
  Readonly<{
    /** Why Polar does not deliver it; absent: it was asked for, and may still come. */
    refusal?: string | undefined;
    /** Whether what it said of its customer is here without it. */
    facts: 'here' | 'unsure' | 'stranger' | 'untold';
  }>;

type Compared = Readonly<{
  store: Pick<AudienceStore, 'load'>;
  /** What was compared, as `instant` writes it; absent: everything. */
  since: string | undefined;
  /** Customers that differ from what Polar lists. */
  differing: ReadonlySet<string>;
  /** Some customers could not be compared; which, is not known. */
  isPartial: boolean;
}>;

const atOnce = 100;

/** Says of each event whether the comparison of all customers has shown that what it said is known anyway. */
export async function withFacts(
  events: readonly Omit<Undelivered, 'facts'>[],
  { store, since, differing, isPartial }: Compared,
): Promise<Undelivered[]> {
  const ids = [...new Set(events.flatMap(({ customerId }) => customerId ?? []))];
  const known = new Set<string>();
  for (let start = 0; start < ids.length; start += atOnce) {
    const keys = ids.slice(start, start + atOnce);
    const { customers } = await store.load(keys.map((key) => ({ kind: 'customers', key })));
    for (const [id, stored] of customers) if (stored) known.add(id);
  }
  const factsOf = ({ customerId, createdAt }: UndeliveredEvent): Undelivered['facts'] => {
    if (customerId === undefined) return 'untold';
    if (!known.has(customerId)) return 'stranger';
    const wasCompared = since === undefined || createdAt >= since;
    return wasCompared && !isPartial && !differing.has(customerId) ? 'here' : 'unsure';
  };
  return events.map((event) => ({ ...event, facts: factsOf(event) }));
}
