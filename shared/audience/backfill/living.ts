import { formerSpellings, normalisedEmail } from '#shared/audience/person/address.ts';
import { isSampleCustomer } from '#shared/polar/sample/sample-values.ts';

/** A customer here that is neither deleted nor erased. */
export type LivingCustomer = Readonly<{
  customerId: string;
  organizationId?: string | undefined;
  addresses: readonly string[];
}>;

export type Living = Readonly<{
  /** Those of this organization, and those of whom nobody knows yet whose they are. */
  ours: number;
  /** How many others there are, by their organization. */
  others: ReadonlyMap<string, number>;
}>;

/** Whose the living customers here are. Those that somebody made up to try things count as nobody's. */
export async function countLiving(
  pages: AsyncIterable<readonly LivingCustomer[]>,
  organizationId: string,
): Promise<Living> {
  const others = new Map<string, number>();
  let ours = 0;
  for await (const page of pages) {
    for (const customer of page.filter(isReal)) {
      const { organizationId: own = organizationId } = customer;
      if (own === organizationId) ours += 1;
      else others.set(own, (others.get(own) ?? 0) + 1);
    }
  }
  return { ours, others };
}

type Named = Readonly<{ id: string; name: string }>;

/** How many there are of each other organization, in words, by name where it is known; `undefined`: none. */
export function othersText(
  { others }: Pick<Living, 'others'>,
  organizations: readonly Named[],
): string | undefined {
  if (others.size === 0) return undefined;
  const counts = [...others].map(
    ([id, count]) => `${count} of ${organizationText(id, organizations)}`,
  );
  return counts.join(', ');
}

/** Which organization it is, for people: rows and accesses know it by its id. */
export function organizationText(id: string, organizations: readonly Named[]): string {
  const name = organizations.find((one) => one.id === id)?.name;
  return name ?? `the organization with the id ${id}`;
}

/** Whether it is no customer that somebody made up to try things. Its id was made of an address as that was typed. */
export function isReal({ customerId, addresses }: LivingCustomer): boolean {
  const spellings = addresses.map(normalisedEmail).flatMap((key) => [key, ...formerSpellings(key)]);
  return !isSampleCustomer(customerId, [...addresses, ...spellings]);
}
