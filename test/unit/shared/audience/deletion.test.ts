import { describe, expect, it } from 'vitest';
import { applyEvent } from '#shared/audience/apply-event.ts';
import { continueErasure } from '#shared/audience/erasure.ts';
import type { ReceivedEvent } from '#shared/audience/event-record.ts';
import { settle } from '#shared/audience/rows/unit-of-work.ts';
import { audienceStory, settingsWith } from '#test/support/audience/audience-story.ts';

const ann = { email: 'ann@example.com', name: 'Ann Lee', externalId: 'user 1' };
const orderPaid: ReceivedEvent = {
  type: 'order.paid',
  webhookId: 'evt',
  occurredAt: '2026-11-01T00:04:00.000000Z',
  receivedAt: '2026-11-23T11:59:59.000Z',
  object: { id: 'o1', version: '2026-11-01T00:04:00.000000Z' },
  properties: { customerId: 'c1' },
  customer: { id: 'c1', version: '2026-11-01T00:01:00.000000Z', anonymised: false, ...ann },
};
const deleted = { ...ann, deletedAt: '2026-11-01T00:05:00.000000Z' };

describe.each([
  ['unsubscribe', { subscribed: false }],
  ['delete', undefined],
  ['keep', { subscribed: true }],
] as const)('customer.deleted in mode %s', (customerDeleted, expected) => {
  const settings = settingsWith({ customerDeleted });

  it('leaves the same contact whether it comes before or after the other events', async () => {
    const after = audienceStory(settings);
    await after.tell('customer.created', 'c1', { minute: 1, ...ann });
    await after.tell('customer.deleted', 'c1', { minute: 5, ...deleted });
    const before = audienceStory(settings);
    await before.tell('customer.deleted', 'c1', { minute: 5, ...deleted });
    expect(before.rows.contacts.size).toBe(0);
    await before.tell('customer.created', 'c1', { minute: 1, ...ann });
    for (const story of [after, before]) {
      const contact = story.contact('ann@example.com');
      if (expected) expect(contact).toMatchObject({ ...expected, firstName: 'Ann' });
      else expect(contact).toBeUndefined();
    }
  });

  it('is final: what comes later with the deleted customer changes nothing', async () => {
    const story = audienceStory(settings);
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    await story.tell('customer.deleted', 'c1', { minute: 5, ...deleted });
    const before = structuredClone(story.rows);
    const record = await story.tell('subscription.revoked', 'c1', {
      minute: 6,
      ...deleted,
      name: 'X',
    });
    expect(record).toMatchObject({
      outcome: 'skipped',
      reason: expect.stringContaining('deleted'),
    });
    expect(story.rows).toEqual(before);
  });

  it('makes no contact by itself', async () => {
    const story = audienceStory(settings);
    const record = await story.tell('customer.deleted', 'c1', { minute: 5, ...deleted });
    expect(record.outcome).toBe('skipped');
    expect(story.customer('c1')).toMatchObject({ deletedAt: deleted.deletedAt });
    expect(story.rows.contacts.size).toBe(0);
  });

  it('with anonymisation erases the customer, unless contacts are kept', async () => {
    const story = audienceStory(settings);
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    await story.tell('customer.updated', 'c1', { minute: 2, ...ann, email: 'ann@new.example' });
    const record = await story.tell('customer.deleted', 'c1', {
      minute: 5,
      name: 'f00',
      deletedAt: deleted.deletedAt,
      anonymised: true,
    });
    if (customerDeleted === 'keep') {
      expect(record.erases).toBeUndefined();
      expect(story.contact('ann@new.example')).toMatchObject({
        firstName: 'Ann',
        subscribed: true,
      });
      return;
    }
    expect(record).toMatchObject({ outcome: 'applied', erases: true, erased: true, changes: [] });
    expect(story.rows.contacts.size).toBe(0);
    expect(story.rows.addresses.size).toBe(0);
    expect(Object.keys(story.customer('c1') ?? {}).sort()).toEqual(
      ['addresses', 'customerId', 'deletedAt', 'deletion', 'erased'].sort(),
    );
    expect(story.customer('c1')?.addresses).toEqual([]);
  });
});

