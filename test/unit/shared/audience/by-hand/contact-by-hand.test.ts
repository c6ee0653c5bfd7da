import { describe, expect, it } from 'vitest';
import { applyEvent } from '#shared/audience/apply-event.ts';
import { eraseLayer } from '#shared/audience/erasure.ts';
import type { ReceivedEvent } from '#shared/audience/event-record.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import { settle } from '#shared/audience/rows/unit-of-work.ts';
import type { Workspace } from '#shared/audience/rows/workspace.ts';
import { audienceStory, minuteOf, settingsWith } from '#test/support/audience/audience-story.ts';

const ann = { email: 'Ann@Example.com', name: 'Ann  van Dyke', externalId: 'user 1' };

describe('a contact added by hand', () => {
  const typed = { firstName: 'Annie', externalId: 'by hand', userGroup: 'friends' };
  const buyers = settingsWith(
    { newContacts: 'unsubscribed' },
    { 'customer.created': { userGroup: 'buyers' } },
  );

  /** A stranger comes to the address that a person typed, and moves on. */
  async function visited(order: 'in order' | 'last first' | 'hears of nothing else') {
    const story = audienceStory(buyers);
    await story.add({ email: 'ann@example.com', ...typed }, 1);
    const added = story.contact('ann@example.com');
    await story.act('subscribe', 'ann@example.com', 2);
    const before = story.contact('ann@example.com');
    const comes = () =>
      story.tell('customer.created', 'stranger', { minute: 3, ...ann, name: 'Mallory Marsh' });
    const goes = () =>
      story.tell('customer.updated', 'stranger', { minute: 4, email: 'mallory@example.net' });
    if (order === 'last first') await goes();
    await comes();
    const during = story.contact('ann@example.com');
    if (order === 'in order') await goes();
    return { story, added, before, during };
  }

  it('is what the first event of a customer at its address is compared with', async () => {
    const story = audienceStory(buyers);
    await story.add({ email: 'ann@example.com', ...typed }, 1);
    const record = await story.tell('customer.created', 'c1', { minute: 2, ...ann });
    expect(record.changes.map(({ field }) => field)).toEqual(['lastName', 'customerId']);
  });

  it('is shown over the facts of the customer who has its address', async () => {
    const { story, added, during } = await visited('hears of nothing else');
    expect(during).toMatchObject({
      customerId: 'stranger',
      contactId: story.customer('stranger')?.contact?.contactId,
      mergedIds: [added?.contactId],
      createdAt: minuteOf(1),
      source: 'Added by hand',
      firstName: 'Annie',
      lastName: 'Marsh',
      externalId: 'by hand',
      userGroup: 'friends',
      subscribed: true,
    });
    expect(story.customer('stranger')?.contact).not.toHaveProperty('byHand');
  });

  it.each(['in order', 'last first'] as const)(
    'stays where it was typed when its customer moves on, who takes nothing along (%s)',
    async (order) => {
      const { story, before } = await visited(order);
      const { updatedAt, ...left } = story.contact('ann@example.com') ?? {};
      expect(left).toEqual({ ...before, updatedAt: undefined });
      expect(story.contact('mallory@example.net')).toMatchObject({
        customerId: 'stranger',
        firstName: 'Mallory',
        lastName: 'Marsh',
        externalId: 'user 1',
        userGroup: 'buyers',
        source: 'Polar webhook',
        subscribed: false,
      });
      for (const field of ['byHand', 'mergedIds']) {
        expect(story.contact('mallory@example.net')).not.toHaveProperty(field);
      }
      const ids = [...story.rows.contacts.values()].map(({ row }) => row.contactId);
      expect(new Set(ids).size).toBe(2);
    },
  );

  it('stays when its customer is erased', async () => {
    const { story } = await visited('hears of nothing else');
    await story.tell('customer.deleted', 'stranger', {
      minute: 5,
      deletedAt: minuteOf(5),
      anonymised: true,
    });
    const left = story.contact('ann@example.com');
    expect(left).toMatchObject({ firstName: 'Annie', source: 'Added by hand' });
    expect([left?.customerId, left?.lastName]).toEqual([undefined, undefined]);
  });

  it('keeps what a person decides while a customer has the address with that customer', async () => {
    const { story } = await visited('hears of nothing else');
    await story.act('unsubscribe', 'ann@example.com', 5);
    await story.tell('customer.updated', 'stranger', { minute: 6, email: 'mallory@example.net' });
    expect(story.contact('mallory@example.net')?.subscribed).toBe(false);
    expect(story.customer('stranger')?.no?.unsubscribed?.at).toBe(minuteOf(5));
    // It was said at this address, too.
    expect(story.contact('ann@example.com')?.subscribed).toBe(false);
  });

  it('is erased by the person who asks for it, whoever has the address', async () => {
    const { story } = await visited('hears of nothing else');
    const erasure = { at: minuteOf(9), by: 'an engineer', contactIds: [] };
    const email = normalisedEmail('ann@example.com');
    const erase = (w: Workspace) => eraseLayer(w, email, erasure, story.surroundings);
    await settle(story.store, erase, () => Promise.resolve());
    expect(story.contact('ann@example.com')).toMatchObject({ firstName: 'Mallory' });
    expect(story.contact('ann@example.com')).not.toHaveProperty('byHand');
    await story.tell('customer.updated', 'stranger', { minute: 10, email: 'mallory@example.net' });
    expect(story.contact('ann@example.com')).toBeUndefined();
  });
});

