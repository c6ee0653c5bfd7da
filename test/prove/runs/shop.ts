import type { SupportedEventType } from '#shared/polar/event-types.ts';
import type { Person } from '#shared/polar/sample/sample-customer.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { subscriptionFacts } from '#shared/polar/sample/sample-purchase.ts';
import { instant, uuidOf } from '#shared/polar/sample/sample-values.ts';
import { type LifeEvent, lifeOf } from './lives.ts';
import type { Sub, Told } from './model.ts';

type SubscriptionEvent = Extract<SupportedEventType, `subscription.${string}`>;

type Life = {
  id: string;
  person: Person;
  createdAt: string;
  modifiedAt: string;
  status: string;
  trialEnd: number | undefined;
  isCancelled: boolean;
  canceledAt: string | undefined;
  pastDueAt: string | undefined;
  endedAt: string | undefined;
  pausedAt: string | undefined;
  periodEnd: number;
  productId: string;
};

type Means = Readonly<{
  now: () => Date;
  deliver: (webhookId: string, type: string, body: string) => void;
  /** Whether Polar sends the optional events, too. */
  sendsOptional: boolean;
}>;

const day = 86_400_000;

const otherProduct = uuidOf('another product');

/** How Polar shows a subscription. */
function wireOf({ id, status, createdAt, modifiedAt, ...life }: Life) {
  const at = (ms: number | undefined) => (ms === undefined ? null : instant(new Date(ms), 0));
  return {
    ...{ id, status, created_at: createdAt, modified_at: modifiedAt },
    ...{ trial_start: null, trial_end: at(life.trialEnd), ends_at: null },
    ...{ cancel_at_period_end: life.isCancelled, canceled_at: life.canceledAt ?? null },
    ...{ past_due_at: life.pastDueAt ?? null, ended_at: life.endedAt ?? null },
    ...{ paused_at: life.pausedAt ?? null, current_period_end: at(life.periodEnd) },
    product_id: life.productId,
  };
}

/** What the model is told of it. */
function subOf({ id, status, trialEnd, isCancelled, ...life }: Life, at: number | undefined): Sub {
  return {
    ...{ id, status, trialEnd, cancelAtPeriodEnd: isCancelled },
    ...{ modifiedAt: microseconds(life.modifiedAt) ?? 0, toldAt: at ?? 0 },
    canceledAt: microseconds(life.canceledAt),
    pastDueAt: microseconds(life.pastDueAt),
    endedAt: microseconds(life.endedAt),
    pausedAt: microseconds(life.pausedAt),
    ...{ periodEnd: life.periodEnd, productId: life.productId },
  };
}

function microseconds(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text) * 1_000 + Number(text.slice(-4, -1));
}

export type Shop = ReturnType<typeof shopOf>;