describe('an erased customer', () => {
  it('leaves neither payload nor address in the records of events that come later', async () => {
    const story = audienceStory();
    await story.tell('customer.deleted', 'c1', { minute: 5, deletedAt: 'x', anonymised: true });
    const record = await story.tell('order.paid', 'c1', { minute: 1, ...ann });
    expect(record).toMatchObject({ outcome: 'skipped', erased: true, changes: [] });
    expect(JSON.stringify(record)).not.toContain('ann@example.com');
    expect(story.records.get(record.webhookId)?.payload).toBeUndefined();
    expect(story.rows.contacts.size).toBe(0);
  });

  it('takes no consent: the next customer with that address is subscribed', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    await story.tell('customer.deleted', 'c1', { minute: 5, deletedAt: 'x', anonymised: true });
    await story.tell('customer.created', 'c2', { minute: 6, ...ann });
    expect(story.contact('ann@example.com')).toMatchObject({ customerId: 'c2', subscribed: true });
  });

  it('with more addresses than fit into one write is erased step by step', async () => {
    const story = audienceStory();
    for (let minute = 1; minute <= 10; minute++) {
      await story.tell('customer.updated', 'c1', { minute, email: `ann${minute}@example.com` });
    }
    expect(story.rows.addresses.size).toBe(10);
    await story.tell('customer.deleted', 'c1', { minute: 50, deletedAt: 'x', anonymised: true });
    expect(story.rows.contacts.size).toBe(0);
    expect(story.customer('c1')?.addresses).toHaveLength(7);
    const left: number[] = [];
    for (let hasMore = true; hasMore; ) {
      hasMore = await settle(
        story.store,
        (w) => continueErasure(w, 'c1', story.surroundings),
        () => Promise.resolve(),
      );
      left.push(story.rows.addresses.size);
    }
    expect(left).toEqual([4, 1, 0, 0]);
    expect(story.customer('c1')).toMatchObject({ erased: true, addresses: [] });
  });

  it('leaves an address alone that another customer has or had as well', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    await story.tell('customer.created', 'c2', { minute: 2, email: 'ann@example.com', name: 'Bo' });
    await story.tell('customer.deleted', 'c1', { minute: 5, deletedAt: 'x', anonymised: true });
    expect(story.contact('ann@example.com')).toMatchObject({ customerId: 'c2', firstName: 'Bo' });
    const claims = story.rows.addresses.get('ann@example.com')?.row.claims ?? {};
    expect(Object.keys(claims)).toEqual(['c2']);
  });

  it('is not known by its external id in records that come later', async () => {
    const story = audienceStory();
    const told = {
      properties: {
        customerId: 'c1',
        externalId: 'user 1',
        country: 'SE',
        locale: 'sv',
        amount: 100,
      },
    };
    const means = { ...story, workflows: [], pause: () => Promise.resolve() };
    const apply = async (event: Partial<ReceivedEvent>) =>
      (await applyEvent({ ...orderPaid, ...told, ...event }, '{}', means)).record;
    const before = await apply({ webhookId: 'before' });
    expect(before.properties).toEqual(told.properties);
    await story.tell('customer.deleted', 'c1', { minute: 5, deletedAt: 'x', anonymised: true });
    const after = await apply({ webhookId: 'after' });
    expect(after).toMatchObject({ outcome: 'skipped', erased: true });
    expect(after.properties).toEqual({ customerId: 'c1', amount: 100 });
  });
});

