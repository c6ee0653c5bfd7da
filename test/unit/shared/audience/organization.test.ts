import { describe, expect, it } from 'vitest';
import { approvedMail } from '#test/support/audience/approved-mail.ts';
import { audienceStory } from '#test/support/audience/audience-story.ts';

const [ours, theirs] = ['org-ours', 'org-theirs'];
const ann = { email: 'ann@example.com', name: 'Ann' };

describe('the organization of a customer', () => {
  it('is the one that an event names, and a row without one takes it on', async () => {
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    expect(story.customer('c1')).not.toHaveProperty('organizationId');
    await story.tell('order.paid', 'c1', { minute: 1, ...ann, organizationId: ours });
    expect(story.customer('c1')).toMatchObject({ organizationId: ours });
  });

  it('is kept by a deletion that comes first', async () => {
    const story = audienceStory();
    await story.tell('customer.deleted', 'c1', { minute: 2, ...ann, organizationId: ours });
    expect(story.customer('c1')).toMatchObject({ organizationId: ours });
  });

  it.each(['customer.updated', 'customer.deleted'] as const)(
    'keeps a %s of another one from changing or sending anything',
    async (type) => {
      const { workflow } = approvedMail();
      if (!workflow) throw new Error('approvedMail has no workflow');
      const waiting = {
        ...workflow,
        maxAgeHours: 10_000,
        trigger: { event: type, conditions: [] },
      };
      const story = audienceStory(undefined, [waiting]);
      await story.tell('customer.created', 'c1', { minute: 1, ...ann, organizationId: ours });
      const before = story.customer('c1');
      const other = { minute: 2, email: 'eve@example.com', organizationId: theirs };
      const record = await story.tell(type, 'c1', other);
      expect(record).toMatchObject({
        outcome: 'skipped',
        reason: expect.stringMatching(/^The event comes from another Polar organization/),
      });
      expect(record).not.toHaveProperty('workflows');
      expect(story.customer('c1')).toEqual(before);
      const genuine = { minute: 3, ...ann, organizationId: ours };
      expect(await story.tell(type, 'c1', genuine)).toHaveProperty('workflows');
    },
  );
});
