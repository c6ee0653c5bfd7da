import { setImmediate } from 'node:timers/promises';
import * as z from 'zod';
import {
  isReal,
  type Living,
  type LivingCustomer,
  organizationText,
  othersText,
} from '#shared/audience/backfill/living.ts';
import { inGroups } from '#shared/in-time.ts';
import type { PolarApi } from '#shared/polar/api.ts';
import { PolarInvalid, PolarMissing } from '#shared/polar/api-error.ts';

/** Why customers of another organization keep everything from being compared; `undefined`: there are none. */
export async function otherOrganization(
  { others }: Pick<Living, 'others'>,
  organizationId: string,
  api: Pick<PolarApi, 'organizations'>,
): Promise<string | undefined> {
  if (others.size === 0) return undefined;
  const known = await api.organizations();
  const counts = othersText({ others }, known);
  return `Customers here belong to another Polar organization than ${organizationText(organizationId, known)}, which this access covers: ${counts}. Nothing was compared or changed. If this deployment moved from one to the other, pass the one to compare with: --organization ${organizationId}`;
}

const fewest = 10;
const share = 0.02;

/** How many of so many living customers may be taken for deleted before a person has to name their number. */
export function mostDeletions(living: number): number {
  return Math.max(fewest, Math.floor(living * share));
}

type FindParts = Readonly<{
  api: Pick<PolarApi, 'customers' | 'customer'>;
  organizationId: string;
  living: () => AsyncIterable<readonly LivingCustomer[]>;
  /** Of which organization a customer is whose row does not say it; `undefined`: nobody knows. */
  organizationOf: (customerId: string) => Promise<string | undefined>;
  isStopped: () => boolean;
  progress: (text: string) => void;
}>;

type Found = Readonly<{
  /** Of this organization, and Polar does not have them any more. */
  gone: readonly string[];
  /** Those of `gone` whose rows do not say yet that they are of this organization. */
  unnamed: readonly string[];
  /** How many do not say themselves that they are of another organization, and are, by organization. */
  others: ReadonlyMap<string, number>;
  /** Why some could not be asked for, with their number. */
  refused: Readonly<Record<string, number>>;
}>;

/**
 * The living customers here that Polar does not have any more. Not being listed is no proof: Polar is asked for each,
 * after it has shown that it finds one that it listed. For a customer of another organization it would answer the same,
 * so that each whose row does not name one is looked up first. `undefined`: it was broken off. Throws a
 * `PolarApiError`.
 */
export async function findGone(parts: FindParts): Promise<Found | undefined> {
  const unlisted = await allUnlisted(parts);
  if (!unlisted) return undefined;
  const { ours, unnamed, others, unknown } = await sorted(parts, unlisted.customers);
  const refused: Record<string, number> =
    unknown.length > 0 ? { [whoseUnknown(unknown)]: unknown.length } : {};
  const nobody = { gone: [], unnamed: [], others };
  if (parts.isStopped()) return undefined;
  if (ours.length === 0) return { ...nobody, refused };
  const why = await whyNotAsked(parts, unlisted.listed);
  if (why !== undefined) return { ...nobody, refused: { ...refused, [why]: 1 } };
  const states = await askedFor(parts, ours);
  if (!states) return undefined;
  const unsure = ours.filter(({ customerId }) => states.get(customerId) === 'unknown').length;
  const gone = ours.map(({ customerId }) => customerId).filter((id) => states.get(id) === 'gone');
  return {
    gone,
    unnamed: gone.filter((id) => unnamed.has(id)),
    others,
    refused: { ...refused, ...(unsure > 0 && { [notAsked]: unsure }) },
  };
}

/** The living customers that may be of this organization, and that Polar does not list; `undefined`: broken off. */
async function allUnlisted(parts: FindParts) {
  const listed = await allListed(parts);
  const customers: LivingCustomer[] = [];
  for await (const page of parts.living()) {
    for (const customer of page.filter(isReal)) {
      const { customerId, organizationId = parts.organizationId } = customer;
      if (organizationId !== parts.organizationId) continue;
      if (!listed.has(customerId)) customers.push(customer);
    }
    // A long table that is in step must not keep Ctrl-C from being heard.
    await setImmediate();
    if (parts.isStopped()) return undefined;
  }
  return { listed, customers };
}