describe('a deleted customer', () => {
  it('with nothing else keeps its contact when customer.deleted is switched off', async () => {
    const story = audienceStory(settingsWith({}, { 'customer.deleted': { enabled: false } }));
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    const record = await story.tell('customer.deleted', 'c1', {
      minute: 5,
      deletedAt: 'x',
      anonymised: true,
    });
    expect(record.outcome).toBe('skipped');
    expect(story.contact('ann@example.com')).toMatchObject({ subscribed: true, firstName: 'Ann' });
  });

  it('brings no state of a subscription with an event that is switched off', async () => {
    const settings = settingsWith({}, { 'order.paid': { enabled: false } });
    const story = audienceStory(settings);
    const subscription = {
      ...{ id: 's1', version: '2026-11-01T00:04:00.000000Z', status: 'active' },
      ...{ createdAt: '2026-11-01T00:04:00.000000Z', toldAt: '2026-11-01T00:04:00.000000Z' },
    };
    const tell = (webhookId: string, deletedAt?: string) => {
      const customer = { ...orderPaid.customer, ...(deletedAt && { deletedAt }) };
      const event = { ...orderPaid, webhookId, customer, subscription };
      const { store, surroundings } = story;
      return applyEvent(event, '{}', { store, surroundings, workflows: [], pause: async () => {} });
    };
    await tell('first', deleted.deletedAt);
    expect(story.customer('c1')).toBeUndefined();
    await tell('second');
    expect(story.customer('c1')?.subscriptions).toHaveProperty('s1');
  });

  it('passes the history of its consent on with its contact', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    await story.act('unsubscribe', ann.email, 2);
    await story.act('subscribe', ann.email, 3);
    await story.tell('customer.deleted', 'c1', { minute: 5, ...deleted });
    await story.tell('customer.created', 'c2', { minute: 6, ...ann });
    expect(story.contact(ann.email)?.consent.history).toMatchObject([
      { act: 'unsubscribed' },
      { act: 'subscribed' },
    ]);
  });

  it('passes its contact on to the living customer who claims the address, subscribed again', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    const contactId = story.contact('ann@example.com')?.contactId;
    await story.tell('customer.deleted', 'c1', { minute: 5, ...deleted });
    await story.tell('customer.created', 'c2', {
      minute: 6,
      email: 'Ann@Example.com',
      name: 'Ann Berg',
    });
    expect(story.contact('ann@example.com')).toMatchObject({
      contactId,
      customerId: 'c2',
      lastName: 'Berg',
      subscribed: true,
    });
    expect(story.contact('ann@example.com')?.externalId).toBeUndefined();
    expect(story.customer('c1')?.contact).toBeUndefined();
  });

  it('never shows before a living one with an older claim', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    await story.tell('customer.created', 'c2', {
      minute: 6,
      email: 'ann@example.com',
      name: 'Bob',
    });
    await story.tell('customer.deleted', 'c2', {
      minute: 9,
      email: 'ann@example.com',
      deletedAt: 'x',
    });
    expect(story.contact('ann@example.com')).toMatchObject({ customerId: 'c1', subscribed: true });
  });
});

describe('a second customer.deleted under another mode', () => {
  const modes = ['unsubscribe', 'delete', 'keep'] as const;
  const pairs = modes.flatMap((first) =>
    modes.filter((other) => other !== first).map((then) => [first, then] as const),
  );

  it.each(pairs.flatMap(([first, then]) => [2, 9].map((minute) => [first, then, minute] as const)))(
    'leaves the first mode as it was: %s, then %s at minute %s',
    async (first, then, minute) => {
      const story = audienceStory(settingsWith({ customerDeleted: first }));
      await story.tell('customer.created', 'c1', { minute: 1, ...ann });
      await story.tell('customer.deleted', 'c1', { minute: 5, ...ann, deletedAt: 'x' });
      const shown = story.contact('ann@example.com');
      story.surroundings.settings = settingsWith({ customerDeleted: then });
      const record = await story.tell('customer.deleted', 'c1', { minute, ...ann, deletedAt: 'x' });
      expect(record).toMatchObject({ outcome: 'unchanged', changes: [] });
      expect(story.customer('c1')?.deletion?.mode).toBe(first);
      expect(story.contact('ann@example.com')).toEqual(shown);
    },
  );

  it('and with anonymisation erases nothing that the first one keeps', async () => {
    const story = audienceStory(settingsWith({ customerDeleted: 'keep' }));
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    await story.tell('customer.deleted', 'c1', { minute: 5, ...ann, deletedAt: 'x' });
    story.surroundings.settings = settingsWith({ customerDeleted: 'delete' });
    const again = { minute: 9, deletedAt: 'x', anonymised: true };
    const record = await story.tell('customer.deleted', 'c1', again);
    expect(record.erases).toBeUndefined();
    expect(story.contact('ann@example.com')).toMatchObject({ firstName: 'Ann', subscribed: true });
  });
});
