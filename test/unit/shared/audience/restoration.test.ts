import { describe, expect, it } from 'vitest';
import { restoreCustomer } from '#shared/audience/deletion.ts';
import { settle } from '#shared/audience/rows/unit-of-work.ts';
import { audienceStory, minuteOf, settingsWith } from '#test/support/audience/audience-story.ts';

const ann = { email: 'ann@example.com', name: 'Ann' };
const guess = { minute: 5, webhookId: 'backfill-gone' };

type Story = ReturnType<typeof audienceStory>;

/** With the id that the record of the deletion names, as the command does. */
async function restore(story: Story, minute = 10, webhookId = guess.webhookId) {
  const contactId = (await story.store.recorded(webhookId))?.record.contactId;
  const act = { at: minuteOf(minute), by: 'ann', contactId };
  return settle(
    story.store,
    (w) => restoreCustomer(w, 'c1', act, story.surroundings),
    async () => undefined,
  );
}

describe('lifting a deletion that a backfill made', () => {
  it.each(['unsubscribe', 'delete', 'keep'] as const)(
    'makes the customer live again under %s, and later events count',
    async (customerDeleted) => {
      const story = audienceStory(settingsWith({ customerDeleted }));
      await story.tell('customer.created', 'c1', { minute: 1, ...ann });
      await story.tell('customer.deleted', 'c1', guess);
      expect(story.contact(ann.email)?.subscribed ?? false).toBe(customerDeleted === 'keep');
      expect(await restore(story)).toBe(true);
      expect(story.customer('c1')).not.toHaveProperty('deletion');
      expect(story.customer('c1')).toMatchObject({ restored: { by: 'ann' } });
      expect(story.contact(ann.email)).toMatchObject({ subscribed: true, customerId: 'c1' });
      await story.tell('customer.updated', 'c1', { minute: 12, ...ann, name: 'Anna' });
      expect(story.contact(ann.email)).toMatchObject({ firstName: 'Anna', subscribed: true });
      expect(await restore(story)).toBe(false);
    },
  );

  it.each(['unsubscribe', 'delete', 'keep'] as const)(
    'under %s brings the contact back with the id that it had',
    async (customerDeleted) => {
      const story = audienceStory(settingsWith({ customerDeleted }));
      await story.tell('customer.created', 'c1', { minute: 1, ...ann });
      await story.tell('customer.deleted', 'c1', guess);
      await restore(story);
      expect(story.contact(ann.email)).toMatchObject({ contactId: 'contact-1' });
    },
  );

  it.each([
    ['unsubscribe', 'had the address, too', ann.email],
    ['unsubscribe', 'came to the address since', 'other@example.com'],
    ['keep', 'had the address, too', ann.email],
    ['keep', 'came to the address since', 'other@example.com'],
    ['delete', 'had the address, too', ann.email],
    ['delete', 'came to the address since', 'other@example.com'],
  ] as const)('under %s gives no id to two where another %s', async (mode, _, email) => {
    const story = audienceStory(settingsWith({ customerDeleted: mode }));
    await story.tell('customer.created', 'other', { minute: 1, email });
    await story.tell('customer.created', 'c1', { minute: 2, version: minuteOf(8), ...ann });
    await story.tell('customer.deleted', 'c1', guess);
    await story.tell('customer.updated', 'other', { minute: 6, ...ann });
    await restore(story);
    await story.tell('customer.updated', 'c1', { minute: 12, email: 'moved@example.com' });
    const ids = ['c1', 'other'].flatMap((id) => {
      const { contactId = 'none', mergedIds = [] } = story.customer(id)?.contact ?? {};
      return [contactId, ...mergedIds];
    });
    expect(ids).not.toContain('none');
    expect(ids).toEqual([...new Set(ids)]);
  });

  it('gives nobody a consent back that a person took', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    await story.refuse(ann.email, 'unsubscribed', 2);
    await story.tell('customer.deleted', 'c1', guess);
    await restore(story);
    expect(story.contact(ann.email)).toMatchObject({ subscribed: false });
  });

  it.each([
    { own: 4, isFirst: true },
    { own: 4, isFirst: false },
    { own: 8, isFirst: true },
    { own: 8, isFirst: false },
  ])('lifts none of Polar’s own, in whatever order the two came: %o', async ({ own, isFirst }) => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    const genuine = { minute: own, ...ann };
    for (const deletion of isFirst ? [genuine, guess] : [guess, genuine]) {
      await story.tell('customer.deleted', 'c1', deletion);
    }
    expect(await restore(story)).toBe(false);
    expect(story.customer('c1')?.deletion).toMatchObject({ occurredAt: minuteOf(own) });
  });

  it('brings back nothing that was erased', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    await story.tell('customer.deleted', 'c1', guess);
    await story.tell('customer.deleted', 'c1', { minute: 6, anonymised: true });
    expect(await restore(story)).toBe(false);
    expect(story.customer('c1')).toMatchObject({ erased: true });
  });

  it('is not undone when the deletion of before is run again, but by a new one', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    await story.tell('customer.deleted', 'c1', guess);
    await restore(story);
    const again = { ...guess, webhookId: 'backfill-again' };
    expect(await story.tell('customer.deleted', 'c1', again)).toMatchObject({
      outcome: 'skipped',
      reason: expect.stringContaining('A person has lifted this deletion'),
    });
    await story.tell('customer.deleted', 'c1', { minute: 11, webhookId: 'backfill-new' });
    expect(story.customer('c1')?.deletion).toMatchObject({ webhookId: 'backfill-new' });
  });
});
