import * as z from 'zod/mini';
import {
  type PolarSubscription,
  type SubscriptionFacts,
  subscriptionFactsSchema,
} from '#shared/polar/subscription-facts.ts';

const optionalText = z.optional(z.string());

const namedSchema = z.object({
  productId: z.string(),
  name: z.string(),
  version: z.string(),
  toldAt: optionalText,
});
type Named = z.infer<typeof namedSchema>;

/** The newest that is known of one subscription. */
const snapshotSchema = z.extend(subscriptionFactsSchema, {
  /** Told in this version. An order names a product by its id alone. */
  productName: optionalText,
  /** The newest product that was named in another version. */
  named: z.optional(namedSchema),
  /** It had ended once, and lives again. */
  hasEnded: z.optional(z.boolean()),
});
export type SubscriptionSnapshot = z.infer<typeof snapshotSchema>;

/** By the id of the subscription. */
export const subscriptionsSchema = z.record(z.string(), snapshotSchema);
export type Subscriptions = z.infer<typeof subscriptionsSchema>;

const living: readonly string[] = ['trialing', 'active', 'past_due', 'paused'];

export function isLiving({ status }: Pick<SubscriptionFacts, 'status'>): boolean {
  return living.includes(status);
}

/** The name of the present product, as far as Polar told it of this one. */
export function productNameOf({ productId, productName, named }: SubscriptionSnapshot) {
  return productName ?? (named && named.productId === productId ? named.name : undefined);
}

/** Where it isn't kept, Polar said no; unknown of a subscription that is kept for the guard alone. */
export function isSetToPause(snapshot: SubscriptionSnapshot): boolean | undefined {
  const { cancelAtPeriodEnd, pauseAtPeriodEnd } = snapshot;
  return pauseAtPeriodEnd ?? (cancelAtPeriodEnd === undefined ? undefined : false);
}

/** Never what every object has, such as `constructor`: an id is Polar's and not ours. */
export function snapshotOf(known: Subscriptions | undefined, id: string) {
  return known && Object.hasOwn(known, id) ? known[id] : undefined;
}

/** What one event tells, added to what is known. The result depends on the events, and not on their order. */
export function withSubscription(
  known: Subscriptions | undefined,
  { id, ...told }: PolarSubscription,
): Subscriptions {
  const before = snapshotOf(known, id);
  const all = { ...known, [id]: before ? merged(before, told) : told };
  return Object.keys(all).length > mostEnded ? bounded(all) : all;
}

function merged(a: SubscriptionSnapshot, b: SubscriptionSnapshot): SubscriptionSnapshot {
  const newest = isNewer(b, a, rankOf) ? b : a;
  const { hasEnded: _, named: __, ...facts } = newest;
  const told = toldName(newest);
  const named = [toldName(a), toldName(b), a.named, b.named].reduce(newerName, told);
  const createdAt = [a.createdAt, b.createdAt].filter((one) => one !== undefined).sort()[0];
  return {
    ...facts,
    ...(createdAt !== undefined && { createdAt }),
    ...(named && named !== told && { named }),
    ...(isLiving(newest) && (hadEnded(a) || hadEnded(b)) && { hasEnded: true }),
  };
}

function toldName({ productId, productName, version, toldAt }: SubscriptionSnapshot) {
  if (productId === undefined || productName === undefined) return undefined;
  return { productId, name: productName, version, ...(toldAt !== undefined && { toldAt }) };
}

function newerName(best: Named | undefined, one: Named | undefined): Named | undefined {
  if (!best || !one) return best ?? one;
  return isNewer(one, best, nameRank) ? one : best;
}

type Version = Pick<SubscriptionFacts, 'version' | 'toldAt'>;

/** Of equal versions the one that is greater by `rank` counts as newer. */
function isNewer<T extends Version>(a: T, b: T, rank: (one: T) => string): boolean {
  if (a.version !== b.version) return a.version > b.version;
  const [told, before] = [a.toldAt ?? '', b.toldAt ?? ''];
  return told === before ? rank(a) > rank(b) : told > before;
}

/** What decides whether an older event is still news. */
const stateFields = ['status', 'canceledAt', 'pastDueSince', 'endedAt', 'pausedAt'] as const;

const otherFields = [
  'createdAt',
  'productId',
  'amount',
  'currency',
  'interval',
  'periodEnd',
  'trialEnd',
  'endsAt',
  'cancelAtPeriodEnd',
  'pauseAtPeriodEnd',
  'pendingUpdate',
  'productName',
] as const;

/** The state comes first: of a subscription that is kept for the guard alone nothing else is known. */
const rankOf = (snapshot: SubscriptionSnapshot) =>
  JSON.stringify([...stateFields, ...otherFields].map((field) => snapshot[field] ?? null));

const nameRank = ({ productId, name }: Named) => `${productId}\n${name}`;

