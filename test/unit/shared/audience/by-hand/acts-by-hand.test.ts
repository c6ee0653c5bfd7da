import { describe, expect, it } from 'vitest';
import { audienceStory, minuteOf, settingsWith } from '#test/support/audience/audience-story.ts';

const ann = { email: 'ann@example.com', name: 'Ann' };
const by = 'an engineer';

const reasonsAt = (story: ReturnType<typeof audienceStory>, email: string) =>
  Object.keys(story.rows.suppressions.get(email)?.row.reasons ?? {});

async function leftStory(reason: 'unsubscribed' | 'complained' | 'bounced') {
  const story = audienceStory();
  await story.tell('customer.created', 'c1', { minute: 1, ...ann });
  await story.refuse('ann@example.com', reason, 10);
  return story;
}

describe('a contact that is unsubscribed by hand', () => {
  it('stays so at a new address, and its history says who did it', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    const done = await story.act('unsubscribe', 'ann@example.com', 20);
    expect(done).toMatchObject({ kind: 'done', contact: { subscribed: false } });
    await story.tell('customer.updated', 'c1', { minute: 30, email: 'ann@new.example' });
    const history = [{ act: 'unsubscribed', at: minuteOf(20), by }];
    expect(story.contact('ann@new.example')).toMatchObject({
      subscribed: false,
      consent: { history },
    });
    expect(story.customer('c1')?.no).toEqual({ unsubscribed: { at: minuteOf(20), by } });
    expect(reasonsAt(story, 'ann@example.com')).toEqual(['unsubscribed']);
  });

  it('keeps the newest thirty decisions', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    for (let minute = 1; minute <= 40; minute++) {
      await story.act(minute % 2 ? 'unsubscribe' : 'subscribe', 'ann@example.com', minute);
    }
    const history = story.contact('ann@example.com')?.consent.history ?? [];
    expect(history.map(({ at }) => at)).toEqual(
      Array.from({ length: 30 }, (_, n) => minuteOf(n + 11)),
    );
    expect(story.contact('ann@example.com')?.subscribed).toBe(true);
  });
});

describe('a bounce that is lifted', () => {
  it('is gone, with a record of it, and nothing else is', async () => {
    const story = await leftStory('bounced');
    await story.refuse('ann@example.com', 'unsubscribed', 11);
    const done = await story.act('liftBounce', 'ann@example.com', 20);
    expect(done).toMatchObject({ kind: 'done', contact: { subscribed: false } });
    expect(story.rows.suppressions.get('ann@example.com')?.row).toEqual({
      reasons: { unsubscribed: { at: minuteOf(11), by: 'a test' } },
      lifted: { mailbox: { at: minuteOf(20), by } },
    });
    const cleared = [{ reason: 'bounced', at: minuteOf(10), by: 'a test' }];
    expect(story.contact('ann@example.com')?.consent.history).toEqual([
      { act: 'bounce-lifted', at: minuteOf(20), by, cleared },
    ]);
  });

  it('stays so when SES tells of it again, and not when mail bounces anew', async () => {
    const story = await leftStory('bounced');
    await story.act('liftBounce', 'ann@example.com', 20);
    await story.refuse('ann@example.com', 'bounced', 10);
    expect(story.contact('ann@example.com')?.subscribed).toBe(true);
    await story.refuse('ann@example.com', 'bounced', 21);
    expect(story.contact('ann@example.com')?.subscribed).toBe(false);
  });

  it('that never was is refused', async () => {
    const story = await leftStory('unsubscribed');
    expect(await story.act('liftBounce', 'ann@example.com', 20)).toEqual({
      kind: 'refused',
      reason: 'This address has no bounce to lift.',
    });
  });
});

describe('a contact that a person adds', () => {
  it('is shown with what was typed in, and subscribed', async () => {
    const story = audienceStory(settingsWith({ newContacts: 'unsubscribed' }));
    const typed = { firstName: ' Ann \n', lastName: '', externalId: ' 7 ', userGroup: 'friends' };
    const done = await story.add({ email: ' Ann@Example.com ', ...typed }, 1);
    expect(done).toEqual({ kind: 'done', contact: story.contact('ann@example.com') });
    expect(story.contact('ann@example.com')).toEqual({
      email: 'ann@example.com',
      address: 'Ann@Example.com',
      contactId: expect.stringMatching(/^contact-/),
      createdAt: minuteOf(1),
      updatedAt: story.surroundings.now.toISOString(),
      source: 'Added by hand',
      consent: { history: [{ act: 'added', at: minuteOf(1), by }] },
      firstName: 'Ann',
      externalId: '7',
      userGroup: 'friends',
      byHand: {
        firstName: 'Ann',
        externalId: '7',
        userGroup: { value: 'friends', at: minuteOf(1) },
      },
      subscribed: true,
    });
  });

  it('is shown over the facts of the customer who comes later, under the id of that', async () => {
    const story = audienceStory();
    await story.add({ ...ann, firstName: 'Annie' }, 1);
    const { contactId } = story.contact('ann@example.com') ?? {};
    await story.tell('customer.created', 'c1', { minute: 2, ...ann, name: 'Ann Lee' });
    const own = story.customer('c1')?.contact?.contactId;
    expect(own).not.toBe(contactId);
    expect(story.contact('ann@example.com')).toMatchObject({
      contactId: own,
      mergedIds: [contactId],
      customerId: 'c1',
      firstName: 'Annie',
      lastName: 'Lee',
      source: 'Added by hand',
    });
  });

  it.each([
    ['suppressed', false],
    ['left by a deleted customer who had said no', true],
  ])('at an address that is %s is not subscribed, and the person is told', async (_, isLeft) => {
    const story = audienceStory(settingsWith({ customerDeleted: 'delete' }));
    if (isLeft) {
      await story.tell('customer.created', 'c1', { minute: 1, email: 'ann@old.example' });
      await story.refuse('ann@old.example', 'unsubscribed', 2);
      await story.tell('customer.updated', 'c1', { minute: 3, ...ann });
      await story.tell('customer.deleted', 'c1', { minute: 4, ...ann, deletedAt: minuteOf(4) });
    } else await story.refuse('ann@example.com', 'bounced', 1);
    const done = await story.add(ann, 10);
    expect(done).toMatchObject({
      kind: 'done',
      contact: { subscribed: false },
      note: expect.stringContaining("isn't subscribed"),
    });
  });

  it.each([
    [{ email: 'ann' }, 'Enter an email address'],
    [{ email: 'ann@x' }, 'Enter the whole domain'],
    [{ email: 'b5d4@anonymized.polar.sh' }, 'erased in Polar'],
    [{ email: 'ann@example.com', userGroup: 'x'.repeat(101) }, 'user group'],
    [{ email: 'ann@example.com', externalId: 'x'.repeat(4_097) }, 'external id'],
  ])('as %j is refused with a sentence', async (fields, sentence) => {
    const story = audienceStory();
    const done = await story.add(fields, 1);
    expect(done).toEqual({ kind: 'refused', reason: expect.stringContaining(sentence) });
    expect(story.rows.contacts.size).toBe(0);
  });

  it('where there is a contact already is refused, and that one is left alone', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    const before = structuredClone(story.rows);
    const done = await story.add({ email: 'ANN@example.com', firstName: 'Eve' }, 2);
    expect(done).toEqual({ kind: 'refused', reason: expect.stringContaining('already') });
    expect(story.rows).toEqual(before);
  });
});
