import { describe, expect, it } from 'vitest';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import { audienceStory, minuteOf, settingsWith } from '#test/support/audience/audience-story.ts';

const ann = { email: 'Ann@Example.com', name: 'Ann  van Dyke', externalId: 'user 1' };

describe('an event of a living customer', () => {
  it('makes one contact by email, with the name, the external id and the source', async () => {
    const story = audienceStory();
    const record = await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    expect(story.contact('ann@example.com')).toMatchObject({
      contactId: expect.any(String),
      address: 'Ann@Example.com',
      firstName: 'Ann',
      lastName: 'van Dyke',
      externalId: 'user 1',
      customerId: 'c1',
      source: 'Polar webhook',
      subscribed: true,
    });
    expect(record).toMatchObject({
      outcome: 'applied',
      contactId: story.contact('ann@example.com')?.contactId,
      email: 'ann@example.com',
      customerId: 'c1',
      settingsVersion: 0,
    });
    expect(record.changes).toContainEqual({ field: 'firstName', from: null, to: 'Ann' });
  });

  it('says field by field what it changed', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    const record = await story.tell('customer.updated', 'c1', { minute: 2, ...ann, name: 'Ann' });
    expect(record.changes).toEqual([{ field: 'lastName', from: 'van Dyke', to: null }]);
  });

  it('that says nothing new is recorded as unchanged and writes no row', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    const before = structuredClone(story.rows);
    const record = await story.tell('order.paid', 'c1', {
      minute: 5,
      ...ann,
      version: '2026-11-01T00:01:00.000000Z',
    });
    expect(record).toMatchObject({
      outcome: 'unchanged',
      changes: [],
      contactId: expect.any(String),
    });
    expect(story.rows).toEqual(before);
    expect(story.records.size).toBe(2);
  });

  it('that is stale changes nothing but is recorded', async () => {
    const story = audienceStory();
    await story.tell('customer.updated', 'c1', { minute: 9, ...ann });
    const record = await story.tell('customer.created', 'c1', {
      minute: 1,
      ...ann,
      name: 'Old Name',
    });
    expect(record.outcome).toBe('unchanged');
    expect(story.contact('ann@example.com')).toMatchObject({ firstName: 'Ann' });
  });

  it('does not empty a field that a newer payload leaves empty', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    await story.tell('customer.updated', 'c1', { minute: 2 });
    expect(story.contact('ann@example.com')).toMatchObject({
      lastName: 'van Dyke',
      externalId: 'user 1',
    });
  });

  it('without an address keeps its other facts until one is known', async () => {
    const story = audienceStory();
    const record = await story.tell('customer.created', 'c1', { minute: 1, name: 'Team A' });
    expect(record).toMatchObject({
      outcome: 'skipped',
      reason: expect.stringContaining('no known email'),
    });
    expect(story.rows.contacts.size).toBe(0);
    await story.tell('order.paid', 'c1', { minute: 2, email: 'team@example.com' });
    expect(story.contact('team@example.com')).toMatchObject({ firstName: 'Team', lastName: 'A' });
  });

  it('with an address that no mail can reach makes no contact', async () => {
    const story = audienceStory();
    const record = await story.tell('customer.created', 'c1', {
      minute: 1,
      email: 'not an address',
    });
    expect(record.outcome).toBe('skipped');
    expect(story.rows.contacts.size).toBe(0);
  });

  it('that is switched off is skipped with a sentence', async () => {
    const story = audienceStory(settingsWith({ version: 7 }, { 'order.paid': { enabled: false } }));
    const record = await story.tell('order.paid', 'c1', { minute: 1, ...ann });
    expect(record).toMatchObject({
      outcome: 'skipped',
      reason: 'order.paid is switched off in the settings.',
      settingsVersion: 7,
    });
    expect(story.rows.customers.size).toBe(0);
  });

  it.each([
    ['fullName', { firstName: undefined, externalId: 'user 1' }],
    ['externalId', { firstName: 'Ann', externalId: undefined }],
  ] as const)('leaves out what %s switches off', async (setting, expected) => {
    const story = audienceStory(settingsWith({}, { 'customer.created': { [setting]: false } }));
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    const contact = story.contact('ann@example.com');
    expect({ firstName: contact?.firstName, externalId: contact?.externalId }).toEqual(expected);
  });

  it('delivered twice changes nothing the second time', async () => {
    const story = audienceStory();
    const first = await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    const before = structuredClone(story.rows);
    expect(await story.tell('customer.created', 'c1', { minute: 1, ...ann })).toEqual(first);
    expect(story.rows).toEqual(before);
  });

  it('makes a contact that is not subscribed where new contacts are not', async () => {
    const story = audienceStory(settingsWith({ newContacts: 'unsubscribed' }));
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    expect(story.contact('ann@example.com')?.subscribed).toBe(false);
  });
});

