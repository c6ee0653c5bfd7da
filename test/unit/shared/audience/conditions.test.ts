import { describe, expect, it } from 'vitest';
import {
  type Condition,
  conditionPropertySchema,
  conditionText,
  type Facts,
  holds,
  scopedProperty,
} from '#shared/audience/conditions.ts';
import { factsOf } from '#shared/audience/person/facts.ts';
import { approvedMail } from '#test/support/audience/approved-mail.ts';

const version = '2026-11-23T11:58:00.000000Z';
const { contact } = approvedMail();
const event = { status: 'past_due', subscriptionId: 's1', amount: 1900 };
const customer = {
  subscriptions: {
    s1: { version, status: 'active', cancelAtPeriodEnd: false, amount: 2500 },
    s2: { version, status: 'canceled' },
  },
};
const pausing = {
  subscriptions: {
    ...customer.subscriptions,
    s3: { version, status: 'active', cancelAtPeriodEnd: false, pauseAtPeriodEnd: true },
  },
};
const facts = factsOf(event, customer, contact && { ...contact, userGroup: 'beta' });
const nothing: Facts = { event: {} };

describe('a condition', () => {
  it.each<[Condition, boolean]>([
    [{ property: 'status', operator: 'is', value: 'past_due' }, true],
    [{ property: 'amount', operator: 'is', value: '1900' }, true],
    [{ property: 'status', operator: 'is-one-of', values: ['paused', 'past_due'] }, true],
    [{ property: 'status', operator: 'is-one-of', values: ['paused'] }, false],
    [{ property: 'subscription.status', operator: 'is', value: 'active' }, true],
    [{ property: 'subscription.status', operator: 'is-not', value: 'past_due' }, true],
    [{ property: 'subscription.amount', operator: 'is', value: '2500' }, true],
    [{ property: 'subscription.cancelAtPeriodEnd', operator: 'is', value: 'false' }, true],
    [{ property: 'subscription.pauseAtPeriodEnd', operator: 'is', value: 'false' }, true],
    [{ property: 'subscription.pauseAtPeriodEnd', operator: 'is-not', value: 'true' }, true],
    [{ property: 'subscription.endsAt', operator: 'is-set' }, false],
    [{ property: 'customer.hasLivingSubscription', operator: 'is', value: 'true' }, true],
    [{ property: 'contact.userGroup', operator: 'is-one-of', values: ['beta', 'vip'] }, true],
    [{ property: 'contact.subscribed', operator: 'is', value: 'true' }, true],
    [{ property: 'contact.userGroup', operator: 'is-not', value: 'beta' }, false],
  ])('compares its fact as text: %j', (condition, expected) => {
    expect(holds(condition, facts)).toBe(expected);
  });

  const missing = ['subscription.status', 'customer.hasLivingSubscription', 'contact.userGroup'];

  it.each(missing.map((property) => conditionPropertySchema.parse(property)))(
    'on %s that is missing does not hold, unless it asks for just that',
    (property) => {
      const asked = (operator: Condition['operator']) =>
        holds({ property, operator, value: 'x', values: ['x'] }, nothing);
      expect(asked('is')).toBe(false);
      expect(asked('is-not')).toBe(false);
      expect(asked('is-one-of')).toBe(false);
      expect(asked('is-set')).toBe(false);
      expect(asked('is-not-set')).toBe(true);
    },
  );

  it('on a booked pause goes by what is known of the subscription', () => {
    const isBooked = (operator: 'is' | 'is-not', value: string, of: string) => {
      const property = 'subscription.pauseAtPeriodEnd';
      const about = factsOf({ subscriptionId: of }, pausing, undefined);
      return holds({ property, operator, value }, about);
    };
    expect(isBooked('is', 'true', 's3')).toBe(true);
    expect(isBooked('is', 'false', 's2')).toBe(false);
    expect(isBooked('is-not', 'true', 's2')).toBe(false);
  });

  it('on what the event lacks holds where it asks for something else', () => {
    expect(holds({ property: 'status', operator: 'is-not', value: 'x' }, nothing)).toBe(true);
  });

  it('reads as it is written', () => {
    const values = ['trialing', 'active'];
    expect(conditionText({ property: 'status', operator: 'is-one-of', values })).toBe(
      'status is one of trialing, active',
    );
    expect(conditionText({ property: 'contact.userGroup', operator: 'is-not-set' })).toBe(
      'contact.userGroup is not set',
    );
  });
});

describe('the facts', () => {
  it('are those of the subscription that the event names', () => {
    const of = (subscriptionId?: string) => factsOf({ subscriptionId }, customer, contact);
    expect(of('s2').subscription?.status).toBe('canceled');
    expect(of('s3').subscription).toBeUndefined();
    expect(of('constructor').subscription).toBeUndefined();
    expect(of().subscription).toBeUndefined();
  });

  it('say whether any subscription lives', () => {
    const { s2 } = customer.subscriptions;
    const of = (subscriptions: object) => factsOf({}, { ...subscriptions }, contact).customer;
    expect(of({ subscriptions: { s2 } })).toMatchObject({ hasLivingSubscription: false });
    expect(of({})).toMatchObject({ hasLivingSubscription: false });
    expect(of(customer)).toMatchObject({ hasLivingSubscription: true });
    expect(factsOf({}, undefined, contact).customer).toBeUndefined();
  });

  it('say whether a customer was known without an external id', () => {
    const of = (known: object) => factsOf({}, known, contact).customer?.hadNoExternalId;
    expect(of({ hadNoExternalId: true })).toBe(true);
    expect(of({})).toBe(false);
  });

  it.each(conditionPropertySchema.options)('are told by their names: %s', (property) => {
    const { scope, name } = scopedProperty(property);
    expect(scope === 'event' ? name : `${scope}.${name}`).toBe(property);
  });
});