describe('a contact that version 0.1.0 gave to the customer who came to its address', () => {
  const inRows = {
    contactId: 'its-own',
    createdAt: '2026-01-01T00:00:00.000Z',
    byHand: { firstName: 'Annie', externalId: 'by hand' },
    consent: { history: [{ act: 'added' as const, at: '2026-01-01T00:00:00.000Z', by: 'me' }] },
  };

  /** The row of the customer as 0.1.0 wrote it. */
  async function story(source: string) {
    const told = audienceStory();
    await told.tell('customer.created', 'c1', { minute: 1, ...ann });
    const known = told.rows.customers.get('c1');
    if (known) Object.assign(known.row, { contact: { ...inRows, source } });
    return told;
  }

  it('goes back to the address, and its customer takes its own id along', async () => {
    const told = await story('Added by hand');
    await told.tell('customer.updated', 'c1', { minute: 2, email: 'ann@new.example' });
    expect(told.contact('ann@new.example')).toMatchObject({
      contactId: 'its-own',
      source: 'Polar webhook',
      firstName: 'Ann',
      externalId: 'user 1',
    });
    const left = told.contact('ann@example.com');
    expect(left).toMatchObject({
      source: 'Added by hand',
      firstName: 'Annie',
      ...{ byHand: inRows.byHand },
    });
    expect(left?.contactId).not.toBe('its-own');
    expect(left).not.toHaveProperty('customerId');
  });

  it('takes along what a person decided since, and leaves that it was added', async () => {
    const told = await story('Added by hand');
    await told.act('unsubscribe', 'ann@example.com', 2);
    await told.tell('customer.updated', 'c1', { minute: 3, email: 'ann@new.example' });
    const acts = (email: string) =>
      told.contact(email)?.consent.history?.map(({ act }) => act) ?? [];
    expect(acts('ann@new.example')).toEqual(['unsubscribed']);
    expect(acts('ann@example.com')).toEqual(['added']);
  });

  it('shows the same as long as its customer stays', async () => {
    const told = await story('Added by hand');
    await told.tell('customer.updated', 'c1', { minute: 2, ...ann, name: 'Ann Lee' });
    expect(told.contact('ann@example.com')).toMatchObject({
      contactId: 'its-own',
      customerId: 'c1',
      source: 'Added by hand',
      firstName: 'Annie',
      lastName: 'Lee',
      externalId: 'by hand',
    });
  });

  it('stays that of the customer where webhooks made the contact', async () => {
    const told = await story('Polar webhook');
    await told.tell('customer.updated', 'c1', { minute: 2, email: 'ann@new.example' });
    expect(told.contact('ann@new.example')).toMatchObject({
      contactId: 'its-own',
      firstName: 'Annie',
      externalId: 'by hand',
    });
    expect(told.contact('ann@example.com')).toBeUndefined();
  });
});