/** Of those that ended only the newest are kept whole, so that what a customer had long ago does not fill its row. */
const mostEnded = 50;
/** All together they must fit into the customer's row, whatever Polar says in them. */
const mostWhole = 150;
const mostKept = 400;

/**
 * The newest by creation, the rest in what the guard needs. What is counted only grows and never changes its place, so
 * the order of arrival does not decide on what is kept.
 */
function bounded(all: Subscriptions): Subscriptions {
  const newestFirst = Object.entries(all).sort(byCreation);
  const ended = newestFirst.filter(([, one]) => hadEnded(one)).map(([id]) => id);
  const former = new Set(ended.slice(mostEnded));
  return Object.fromEntries(
    newestFirst.slice(0, mostKept).map(([id, one], position) => {
      const isFormer = former.has(id);
      const isWhole = position < mostWhole && (isLiving(one) || !isFormer);
      if (!isWhole) return [id, guardedPart(one)];
      // Whether a name from another version was kept depends on when it came, so it does not count.
      const { named: _, ...rest } = one;
      return [id, isFormer ? rest : one];
    }),
  );
}

function byCreation(
  [a, { createdAt: aCreated = '' }]: [string, SubscriptionSnapshot],
  [b, { createdAt: bCreated = '' }]: [string, SubscriptionSnapshot],
): number {
  return (aCreated === bCreated ? a > b : aCreated > bCreated) ? -1 : 1;
}

const guardedSchema = z.pick(snapshotSchema, {
  ...{ version: true, toldAt: true, createdAt: true, hasEnded: true },
  ...{ status: true, canceledAt: true, pastDueSince: true, endedAt: true, pausedAt: true },
});

/** Most of what a long list has beyond the whole ones was brought to this before. */
function guardedPart(snapshot: SubscriptionSnapshot): SubscriptionSnapshot {
  const isGuarded = Object.keys(snapshot).every((name) => Object.hasOwn(guardedSchema.shape, name));
  return isGuarded ? snapshot : guardedSchema.parse(snapshot);
}

function hadEnded(snapshot: SubscriptionSnapshot): boolean {
  return snapshot.hasEnded === true || !isLiving(snapshot);
}

/** What the record of a subscription's event keeps beside its properties, so that the guard can look again. */
export const toldVersionSchema = z.object({
  version: z.string(),
  canceledAt: optionalText,
  pausedAt: optionalText,
});
type ToldVersion = z.infer<typeof toldVersionSchema>;

export function toldVersion({ version, canceledAt, pausedAt }: PolarSubscription): ToldVersion {
  return {
    version,
    ...(canceledAt !== undefined && { canceledAt }),
    ...(pausedAt !== undefined && { pausedAt }),
  };
}

/** What an event says of its subscription, as far as it is compared. */
type SubscriptionNews = Pick<PolarSubscription, 'id' | 'version'> & {
  readonly [field in (typeof stateFields)[number] | 'periodEnd' | 'productId']?: string | undefined;
};

/** What a condition on an event asks of the state. */
const stateAskedBy: ReadonlyMap<string, (typeof stateFields)[number]> = new Map([
  ['status', 'status'],
  ['subscriptionStatus', 'status'],
  ['pastDueSince', 'pastDueSince'],
  ['cancelAtPeriodEnd', 'canceledAt'],
  ['cancellationReason', 'canceledAt'],
  ['endedAt', 'endedAt'],
  ['endReason', 'endedAt'],
]);

/** What of an event is asked for: the conditions of a trigger. */
type Asked = readonly Readonly<{ property: string }>[];

/**
 * A renewal and a mere change are news while period and product last, whatever became of the state, unless it is the state
 * that is asked for: who waits for a change to past due waits for no recovery.
 */
function comparedFields(type: string, asked: Asked) {
  const isMere = type === 'subscription.cycled' || type === 'subscription.updated';
  if (!isMere) return stateFields;
  const ofState = asked.flatMap(({ property }) => stateAskedBy.get(property) ?? []);
  return ['periodEnd', 'productId', ...ofState] as const;
}

/**
 * Whether a newer and different state of the subscription is known. Siblings of one moment have one version, so none
 * of them is stale for another; the timestamp of an event never counts. An order is news of its own. `asked`: the
 * conditions of the workflow that it would start.
 */
export function isStale(
  type: string,
  news: SubscriptionNews | undefined,
  known: Subscriptions | undefined,
  asked: Asked = [],
): boolean {
  const newest = news && snapshotOf(known, news.id);
  if (!news || !newest || !isOfSubscription(type) || newest.version <= news.version) return false;
  return comparedFields(type, asked).some((field) => newest[field] !== news[field]);
}

/** Whether the event is one of a subscription itself. */
export function isOfSubscription(type: string): boolean {
  return type.startsWith('subscription.');
}

export const staleReason = 'The subscription has changed since, so this event is out of date.';