/** A shop whose customers subscribe, fail to pay, cancel and leave, and whose webhooks come in any order. */
export function shopOf(random: () => number, { now, deliver, sendsOptional }: Means) {
  const told = new Map<string, Told>();
  const lives: Life[] = [];
  const gone = new Set<string>();
  const held: [string, string, string][] = [];
  const delivered: [string, string, string][] = [];
  const ahead: LifeEvent[] = [];
  /** Who has moved to whose address. Each event since then says so. */
  const heirs = new Map<string, string>();
  const toldAt = new Map<string, number>();
  let serial = 0;
  const next = () => {
    serial += 1;
    return serial;
  };
  const people: Person[] = ['ann', 'bob', 'cat'].map((name) => ({
    customerId: uuidOf(name),
    ...{ email: `${name}@example.com`, name, externalId: null, isNew: true },
  }));
  const pick = <T>(all: readonly T[]): T | undefined => all[Math.floor(random() * all.length)];
  /** No two moments of a shop have the same microsecond. */
  const moment = () => instant(now(), next() % 1_000);

  function send(webhookId: string, type: string, payload: object) {
    const webhook: [string, string, string] = [webhookId, type, JSON.stringify(payload)];
    if (random() < 0.2) held.push(webhook);
    else deliverOne(webhook);
  }

  function deliverOne(webhook: [string, string, string]) {
    deliver(...webhook);
    delivered.push(webhook);
  }

  function tell(type: SubscriptionEvent, life: Life, modifiedAt: string) {
    const [webhookId, timestamp] = [`evt-${next()}`, moment()];
    life.modifiedAt = modifiedAt;
    toldAt.set(life.person.customerId, now().getTime());
    const payload = polarPayload(type, life.person, now());
    told.set(webhookId, {
      ...{ type, customerId: life.person.customerId, objectId: life.id, version: modifiedAt },
      ...{ occurredAt: Date.parse(timestamp), ...movedOf(life.person) },
      subscription: subOf(life, microseconds(timestamp)),
    });
    const data = { ...Object(payload['data']), ...wireOf(life) };
    send(webhookId, type, { ...payload, timestamp, data });
    // Of most changes Polar tells twice.
    if (sendsOptional && type !== 'subscription.updated' && random() < 0.4) {
      tell('subscription.updated', life, modifiedAt);
    }
  }

  /** An order of a subscription is given back, and shows how that is. */
  function refund(life: Life) {
    const [webhookId, timestamp] = [`evt-${next()}`, moment()];
    const orderId = uuidOf(`order ${next()}`);
    toldAt.set(life.person.customerId, now().getTime());
    const payload = polarPayload('order.refunded', life.person, now());
    told.set(webhookId, {
      ...{ type: 'order.refunded', customerId: life.person.customerId, objectId: orderId },
      ...{ version: timestamp, occurredAt: Date.parse(timestamp), ...movedOf(life.person) },
      subscription: subOf(life, 0),
    });
    const embedded = { ...subscriptionFacts(life.person, now()), ...wireOf(life) };
    const own = { id: orderId, modified_at: timestamp, subscription_id: life.id };
    const data = { ...Object(payload['data']), ...own, subscription: embedded };
    send(webhookId, 'order.refunded', { ...payload, timestamp, data });
  }

  function movedOf({ customerId }: Person): Pick<Told, 'takesOverFrom'> {
    const from = heirs.get(customerId);
    return from === undefined ? {} : { takesOverFrom: from };
  }

  function begin(person: Person) {
    const isTrial = random() < 0.5;
    const createdAt = moment();
    const life: Life = {
      ...{ id: uuidOf(`subscription ${next()}`), person, createdAt, isCancelled: false },
      ...{ modifiedAt: createdAt, periodEnd: now().getTime() + 30 * day },
      productId: subscriptionFacts(person, now()).product_id,
      status: isTrial ? 'trialing' : 'active',
      trialEnd: isTrial ? now().getTime() + Math.ceil(random() * 14) * day : undefined,
      ...{ canceledAt: undefined, pastDueAt: undefined, endedAt: undefined, pausedAt: undefined },
    };
    lives.push(life);
    tell('subscription.created', life, createdAt);
  }

  function change(life: Life) {
    if (sendsOptional && random() < 0.4) return changeOptional(life);
    const at = moment();
    const kind = random();
    if (life.status === 'trialing' && kind < 0.4) {
      const ahead = Math.ceil(random() * 14) * day;
      life.trialEnd = kind < 0.05 ? undefined : now().getTime() + ahead;
      return tell('subscription.uncanceled', life, at);
    }
    if (life.status === 'past_due' && kind < 0.5) {
      Object.assign(life, { status: 'active', pastDueAt: undefined });
      tell('subscription.active', life, at);
      if (kind > 0.2) return;
      // The card works once, and fails again.
      const again = moment();
      Object.assign(life, { status: 'past_due', pastDueAt: again });
      return tell('subscription.past_due', life, again);
    }
    if (life.status !== 'past_due' && kind < 0.65) {
      Object.assign(life, { status: 'past_due', pastDueAt: at });
      return tell('subscription.past_due', life, at);
    }
    if (kind < 0.85) {
      life.isCancelled = !life.isCancelled;
      life.canceledAt = life.isCancelled ? at : undefined;
      return tell(life.isCancelled ? 'subscription.canceled' : 'subscription.uncanceled', life, at);
    }
    Object.assign(life, { status: 'canceled', endedAt: at, canceledAt: life.canceledAt ?? at });
    return tell('subscription.revoked', life, at);
  }

  /** What the ten events do not tell of. */
  function changeOptional(life: Life) {
    const at = moment();
    const kind = random();
    if (life.status === 'paused' && kind < 0.6) {
      Object.assign(life, { status: 'active', pausedAt: undefined });
      return tell('subscription.resumed', life, at);
    }
    if (life.status === 'active' && kind < 0.3) {
      Object.assign(life, { status: 'paused', pausedAt: at });
      return tell('subscription.paused', life, at);
    }
    if (kind < 0.5) return refund(life);
    if (kind < 0.75) {
      life.periodEnd = now().getTime() + Math.ceil(random() * 30) * day;
      return tell('subscription.cycled', life, at);
    }
    life.productId = otherProduct;
    return tell('subscription.updated', life, at);
  }

  function leave(person: Person, erases = random() < 0.4) {
    gone.add(person.customerId);
    const webhookId = `evt-${next()}`;
    const { customerId } = person;
    told.set(webhookId, {
      ...{ type: 'customer.deleted', customerId, objectId: customerId, version: '', erases },
      occurredAt: now().getTime(),
    });
    const payload = polarPayload('customer.deleted', person, now());
    const anonymised = {
      ...{ email: `${'b5d4'.repeat(16)}@anonymized.polar.sh`, name: 'b5d4b5d4' },
      metadata: { __anonymized_at: now().toISOString() },
    };
    const data = { ...Object(payload['data']), ...(erases && anonymised) };
    send(webhookId, 'customer.deleted', { ...payload, data });
  }

  /** Somebody moves to the address of one who is deleted, and becomes the same person. */
  function takeOver(from: Person, person: Person) {
    heirs.set(person.customerId, from.customerId);
    Object.assign(person, { email: from.email, isNew: false });
    const webhookId = `evt-${next()}`;
    const { customerId } = person;
    told.set(webhookId, {
      ...{ type: 'customer.updated', customerId, objectId: customerId, version: '' },
      ...{ occurredAt: now().getTime(), takesOverFrom: from.customerId },
    });
    const payload = polarPayload('customer.updated', person, now());
    deliverOne([webhookId, 'customer.updated', JSON.stringify(payload)]);
  }

  return {
    people,
    told,
    delivered,
    /** Somebody lives one of the kept lives from now on. */
    beginLife() {
      const { person, events } = lifeOf(
        random,
        `life ${next()}`.replace(' ', '-'),
        now().getTime(),
      );
      people.push(person);
      gone.add(person.customerId);
      ahead.push(...events);
    },
    /** What Polar has told of those lives by now. */
    tellLives() {
      while (ahead[0] && ahead[0].at <= now().getTime()) {
        const [{ type, body, told: meant }] = ahead.splice(0, 1) as [LifeEvent];
        const webhookId = `evt-${next()}`;
        told.set(webhookId, meant);
        send(webhookId, type, JSON.parse(body));
      }
    },
    /** Two who are there: the first one leaves, and may be mailed. */
    oneLeaves(): { from: Person; person: Person } | undefined {
      const from = pick(people.filter(({ customerId }) => !gone.has(customerId)));
      if (!from || heirs.size > 0) return undefined;
      leave(from, false);
      const person = pick(people.filter(({ customerId }) => !gone.has(customerId)));
      return person && { from, person };
    },
    subscribe: begin,
    /** By what the audience knows. */
    mayTakeOver(
      { isDeleted, hasContact }: Record<'isDeleted' | 'hasContact', (id: string) => boolean>,
      from = people.find(({ customerId }) => isDeleted(customerId)),
      person = pick(people.filter(({ customerId }) => !gone.has(customerId))),
    ): boolean {
      const isLate = held.some(([, , body]) => from && body.includes(from.customerId));
      if (!from || !person || heirs.size > 0 || isLate) return false;
      if (!isDeleted(from.customerId) || !hasContact(person.customerId)) return false;
      // Of two addresses with one version nobody knows which is the newer one.
      if (toldAt.get(person.customerId) === now().getTime()) return false;
      takeOver(from, person);
      return true;
    },
    /** Something happens in Polar, and its webhook is sent, or is late. */
    act() {
      const late = random() < 0.4 ? held.shift() : undefined;
      if (late) deliverOne(late);
      const person = pick(people.filter(({ customerId }) => !gone.has(customerId)));
      if (!person) return;
      const living = lives.filter((one) => one.person === person && one.status !== 'canceled');
      const life = pick(living);
      const kind = random();
      if (kind < 0.02) leave(person);
      else if (!life || (living.length < 3 && kind < 0.2)) begin(person);
      else change(life);
    },
    /** The seller moves the end of a trial. */
    moveTrial(subscriptionId: string | undefined) {
      const life = lives.find(({ id, status }) => id === subscriptionId && status === 'trialing');
      if (!life) return;
      life.trialEnd = now().getTime() + Math.ceil(random() * 14) * day;
      tell('subscription.uncanceled', life, moment());
    },
    /** Somebody who is there cancels this subscription. */
    cancel(subscriptionId: string | undefined): Person | undefined {
      const life = lives.find(({ id, status }) => id === subscriptionId && status !== 'canceled');
      if (!life || gone.has(life.person.customerId)) return undefined;
      const at = moment();
      Object.assign(life, { isCancelled: true, canceledAt: at });
      tell('subscription.canceled', life, at);
      return life.person;
    },
    /** Polar delivers a webhook once more. */
    deliverAgain() {
      const webhook = pick(delivered);
      if (webhook) deliver(...webhook);
    },
    deliverRest() {
      for (const webhook of held.splice(0)) deliverOne(webhook);
    },
  };
}
