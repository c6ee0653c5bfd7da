import { describe, expect, it } from 'vitest';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import {
  type Belongings,
  type Customer,
  contactOf,
  mergedBelongings,
} from '#shared/audience/person/person.ts';

const now = '2026-11-23T12:00:00.000Z';

function belongings(contactId: string, patch: Partial<Belongings> = {}): Belongings {
  const createdAt = '2026-06-01T00:00:00.000Z';
  return { contactId, createdAt, source: 'Polar webhook', consent: {}, ...patch };
}

describe('two contacts that become one', () => {
  it('have the id of the first, and remember every id that either ever had, once', () => {
    const kept = belongings('kept', { mergedIds: ['z', 'both'] });
    const other = belongings('other', { mergedIds: ['both', 'a'] });
    expect(mergedBelongings(kept, other)).toMatchObject({
      contactId: 'kept',
      mergedIds: ['a', 'both', 'other', 'z'],
    });
  });

  it.each([
    ['2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'],
    ['2026-02-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'],
  ])('are as old as the older: %s and %s', (first, second) => {
    const merged = mergedBelongings(
      belongings('kept', { createdAt: first }),
      belongings('other', { createdAt: second }),
    );
    expect(merged.createdAt).toBe('2026-01-01T00:00:00.000Z');
  });

  it('have what was set by hand on the first, and of the other what the first has not', () => {
    const kept = belongings('kept', { byHand: { firstName: 'Annie', lastName: null } });
    const other = belongings('other', {
      byHand: { firstName: 'Bob', lastName: 'Berg', externalId: 'by hand' },
    });
    expect(mergedBelongings(kept, other).byHand).toEqual({
      firstName: 'Annie',
      lastName: null,
      externalId: 'by hand',
    });
    expect(mergedBelongings(belongings('kept'), other).byHand).toEqual(other.byHand);
    expect(mergedBelongings(kept, belongings('other')).byHand).toEqual(kept.byHand);
    const bare = mergedBelongings(belongings('kept'), belongings('other'));
    expect(bare).not.toHaveProperty('byHand');
  });

  it('are subscribed by hand when either was', () => {
    const [early, late] = ['2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'].map((at) => ({
      subscribed: { at, by: 'an engineer' },
    }));
    const starts = { startsUnsubscribed: true };
    const consentOf = (kept: Belongings['consent'], other: Belongings['consent']) =>
      mergedBelongings(
        belongings('kept', { consent: kept }),
        belongings('other', { consent: other }),
      ).consent;
    expect(consentOf(starts, { ...early })).toEqual({ ...starts, ...early });
    expect(consentOf({ ...late }, { ...early })).toEqual(late);
    expect(consentOf({}, starts)).toEqual({});
  });

  it('are no two when there is only one', () => {
    const one = belongings('one', { byHand: { firstName: 'Annie' } });
    expect(mergedBelongings(one, undefined)).toEqual(one);
    expect(mergedBelongings(one, belongings('one', { mergedIds: ['x'] }))).toEqual(one);
  });
});

const customer: Customer = {
  customerId: 'c1',
  addresses: [normalisedEmail('ann@example.com')],
  email: { value: 'Ann@Example.com', version: 'v1' },
  name: { value: 'Ann van Dyke', version: 'v1' },
  externalId: { value: 'user 1', version: 'v1' },
  firstEvent: { occurredAt: '2026-11-01T00:00:00.000000Z', webhookId: 'evt', group: 'visitors' },
};

function shown(own: Partial<Belongings>, facts: Partial<Customer> = {}, isSuppressed = false) {
  return contactOf(
    { ...customer, ...facts },
    belongings('contact', own),
    undefined,
    isSuppressed,
    now,
  );
}

