import { describe, expect, it } from 'vitest';
import type { Settings } from '#shared/audience/settings/settings.ts';
import { userGroupOf, withGroupOf } from '#shared/audience/settings/user-group.ts';
import { audienceStory, settingsWith } from '#test/support/audience/audience-story.ts';

const ann = { email: 'ann@example.com', name: 'Ann' };
const day = 24 * 60;
const buyers: Settings = settingsWith({}, { 'order.paid': { userGroup: 'buyers' } });

function groupIn(story: ReturnType<typeof audienceStory>) {
  return story.contact(ann.email)?.userGroup;
}

describe('a group for new contacts', () => {
  it('reaches the new buyer, whose first event is customer.created', async () => {
    const story = audienceStory(buyers);
    const created = await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    const paid = await story.tell('order.paid', 'c1', { minute: 2, ...ann });
    expect(groupIn(story)).toBe('buyers');
    expect(created).not.toHaveProperty('groupReason');
    expect(paid).toMatchObject({
      outcome: 'applied',
      changes: [{ field: 'userGroup', from: null, to: 'buyers' }],
      groupReason: 'It gives the group buyers.',
    });
  });

  it.each([
    [day, 'buyers'],
    [day + 1, undefined],
  ])('counts up to a day after the first event: %i minutes, %s', async (minute, group) => {
    for (const isFirst of [true, false]) {
      const story = audienceStory(buyers);
      if (isFirst) await story.tell('customer.created', 'c1', { minute: 0, ...ann });
      const paid = await story.tell('order.paid', 'c1', { minute, ...ann });
      if (!isFirst) await story.tell('customer.created', 'c1', { minute: 0, ...ann });
      expect(groupIn(story)).toBe(group);
      if (isFirst && group === undefined) {
        expect(paid.groupReason).toBe(
          'It does not give the group buyers: it is for new contacts, and came more than a day after the first event of its customer.',
        );
      }
    }
  });

  it('is that of the earliest event, and a later one says so', async () => {
    const story = audienceStory(
      settingsWith(
        {},
        {
          'order.paid': { userGroup: 'buyers' },
          'subscription.created': { userGroup: 'members' },
        },
      ),
    );
    await story.tell('subscription.created', 'c1', { minute: 1, ...ann });
    expect(await story.tell('order.paid', 'c1', { minute: 2, ...ann })).toMatchObject({
      groupReason: 'It does not give the group buyers: an earlier event gave members.',
    });
    expect(groupIn(story)).toBe('members');
  });

  it('is not for a contact that was added by hand', async () => {
    const story = audienceStory(buyers);
    await story.addByHand({ email: ann.email, contactId: 'by-hand' });
    expect(await story.tell('order.paid', 'c1', { minute: 2, ...ann })).toMatchObject({
      groupReason:
        'It does not give the group buyers: it is for new contacts, and this one was added by hand.',
    });
    expect(groupIn(story)).toBeUndefined();
  });

  it('gives way to a group set by hand, and to one that is always given', async () => {
    const settings = settingsWith(
      {},
      {
        'order.paid': { userGroup: 'buyers' },
        'subscription.active': { userGroup: 'members', userGroupMode: 'always' },
      },
    );
    const story = audienceStory(settings);
    await story.tell('subscription.active', 'c1', { minute: 1, ...ann });
    expect(await story.tell('order.paid', 'c1', { minute: 2, ...ann })).toMatchObject({
      groupReason:
        'It does not give the group buyers: a newer event, or one whose group is for all contacts, gave members.',
    });
    const byHand = { userGroup: { value: 'friends', at: '2026-11-01T00:05:00.000000Z' } };
    await story.addByHand({ email: 'bob@example.com', contactId: 'by-hand', byHand });
    const bob = { minute: 4, email: 'bob@example.com' };
    expect(await story.tell('subscription.active', 'c2', bob)).toMatchObject({
      groupReason: 'It does not give the group members: somebody set the group by hand.',
    });
  });
});

describe('the facts of a group', () => {
  const moment = (minute: number, webhookId: string) => ({
    occurredAt: `2026-11-01T00:0${minute}:00.000000Z`,
    webhookId,
  });
  const owner = { byHand: undefined, isNew: true };
  const none = { userGroup: null, userGroupMode: 'new-contacts' } as const;
  const gives = { userGroup: 'buyers', userGroupMode: 'new-contacts' } as const;

  it('are read from rows of 0.1.0, in which the first event has the group', () => {
    const row = { firstEvent: { ...moment(1, 'a'), group: 'visitors' } };
    expect(userGroupOf(row, owner)).toBe('visitors');
    expect(userGroupOf(withGroupOf(row, moment(2, 'b'), gives), owner)).toBe('visitors');
    const plain = { firstEvent: { ...moment(1, 'a'), group: null } };
    expect(userGroupOf(plain, owner)).toBeUndefined();
    expect(userGroupOf(withGroupOf(plain, moment(2, 'b'), gives), owner)).toBe('buyers');
  });

  it('follow the settings of now where an event is decided again', () => {
    const before = withGroupOf({}, moment(1, 'a'), gives);
    const members = { ...gives, userGroup: 'members' };
    expect(userGroupOf(withGroupOf(before, moment(1, 'a'), members), owner)).toBe('members');
    expect(userGroupOf(withGroupOf(before, moment(1, 'a'), none), owner)).toBeUndefined();
    expect(userGroupOf(withGroupOf(before, moment(2, 'b'), none), owner)).toBe('buyers');
  });
});