/** Whose these are, each by its row, or else by what Polar once told of it. */
async function sorted(parts: FindParts, customers: readonly LivingCustomer[]) {
  const ours: LivingCustomer[] = [];
  const unnamed = new Set<string>();
  const others = new Map<string, number>();
  const unknown: string[] = [];
  for (const customer of customers) {
    const { customerId } = customer;
    if (parts.isStopped()) break;
    const own = customer.organizationId ?? (await parts.organizationOf(customerId));
    if (own === undefined) unknown.push(customerId);
    else if (own !== parts.organizationId) others.set(own, (others.get(own) ?? 0) + 1);
    else {
      ours.push(customer);
      if (customer.organizationId === undefined) unnamed.add(customerId);
    }
  }
  return { ours, unnamed, others, unknown };
}

const listsNobody =
  'Polar lists no customers at all, so none were treated as deleted. Try again later.';
const findsNobody =
  "Polar can't find a customer it just listed, so none were treated as deleted. Try again later.";
const notAsked = "Polar doesn't list it, and can't say whether it has it. It was left as is.";
const mostNamed = 5;

function whoseUnknown(ids: readonly string[]): string {
  const more = ids.length > mostNamed ? ` and ${ids.length - mostNamed} more` : '';
  return `Polar doesn't list them, and their organization isn't known, so they were left as is: ${ids.slice(0, mostNamed).join(', ')}${more}. If one is yours and gone, erase it on the Audience page.`;
}

type ListedIds = Readonly<{ has: (id: string) => boolean; last: () => readonly string[] }>;

const kept = 3;

async function allListed(parts: FindParts): Promise<ListedIds> {
  const { api, organizationId, isStopped, progress } = parts;
  const ids = new Set<string>();
  let last: string[] = [];
  for await (const { items, totalCount } of api.customers()) {
    const own = items.filter((row) => organizationOf(row) === organizationId);
    for (const { id } of own) ids.add(id);
    last = [...last, ...own.map(({ id }) => id)].slice(-kept);
    progress(`${ids.size} of ${totalCount} customers listed`);
    if (isStopped()) break;
  }
  return { has: (id) => ids.has(id), last: () => last };
}

/** A wrong address, or a failure of Polar's, must not look as if all customers were deleted. */
async function whyNotAsked(parts: FindParts, listed: ListedIds): Promise<string | undefined> {
  const some = listed.last();
  if (some.length === 0) return listsNobody;
  for (const id of some) {
    if ((await stateInPolar(parts, id)) === 'there') return undefined;
  }
  return findsNobody;
}

/** So many calls at once are far from Polar's limit, and each obeys it where it is met all the same. */
const sideBySide = 4;

type State = 'there' | 'gone' | 'unknown';

/** What Polar says of each; `undefined`: it was broken off. */
export async function askedFor(
  parts: Pick<FindParts, 'organizationId' | 'isStopped' | 'progress'> &
    Readonly<{ api: Pick<PolarApi, 'customer'> }>,
  customers: readonly Readonly<{ customerId: string }>[],
): Promise<ReadonlyMap<string, State> | undefined> {
  const states = new Map<string, State>();
  let failure: { error: unknown } | undefined;
  const ask = async ({ customerId }: Readonly<{ customerId: string }>) => {
    if (failure || parts.isStopped()) return;
    try {
      states.set(customerId, await stateInPolar(parts, customerId));
      parts.progress(`${states.size} of ${customers.length} customers checked one by one`);
    } catch (error) {
      failure ??= { error };
    }
  };
  await inGroups(customers, ({ customerId }) => customerId, ask, sideBySide);
  if (failure) throw failure.error;
  return parts.isStopped() ? undefined : states;
}

const rowSchema = z.object({ organization_id: z.string(), deleted_at: z.string().nullish() });

function organizationOf(row: unknown): string | undefined {
  return rowSchema.safeParse(row).data?.organization_id;
}

async function stateInPolar(
  { api, organizationId }: Readonly<{ api: Pick<PolarApi, 'customer'>; organizationId: string }>,
  id: string,
): Promise<State> {
  try {
    const found = rowSchema.safeParse(await api.customer(id)).data;
    if (found?.organization_id !== organizationId) return 'unknown';
    return typeof found.deleted_at === 'string' ? 'gone' : 'there';
  } catch (error) {
    if (error instanceof PolarMissing) return 'gone';
    if (error instanceof PolarInvalid) return 'unknown';
    throw error;
  }
}
