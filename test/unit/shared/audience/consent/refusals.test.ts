import { describe, expect, it } from 'vitest';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import { audienceStory, minuteOf, settingsWith } from '#test/support/audience/audience-story.ts';

const ann = { email: 'ann@example.com', name: 'Ann' };

it('a person who said no twice said it last at the later time, as the address tells', async () => {
  const story = audienceStory();
  await story.tell('customer.created', 'c1', { minute: 1, ...ann });
  await story.refuse(ann.email, 'unsubscribed', 10);
  await story.refuse(ann.email, 'complained', 20);
  const claims = story.rows.addresses.get(normalisedEmail(ann.email))?.row.claims;
  expect(claims).toMatchObject({ c1: { refused: true, refusedAt: minuteOf(20) } });
});

describe.each(['unsubscribed', 'complained'] as const)('a person who %s', (reason) => {
  it('is not subscribed again by any event', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    await story.refuse('ann@example.com', reason);
    expect(story.contact('ann@example.com')?.subscribed).toBe(false);
    await story.tell('order.paid', 'c1', { minute: 600, ...ann, name: 'Ann Lee' });
    expect(story.contact('ann@example.com')).toMatchObject({ lastName: 'Lee', subscribed: false });
  });

  it('stays so at a new address', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    await story.refuse('ann@example.com', reason);
    await story.tell('customer.updated', 'c1', { minute: 2, email: 'ann@new.example' });
    expect(story.contact('ann@new.example')?.subscribed).toBe(false);
  });

  it('stays so at the address that is shown, when the "no" came from a former one', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    await story.tell('customer.updated', 'c1', { minute: 2, email: 'ann@new.example' });
    await story.refuse('ann@example.com', reason);
    expect(story.contact('ann@new.example')?.subscribed).toBe(false);
  });

  it('stays so when the former address is only heard of later', async () => {
    const story = audienceStory();
    await story.refuse('ann@example.com', reason);
    await story.tell('customer.updated', 'c1', { minute: 2, email: 'ann@new.example' });
    expect(story.contact('ann@new.example')?.subscribed).toBe(true);
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    expect(story.contact('ann@new.example')?.subscribed).toBe(false);
  });

  it('stays so when the customer is deleted and made anew', async () => {
    const story = audienceStory(settingsWith({ customerDeleted: 'delete' }));
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    await story.refuse('ann@example.com', reason);
    await story.tell('customer.deleted', 'c1', { minute: 2, deletedAt: 'x', anonymised: true });
    await story.tell('customer.created', 'c2', { minute: 3, ...ann });
    expect(story.contact('ann@example.com')).toMatchObject({ customerId: 'c2', subscribed: false });
  });

  it.each([
    ['unsubscribe', false],
    ['delete', false],
    ['keep', false],
    ['unsubscribe', true],
    ['delete', true],
  ] as const)(
    'stays so at a new address when the customer is deleted (%s, anonymised %s) and made anew there',
    async (customerDeleted, anonymised) => {
      const story = audienceStory(settingsWith({ customerDeleted }));
      await story.tell('customer.created', 'c1', { minute: 1, ...ann });
      await story.refuse('ann@example.com', reason);
      await story.tell('customer.updated', 'c1', { minute: 2, email: 'ann@new.example' });
      await story.tell('customer.deleted', 'c1', { minute: 3, deletedAt: 'x', anonymised });
      await story.tell('customer.created', 'c2', { minute: 4, email: 'ann@new.example' });
      expect(story.contact('ann@new.example')).toMatchObject({
        customerId: 'c2',
        subscribed: false,
      });
    },
  );

  it('does not unsubscribe the next person at an address that was left for another one', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    await story.refuse('ann@example.com', reason);
    await story.tell('customer.updated', 'c1', { minute: 2, email: 'ann@new.example' });
    await story.tell('customer.updated', 'c1', { minute: 3, email: 'ann@third.example' });
    await story.tell('customer.created', 'c2', { minute: 4, email: 'ann@new.example' });
    expect(story.contact('ann@new.example')).toMatchObject({ customerId: 'c2', subscribed: true });
  });

  it('without a customer is unsubscribed as well', async () => {
    const story = audienceStory();
    await story.addByHand({ email: 'ann@example.com', contactId: 'by-hand' });
    await story.refuse('ann@example.com', reason);
    expect(story.contact('ann@example.com')?.subscribed).toBe(false);
  });
});

describe('a bounce', () => {
  it('stays with the address and does not follow the person', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    await story.refuse('ann@example.com', 'bounced');
    expect(story.contact('ann@example.com')?.subscribed).toBe(false);
    await story.tell('customer.updated', 'c1', { minute: 2, email: 'ann@new.example' });
    expect(story.contact('ann@new.example')?.subscribed).toBe(true);
    await story.tell('customer.updated', 'c1', { minute: 3, ...ann });
    expect(story.contact('ann@example.com')?.subscribed).toBe(false);
  });
});

describe('a refusal that is repeated', () => {
  it('keeps the first of each reason and all reasons', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    await story.refuse('ann@example.com', 'bounced');
    await story.refuse('ann@example.com', 'unsubscribed');
    const before = structuredClone(story.rows);
    await story.refuse('ann@example.com', 'unsubscribed');
    expect(story.rows).toEqual(before);
    const reasons = story.rows.suppressions.get('ann@example.com')?.row.reasons;
    expect(Object.keys(reasons ?? {}).sort()).toEqual(['bounced', 'unsubscribed']);
  });
});
