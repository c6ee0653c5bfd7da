import { northlight, polarState } from '#infra/local/polar-server/polar-state.ts';
import { catalogue } from '#infra/local/polar-server/shop/catalogue.ts';
import { polarShop, type Shop } from '#infra/local/polar-server/shop/shop.ts';
import type { Happening } from '#infra/local/polar-server/shop/story.ts';

const dayMs = 86_400_000;

type Sequence = 'dunning' | 'trial-ending' | 'renewal-reminder' | 'onboarding' | 'win-back';

export type LifeName = Sequence | 'past-due-exhausted';

type Who = Readonly<{ email: string; name: string }>;
type Verb = (shop: Shop, subscriptionId: string) => void;

/** A day of a life, and what happens on it, in words and at Polar. Of a day that is only waited for, neither. */
type Day = readonly [day: number, does?: string, verb?: Verb];

/** What somebody lives through. */
export type Life = Readonly<{
  does: string;
  /** The ready-made sequence that follows it. */
  sequence: Sequence;
  product: string;
  /** How many days before the first one they had subscribed. */
  subscribedDaysBefore: number;
  days: readonly Day[];
}>;

export const lives: Readonly<Record<LifeName, Life>> = {
  dunning: {
    does: 'a renewal payment fails, and a new card works on day 15',
    sequence: 'dunning',
    product: 'Studio Monthly',
    subscribedDaysBefore: 30,
    days: [
      [0, 'the renewal payment fails', (shop, id) => shop.failPayment(id)],
      [15, 'a new card works', (shop, id) => shop.recoverPayment(id)],
      [21],
    ],
  },
  'past-due-exhausted': {
    does: 'a renewal payment fails, all retries fail, and the subscription ends',
    sequence: 'dunning',
    product: 'Studio Monthly',
    subscribedDaysBefore: 30,
    days: [
      [0, 'the renewal payment fails', (shop, id) => shop.failPayment(id)],
      [
        22,
        'the last retry fails, and the subscription ends',
        (shop, id) => shop.exhaustRetries(id),
      ],
      [23],
    ],
  },
  'trial-ending': {
    does: 'a two-week trial starts, and is paid for at its end',
    sequence: 'trial-ending',
    product: 'Atelier',
    subscribedDaysBefore: 0,
    days: [
      [0, 'a trial starts'],
      [14, 'the trial ends, and the subscription is paid for', (shop, id) => shop.renew(id)],
    ],
  },
  'renewal-reminder': {
    does: 'a yearly subscription starts, and renews',
    sequence: 'renewal-reminder',
    product: 'Studio Yearly',
    subscribedDaysBefore: 0,
    days: [
      [0, 'a subscription starts'],
      [365, 'the subscription renews', (shop, id) => shop.renew(id)],
    ],
  },
  onboarding: {
    does: 'someone subscribes, and stays',
    sequence: 'onboarding',
    product: 'Studio Monthly',
    subscribedDaysBefore: 0,
    days: [[0, 'a subscription starts'], [6]],
  },
  'win-back': {
    does: 'a subscription ends, and the customer stays away',
    sequence: 'win-back',
    product: 'Studio Monthly',
    subscribedDaysBefore: 30,
    days: [[0, 'the subscription ends immediately', (shop, id) => shop.endNow(id)], [31]],
  },
};

export function isLifeName(name: string): name is LifeName {
  return name in lives;
}

/** What Polar tells on a day of a life. */
export type ToldDay = Readonly<{ day: number; does: string; events: readonly Happening[] }>;

type ToldLife = Readonly<{ customerId: string; days: Iterable<ToldDay> }>;

/**
 * A life as Polar tells it. Each day is told when it is asked for, in times of that moment; what was before the first day
 * comes with it, in times of then.
 */
export function toldLife(life: Life, who: Who, now: () => Date): ToldLife {
  const events: Happening[] = [];
  let backMs = life.subscribedDaysBefore * dayMs;
  const state = polarState([northlight], () => new Date(now().getTime() - backMs));
  const shop = polarShop(state, (_, happening) => events.push(happening));
  const product = catalogue.find(({ name }) => name === life.product);
  if (!product) throw new Error(`There is no product ${life.product}.`);
  const customerId = shop.signUp(northlight.id, who, product.id);
  const [{ id = '' } = {}] = shop.subscriptionsOf(customerId);
  backMs = 0;
  function* days() {
    for (const [day, does = '', verb] of life.days) {
      verb?.(shop, id);
      yield { day, does, events: events.splice(0) };
    }
  }
  return { customerId, days: days() };
}