describe('what was set by hand', () => {
  it('wins over what Polar said, field by field', () => {
    const byHand = { firstName: 'Annie', externalId: 'by hand' };
    expect(shown({ byHand })).toMatchObject({
      firstName: 'Annie',
      lastName: 'van Dyke',
      externalId: 'by hand',
    });
  });

  it.each(['firstName', 'lastName', 'externalId'] as const)(
    'as null clears %s, and nothing else',
    (field) => {
      const { [field]: cleared, ...rest } = { ...shown({}) };
      expect(cleared).toEqual(expect.any(String));
      const byHand = { [field]: null };
      expect(shown({ byHand })).toEqual({ ...rest, byHand });
    },
  );

  it('as null clears the group as well', () => {
    const byHand = { userGroup: { value: null, at: '2026-11-02T00:00:00.000Z' } };
    expect(shown({})).toMatchObject({ userGroup: 'visitors' });
    expect(shown({ byHand })).not.toHaveProperty('userGroup');
  });

  // Our own times have three digits, Polar's six, and the two must be compared as times.
  it.each([
    ['2026-11-01T00:05:00.000Z', '2026-11-01T00:04:59.999999Z', 'friends'],
    ['2026-11-01T00:05:00.000Z', '2026-11-01T00:05:00.000000Z', 'friends'],
    ['2026-11-01T00:05:00.000Z', '2026-11-01T00:05:00.000001Z', 'buyers'],
    ['2026-11-01T00:05:00.001Z', '2026-11-01T00:05:00.000999Z', 'friends'],
    ['2026-11-01T00:05:00.000500Z', '2026-11-01T00:05:00.000499Z', 'friends'],
    ['2026-11-01T00:05:00.000500Z', '2026-11-01T00:05:00.000500Z', 'friends'],
    ['2026-11-01T00:05:00.000500Z', '2026-11-01T00:05:00.000501Z', 'buyers'],
  ])(
    'as group at %s, with an event at %s that always sets one, shows %s',
    (at, occurredAt, group) => {
      const byHand = { userGroup: { value: 'friends', at } };
      const alwaysGroup = { occurredAt, webhookId: 'evt-2', group: 'buyers' };
      expect(shown({ byHand }, { alwaysGroup })?.userGroup).toBe(group);
    },
  );
});

describe('the group for new contacts', () => {
  it.each([
    ['a contact that webhooks made', undefined, 'visitors'],
    ['one that a person added', { ...belongings('typed'), address: 'ann@example.com' }, undefined],
  ])('is shown on %s as it should', (_, layer, expected) => {
    const contact = contactOf(customer, belongings('contact'), layer, false, now);
    expect(contact?.userGroup).toBe(expected);
  });
});

describe('a contact', () => {
  const subscribed = { at: '2026-11-02T00:00:00.000Z', by: 'an engineer' };
  const refusal = { at: '2026-11-02T00:00:00.000Z', by: 'the person' };
  const moment = { occurredAt: '2026-11-03T00:00:00.000000Z', webhookId: 'evt-3' };

  it.each<[string, Belongings['consent'], Partial<Customer>, boolean, boolean]>([
    ['that nothing speaks against', {}, {}, false, true],
    ['that starts unsubscribed', { startsUnsubscribed: true }, {}, false, false],
    [
      'that starts so and was subscribed by hand',
      { startsUnsubscribed: true, subscribed },
      {},
      false,
      true,
    ],
    ['at a suppressed address', { subscribed }, {}, true, false],
    [
      'of a person who unsubscribed',
      { subscribed },
      { no: { unsubscribed: refusal } },
      false,
      false,
    ],
    ['of a person who complained', { subscribed }, { no: { complained: refusal } }, false, false],
    [
      'of a customer deleted under unsubscribe',
      { subscribed },
      { deletion: { ...moment, mode: 'unsubscribe' } },
      false,
      false,
    ],
    ['of one deleted under keep', {}, { deletion: { ...moment, mode: 'keep' } }, false, true],
  ])('is subscribed, or not, as it should: one %s', (_, consent, facts, isSuppressed, expected) => {
    expect(shown({ consent }, facts, isSuppressed)?.subscribed).toBe(expected);
  });

  it('is not there without an address, or when its customer is deleted under delete', () => {
    expect(shown({})).toMatchObject({ email: 'ann@example.com', address: 'Ann@Example.com' });
    expect(shown({}, { deletion: { ...moment, mode: 'delete' } })).toBeUndefined();
    const { email: _email, ...nowhere } = customer;
    expect(contactOf(nowhere, belongings('contact'), undefined, false, now)).toBeUndefined();
  });
});