describe.each([
  [
    'unsubscribe',
    { mergedIds: ['by-hand'], customerId: 'c1', firstName: 'Annie', subscribed: false },
  ],
  ['delete', undefined],
  ['keep', { mergedIds: ['by-hand'], customerId: 'c1', firstName: 'Annie', subscribed: true }],
] as const)('a contact added by hand at the address of a deleted customer (%s)', (mode, taken) => {
  const settings = settingsWith({ customerDeleted: mode });
  const byHand = { contactId: 'by-hand', byHand: { firstName: 'Annie' }, firstName: 'Annie' };
  const facts = { minute: 1, ...ann };
  const deletion = { minute: 3, ...ann, deletedAt: 'x' };

  it('before the deletion is its contact, whichever of deletion and facts came first', async () => {
    const added = { ...byHand, email: 'ann@example.com', createdAt: '2026-11-01T00:02:59.999Z' };
    const inOrder = audienceStory(settings);
    await inOrder.addByHand(added);
    await inOrder.tell('customer.created', 'c1', facts);
    await inOrder.tell('customer.deleted', 'c1', deletion);
    const reversed = audienceStory(settings);
    await reversed.addByHand(added);
    await reversed.tell('customer.deleted', 'c1', deletion);
    expect(reversed.contact('ann@example.com')).toMatchObject({ subscribed: true });
    await reversed.tell('customer.created', 'c1', facts);
    for (const story of [inOrder, reversed]) {
      const contact = story.contact('ann@example.com');
      if (taken) expect(contact).toMatchObject(taken);
      else expect(contact).toBeUndefined();
    }
  });

  it.each(['2026-11-01T00:03:00.000Z', '2026-11-01T00:03:00.001Z'])(
    'at the time of the deletion or later, at %s, is not touched by facts that come late',
    async (createdAt) => {
      const story = audienceStory(settings);
      await story.tell('customer.deleted', 'c1', deletion);
      await story.addByHand({ ...byHand, email: 'ann@example.com', createdAt });
      const before = story.contact('ann@example.com');
      const record = await story.tell('customer.created', 'c1', facts);
      expect(record).toMatchObject({ outcome: 'unchanged', changes: [] });
      expect(record.reason).toContain('The customer is deleted');
      expect(story.contact('ann@example.com')).toEqual(before);
      expect(story.customer('c1')).not.toHaveProperty('contact');
    },
  );
});

// Our own times have three digits, Polar's six, and the two must be compared as times.
it('a contact added by hand within the millisecond before a deletion was added before it', async () => {
  const story = audienceStory(settingsWith({ customerDeleted: 'keep' }));
  const email = 'ann@example.com';
  await story.addByHand({ email, contactId: 'by-hand', createdAt: '2026-11-01T00:03:00.000Z' });
  const occurredAt = '2026-11-01T00:03:00.000500Z';
  const deletion: ReceivedEvent = {
    type: 'customer.deleted',
    webhookId: 'deletion',
    occurredAt,
    receivedAt: '2026-11-23T11:59:59.000Z',
    object: { id: 'c1', version: occurredAt },
    properties: { customerId: 'c1' },
    customer: { id: 'c1', version: occurredAt, deletedAt: occurredAt, email, anonymised: false },
  };
  const means = { ...story, workflows: [], pause: () => Promise.resolve() };
  await applyEvent(deletion, '{}', means);
  await story.tell('customer.created', 'c1', { minute: 1, ...ann });
  expect(story.contact(email)).toMatchObject({ mergedIds: ['by-hand'], customerId: 'c1' });
});
