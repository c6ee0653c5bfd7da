import { describe, expect, it } from 'vitest';
import { subscribeContact } from '#shared/audience/by-hand/acts-by-hand.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import { audienceStory, minuteOf, settingsWith } from '#test/support/audience/audience-story.ts';

const ann = { email: 'ann@example.com', name: 'Ann' };
const by = 'an engineer';

const reasonsAt = (story: ReturnType<typeof audienceStory>, email: string) =>
  Object.keys(story.rows.suppressions.get(email)?.row.reasons ?? {});

async function leftStory(
  reason: 'unsubscribed' | 'complained' | 'bounced',
  settings = settingsWith({}),
) {
  const story = audienceStory(settings);
  await story.tell('customer.created', 'c1', { minute: 1, ...ann });
  await story.refuse('ann@example.com', reason, 10);
  return story;
}

describe.each(['unsubscribed', 'complained'] as const)(
  'an explicit subscribe of a contact that %s',
  (reason) => {
    it('undoes the "no" of its customer and of its address, and its history says which', async () => {
      const story = await leftStory(reason);
      const done = await story.act('subscribe', 'ann@example.com', 20);
      expect(done).toEqual({ kind: 'done', contact: story.contact('ann@example.com') });
      expect(story.contact('ann@example.com')).toMatchObject({
        subscribed: true,
        consent: {
          subscribed: { at: minuteOf(20), by },
          history: [
            {
              act: 'subscribed',
              at: minuteOf(20),
              by,
              cleared: [{ reason, at: minuteOf(10), by: 'a test' }],
            },
          ],
        },
      });
      expect(reasonsAt(story, 'ann@example.com')).toEqual([]);
      expect(story.customer('c1')).not.toHaveProperty('no');
    });

    it.each([10, 19, 20])(
      'is not undone by the same "no" again, said at minute %i',
      async (minute) => {
        const story = await leftStory(reason);
        await story.act('subscribe', 'ann@example.com', 20);
        const before = structuredClone(story.rows);
        await story.refuse('ann@example.com', reason, minute);
        expect(story.rows).toEqual(before);
      },
    );

    it('is undone by a newer "no"', async () => {
      const story = await leftStory(reason);
      await story.act('subscribe', 'ann@example.com', 20);
      await story.refuse('ann@example.com', reason, 21);
      expect(story.contact('ann@example.com')?.subscribed).toBe(false);
      expect(story.customer('c1')?.no).toEqual({ [reason]: { at: minuteOf(21), by: 'a test' } });
    });

    it('does not undo a "no" that is newer than itself', async () => {
      const story = await leftStory(reason);
      const done = await story.act('subscribe', 'ann@example.com', 9);
      expect(done).toMatchObject({ kind: 'done', note: expect.stringContaining('newer') });
      expect(story.contact('ann@example.com')?.subscribed).toBe(false);
    });

    it('leaves the former address suppressed, whose old "no" does not reach the person again', async () => {
      const story = await leftStory(reason);
      await story.tell('customer.updated', 'c1', { minute: 11, email: 'ann@new.example' });
      expect(story.contact('ann@new.example')?.subscribed).toBe(false);
      await story.act('subscribe', 'ann@new.example', 20);
      await story.refuse('ann@example.com', reason, 10);
      expect(story.contact('ann@new.example')?.subscribed).toBe(true);
      expect(reasonsAt(story, 'ann@example.com')).toEqual([reason]);
      await story.tell('customer.created', 'c2', { minute: 30, ...ann });
      expect(story.contact('ann@example.com')?.subscribed).toBe(false);
    });

    it('counts for a former address that is only heard of later', async () => {
      const story = audienceStory();
      await story.refuse('ann@example.com', reason, 10);
      await story.tell('customer.updated', 'c1', { minute: 2, email: 'ann@new.example' });
      await story.act('subscribe', 'ann@new.example', 20);
      await story.tell('customer.created', 'c1', { minute: 1, ...ann });
      expect(story.contact('ann@new.example')?.subscribed).toBe(true);
      expect(story.customer('c1')).not.toHaveProperty('no');
    });

    it('counts for whoever comes to the address after a deleted customer who had said no', async () => {
      const story = audienceStory();
      await story.tell('customer.created', 'c1', { minute: 1, email: 'ann@old.example' });
      await story.refuse('ann@old.example', reason, 2);
      await story.tell('customer.updated', 'c1', { minute: 3, ...ann });
      const deletedAt = minuteOf(4);
      await story.tell('customer.deleted', 'c1', { minute: 4, ...ann, deletedAt });
      await story.tell('customer.created', 'c2', { minute: 5, ...ann });
      expect(story.contact('ann@example.com')?.subscribed).toBe(false);
      await story.act('subscribe', 'ann@example.com', 20);
      expect(story.contact('ann@example.com')?.subscribed).toBe(true);
      await story.refuse('ann@old.example', reason, 2);
      await story.tell('customer.updated', 'c1', { minute: 3, webhookId: 'again', ...ann });
      await story.tell('order.paid', 'c2', { minute: 21, ...ann, name: 'Ann Lee' });
      expect(story.contact('ann@example.com')).toMatchObject({ lastName: 'Lee', subscribed: true });
    });
  },
);