describe('the user group', () => {
  const groups = settingsWith(
    {},
    {
      'customer.created': { userGroup: 'visitors' },
      'order.paid': { userGroup: 'buyers', userGroupMode: 'always' },
      'subscription.created': { userGroup: 'members' },
    },
  );

  it('of new contacts is that of the earliest event that gives one, whatever arrives first', async () => {
    const story = audienceStory(groups);
    await story.tell('subscription.created', 'c1', { minute: 3, ...ann });
    expect(story.contact('ann@example.com')?.userGroup).toBe('members');
    await story.tell('customer.created', 'c1', { minute: 2, ...ann });
    expect(story.contact('ann@example.com')?.userGroup).toBe('visitors');
    await story.tell('customer.updated', 'c1', { minute: 1, ...ann });
    expect(story.contact('ann@example.com')?.userGroup).toBe('visitors');
  });

  it('that is always set wins over that of new contacts', async () => {
    const story = audienceStory(groups);
    await story.tell('order.paid', 'c1', { minute: 9, ...ann });
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    expect(story.contact('ann@example.com')?.userGroup).toBe('buyers');
  });

  it('set by hand stays until a newer event that always sets one', async () => {
    const story = audienceStory(groups);
    const byHand = { userGroup: { value: 'friends', at: '2026-11-01T00:05:00.000000Z' } };
    await story.addByHand({ email: 'ann@example.com', contactId: 'by-hand', byHand });
    await story.tell('order.paid', 'c1', { minute: 4, ...ann });
    expect(story.contact('ann@example.com')?.userGroup).toBe('friends');
    await story.tell('order.paid', 'c1', { minute: 6, ...ann });
    expect(story.contact('ann@example.com')?.userGroup).toBe('buyers');
  });
});

describe('a change of address', () => {
  it('leaves the address with the version at which the customer had it', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    await story.tell('customer.updated', 'c1', { minute: 3, email: 'ann@new.example' });
    const claimAt = (email: string) => {
      const address = story.rows.addresses.get(normalisedEmail(email))?.row;
      return Object.entries(address?.claims ?? {});
    };
    const [before, now] = [minuteOf(1), minuteOf(3)];
    expect(claimAt('ann@example.com')).toEqual([['c1', { version: before, state: 'former' }]]);
    expect(claimAt('ann@new.example')).toEqual([['c1', { version: now, state: 'living' }]]);
    await story.tell('order.paid', 'c1', { minute: 2, ...ann });
    expect(claimAt('ann@example.com')).toEqual([['c1', { version: minuteOf(2), state: 'former' }]]);
  });

  it('moves the contact, which keeps its id and creation', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    const before = story.contact('ann@example.com');
    const record = await story.tell('customer.updated', 'c1', {
      minute: 2,
      email: 'ann@new.example',
    });
    expect(story.contact('ann@example.com')).toBeUndefined();
    expect(story.contact('ann@new.example')).toMatchObject({
      contactId: before?.contactId,
      createdAt: before?.createdAt,
      lastName: 'van Dyke',
    });
    expect(record.changes).toEqual([
      { field: 'email', from: 'ann@example.com', to: 'ann@new.example' },
    ]);
  });

  it('to an address of another customer takes it over; that one returns with its own id', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    const ownId = story.contact('ann@example.com')?.contactId;
    await story.tell('customer.created', 'c2', {
      minute: 5,
      email: 'ann@example.com',
      name: 'Bob',
    });
    expect(story.contact('ann@example.com')).toMatchObject({
      customerId: 'c2',
      firstName: 'Bob',
    });
    expect(story.contact('ann@example.com')?.contactId).not.toBe(ownId);
    expect(story.contact('ann@example.com')?.externalId).toBeUndefined();
    const late = await story.tell('customer.updated', 'c1', { minute: 2, name: 'Ann Lee' });
    expect(late).toMatchObject({
      outcome: 'unchanged',
      reason: expect.stringContaining('Another customer'),
    });
    await story.tell('customer.updated', 'c1', { minute: 4, email: 'ann@new.example' });
    expect(story.contact('ann@new.example')).toMatchObject({
      contactId: ownId,
      firstName: 'Ann',
      lastName: 'Lee',
    });
    expect(story.contact('ann@example.com')?.customerId).toBe('c2');
  });

  it('gives the address back to the customer whose newest address it still is', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    const firstId = story.contact('ann@example.com')?.contactId;
    await story.tell('customer.deleted', 'c1', { minute: 2, ...ann, deletedAt: 'x' });
    await story.tell('customer.created', 'c2', { minute: 3, email: 'ann@example.com' });
    await story.tell('customer.updated', 'c2', { minute: 4, email: 'bob@example.com' });
    expect(story.contact('bob@example.com')?.contactId).toBe(firstId);
    expect(story.contact('ann@example.com')).toMatchObject({
      customerId: 'c1',
      firstName: 'Ann',
      subscribed: false,
    });
    expect(story.contact('ann@example.com')?.contactId).not.toBe(firstId);
  });
});
