import { describe, expect, it } from 'vitest';
import { applyEvent } from '#shared/audience/decide.ts';
import type { ReceivedEvent } from '#shared/audience/event-record.ts';
import { audienceStory, settingsWith } from '#test/support/audience-story.ts';

const ann = { email: 'Ann@Example.com', name: 'Ann  van Dyke', externalId: 'user 1' };

describe('a contact added by hand', () => {
  it('is taken over by the living customer who claims its address, and keeps what was set by hand', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    const ownId = story.contact('ann@example.com')?.contactId;
    await story.addByHand({
      email: 'ann@new.example',
      contactId: 'by-hand',
      byHand: { firstName: 'Annie' },
      firstName: 'Annie',
    });
    await story.tell('customer.updated', 'c1', { minute: 2, email: 'ann@new.example' });
    expect(story.contact('ann@new.example')).toMatchObject({
      contactId: 'by-hand',
      mergedIds: [ownId],
      createdAt: '2026-01-01T00:00:00.000Z',
      source: 'Added by hand',
      firstName: 'Annie',
      lastName: 'van Dyke',
      customerId: 'c1',
    });
    expect(story.rows.contacts.size).toBe(1);
  });

  it('that is younger than the contact of the customer takes on its creation', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    const { createdAt } = story.contact('ann@example.com') ?? {};
    await story.addByHand({
      email: 'ann@new.example',
      contactId: 'by-hand',
      createdAt: '2027-01-01T00:00:00.000Z',
    });
    await story.tell('customer.updated', 'c1', { minute: 2, email: 'ann@new.example' });
    expect(story.contact('ann@new.example')).toMatchObject({ contactId: 'by-hand', createdAt });
  });

  it('keeps what was set by hand while it waits for its customer to have an address again', async () => {
    const story = audienceStory();
    const byHand = { firstName: 'Annie', lastName: null };
    await story.addByHand({ email: 'ann@example.com', contactId: 'by-hand', byHand });
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    await story.tell('customer.created', 'c2', {
      minute: 3,
      email: 'ann@example.com',
      name: 'Bob Berg',
    });
    expect(story.contact('ann@example.com')).toMatchObject({
      customerId: 'c2',
      firstName: 'Bob',
      lastName: 'Berg',
    });
    expect(story.contact('ann@example.com')).not.toHaveProperty('byHand');
    await story.tell('customer.updated', 'c1', { minute: 4, email: 'ann@new.example' });
    expect(story.contact('ann@new.example')).toMatchObject({
      contactId: 'by-hand',
      firstName: 'Annie',
      byHand,
    });
    expect(story.contact('ann@new.example')).not.toHaveProperty('lastName');
  });

  it('joins what was set by hand on both when its customer had a contact already', async () => {
    const story = audienceStory();
    await story.addByHand({
      email: 'ann@example.com',
      contactId: 'first',
      byHand: { firstName: 'First', externalId: 'by hand' },
    });
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    await story.addByHand({
      email: 'ann@new.example',
      contactId: 'second',
      byHand: { firstName: 'Second' },
      mergedIds: ['earlier'],
    });
    await story.tell('customer.updated', 'c1', { minute: 2, email: 'ann@new.example' });
    expect(story.contact('ann@new.example')).toMatchObject({
      contactId: 'second',
      mergedIds: ['earlier', 'first'],
      firstName: 'Second',
      lastName: 'van Dyke',
      externalId: 'by hand',
    });
  });

  it('that someone subscribed lifts that its customer started unsubscribed', async () => {
    const story = audienceStory(settingsWith({ newContacts: 'unsubscribed' }));
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    expect(story.contact('ann@example.com')?.subscribed).toBe(false);
    const subscribed = { at: '2026-02-01T00:00:00.000Z', by: 'an engineer' };
    await story.addByHand({
      email: 'ann@new.example',
      contactId: 'by-hand',
      consent: { startsUnsubscribed: true, subscribed },
    });
    await story.tell('customer.updated', 'c1', { minute: 2, email: 'ann@new.example' });
    expect(story.contact('ann@new.example')?.subscribed).toBe(true);
  });

  it('is not there any more when its customer leaves the address', async () => {
    const story = audienceStory();
    await story.addByHand({ email: 'ann@example.com', contactId: 'by-hand' });
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    await story.tell('customer.updated', 'c1', { minute: 2, email: 'ann@new.example' });
    expect([...story.rows.contacts.keys()]).toEqual(['ann@new.example']);
    expect(story.contact('ann@new.example')?.contactId).toBe('by-hand');
  });
});

describe.each([
  [
    'unsubscribe',
    { contactId: 'by-hand', customerId: 'c1', firstName: 'Annie', subscribed: false },
  ],
  ['delete', undefined],
  ['keep', { contactId: 'by-hand', customerId: 'c1', firstName: 'Annie', subscribed: true }],
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
  expect(story.contact(email)).toMatchObject({ contactId: 'by-hand', customerId: 'c1' });
});