describe('an explicit subscribe', () => {
  it('lifts that a contact started unsubscribed', async () => {
    const story = audienceStory(settingsWith({ newContacts: 'unsubscribed' }));
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    expect(await story.act('subscribe', 'ann@example.com', 2)).toMatchObject({
      contact: { subscribed: true },
    });
  });

  it('leaves a bounce, and says so', async () => {
    const story = await leftStory('bounced');
    const done = await story.act('subscribe', 'ann@example.com', 20);
    expect(done).toMatchObject({ kind: 'done', note: expect.stringContaining('bounced') });
    expect(reasonsAt(story, 'ann@example.com')).toEqual(['bounced']);
    await story.act('liftBounce', 'ann@example.com', 21);
    expect(story.contact('ann@example.com')?.subscribed).toBe(true);
  });

  it('reaches a contact that has no customer', async () => {
    const story = audienceStory();
    await story.addByHand({ email: 'ann@example.com', contactId: 'by-hand' });
    await story.refuse('ann@example.com', 'unsubscribed', 10);
    await story.act('subscribe', 'ann@example.com', 20);
    expect(story.contact('ann@example.com')).toMatchObject({
      subscribed: true,
      consent: { subscribed: { at: minuteOf(20), by } },
    });
  });

  it.each([
    ['unsubscribe', 'refused', false],
    ['keep', 'done', true],
  ] as const)(
    'of the contact of a deleted customer (%s) is %s',
    async (customerDeleted, kind, subscribed) => {
      const story = await leftStory('unsubscribed', settingsWith({ customerDeleted }));
      const deletedAt = minuteOf(11);
      await story.tell('customer.deleted', 'c1', { minute: 11, ...ann, deletedAt });
      const before = structuredClone(story.rows);
      expect((await story.act('subscribe', 'ann@example.com', 20)).kind).toBe(kind);
      expect(story.contact('ann@example.com')?.subscribed).toBe(subscribed);
      if (kind === 'refused') expect(story.rows).toEqual(before);
    },
  );

  it('of a contact that is not at the address anymore changes nothing and says so', async () => {
    const story = await leftStory('unsubscribed');
    const before = structuredClone(story.rows);
    const act = {
      email: normalisedEmail('ann@example.com'),
      contactId: 'another',
      at: minuteOf(20),
      by,
    };
    const means = { ...story, pause: () => Promise.resolve() };
    const done = await subscribeContact(act, means);
    expect(done).toEqual({
      kind: 'refused',
      reason: expect.stringContaining('no longer at this address'),
    });
    expect(story.rows).toEqual(before);
  });

  it('that is repeated changes nothing more', async () => {
    const story = await leftStory('unsubscribed');
    await story.act('subscribe', 'ann@example.com', 20);
    const before = structuredClone(story.rows);
    await story.act('subscribe', 'ann@example.com', 20);
    expect(story.rows.contacts).toEqual(before.contacts);
    expect(story.rows.suppressions).toEqual(before.suppressions);
  });
});
