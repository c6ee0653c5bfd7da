import { describe, expect, it } from 'vitest';
import type { Settings } from '#shared/audience/settings/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { approvedMail } from '#test/support/audience/approved-mail.ts';
import { audienceStory, minuteOf, settingsWith } from '#test/support/audience/audience-story.ts';

const ann = { email: 'ann@example.com', name: 'Ann Lee', externalId: '7' };
const webhookId = 'evt-1';

function workflow(patch: Partial<Workflow> = {}): Workflow {
  const { workflow: approved } = approvedMail();
  if (!approved) throw new Error('approvedMail has no workflow');
  return { ...approved, maxAgeHours: 10_000, ...patch };
}

/** A story in which one event came, with settings and workflows that may differ from those of now. */
async function storyOf(then: Settings = settingsWith({}), workflows: Workflow[] = []) {
  const story = audienceStory(then, workflows);
  await story.tell('customer.created', 'c1', { minute: 1, webhookId, ...ann });
  const under = (settings: Settings, later: Workflow[] = workflows) => ({
    surroundings: { ...story.surroundings, settings },
    workflows: later,
  });
  const replays = () => story.records.get(webhookId)?.record.replays;
  return { ...story, under, replays };
}

describe('a replay', () => {
  it('under the settings of the event changes nothing, and the record says that it ran', async () => {
    const story = await storyOf();
    const before = structuredClone(story.rows);
    const replayed = await story.replay(webhookId);
    expect(story.rows).toEqual(before);
    const entry = {
      replayId: 'r1',
      at: minuteOf(600),
      by: 'an engineer',
      triggers: false,
      again: false,
      outcome: 'unchanged',
      changes: [],
      settingsVersion: 0,
      contactId: story.contact('ann@example.com')?.contactId,
    };
    expect(replayed).toMatchObject({ kind: 'replayed', entry });
    expect(story.records.get(webhookId)?.record).toMatchObject({
      outcome: 'applied',
      replays: [entry],
      replayCount: 1,
    });
  });

  it('of an event that was switched off applies it, and the record finds its contact', async () => {
    const off = settingsWith({}, { 'customer.created': { enabled: false } });
    const story = await storyOf(off);
    expect(story.contact('ann@example.com')).toBeUndefined();
    const now = settingsWith({ version: 4 });
    await story.replay(webhookId, {}, story.under(now));
    const { contactId } = story.contact('ann@example.com') ?? {};
    expect(story.contact('ann@example.com')).toMatchObject({ firstName: 'Ann', subscribed: true });
    const record = story.records.get(webhookId)?.record;
    expect(record).toMatchObject({ outcome: 'skipped', contactId, email: 'ann@example.com' });
    expect(record?.replays?.[0]).toMatchObject({ outcome: 'applied', settingsVersion: 4 });
  });

  it.each([
    ['new-contacts', 'buyers'],
    ['new-contacts', undefined],
    ['always', 'buyers'],
  ] as const)('gives the group that the settings of now say: %s %s', async (mode, group) => {
    const before = { userGroup: 'old', userGroupMode: mode };
    const story = await storyOf(settingsWith({}, { 'customer.created': before }));
    expect(story.contact('ann@example.com')?.userGroup).toBe('old');
    const after = { ...before, userGroup: group ?? null };
    await story.replay(webhookId, {}, story.under(settingsWith({}, { 'customer.created': after })));
    expect(story.contact('ann@example.com')?.userGroup).toBe(group);
  });

  it('overrules neither newer facts, nor a person, nor a deletion', async () => {
    const story = await storyOf();
    await story.tell('customer.updated', 'c1', { minute: 2, name: 'Eve' });
    await story.act('unsubscribe', 'ann@example.com', 3);
    await story.replay(webhookId);
    expect(story.contact('ann@example.com')).toMatchObject({ firstName: 'Eve', subscribed: false });
    await story.tell('customer.deleted', 'c1', { minute: 4, deletedAt: minuteOf(4) });
    const before = structuredClone(story.rows);
    await story.replay(webhookId, { replayId: 'r2' });
    expect(story.rows).toEqual(before);
  });

  it('counts once for each id, and the repetition gives the entry of the first', async () => {
    const story = await storyOf(undefined, [workflow()]);
    const asked = { triggers: true };
    const first = await story.replay(webhookId, asked);
    const again = await story.replay(webhookId, asked, story.under(settingsWith({}), []));
    expect(again).toMatchObject({ kind: 'duplicate' });
    expect(again).toMatchObject({ entry: first.kind === 'no-record' ? {} : first.entry });
    expect(story.replays()).toHaveLength(1);
  });

  it('keeps the newest twenty entries, and how many there were', async () => {
    const story = await storyOf();
    for (let n = 1; n <= 25; n++) await story.replay(webhookId, { replayId: `r${n}` });
    const ids = Array.from({ length: 20 }, (_, n) => `r${n + 6}`);
    expect(story.replays()?.map(({ replayId }) => replayId)).toEqual(ids);
    expect(story.records.get(webhookId)?.record.replayCount).toBe(25);
  });

  it('keeps fewer entries where they are long, so that the record fits into its item', async () => {
    const long = (fill: string) => ({ externalId: fill.repeat(4_096) });
    const story = audienceStory(settingsWith({}, { 'customer.created': { enabled: false } }));
    const on = { surroundings: { ...story.surroundings, settings: settingsWith({}) } };
    await story.tell('customer.created', 'c1', { minute: 1, webhookId, ...ann, ...long('x') });
    for (let n = 1; n <= 20; n++) {
      story.rows.customers.clear();
      story.rows.contacts.clear();
      story.rows.addresses.clear();
      await story.replay(webhookId, { replayId: `r${n}` }, on);
    }
    const replays = story.records.get(webhookId)?.record.replays ?? [];
    expect(JSON.stringify(replays).length).toBeLessThanOrEqual(60_000);
    expect(replays.at(-1)).toMatchObject({ replayId: 'r20', outcome: 'applied' });
    expect(replays.length).toBeGreaterThan(1);
  });

  it('of an event without a record says so and writes nothing', async () => {
    const story = await storyOf();
    expect(await story.replay('nobody knows')).toEqual({ kind: 'no-record' });
    expect(story.records.size).toBe(1);
  });

  it.each([
    ['was too large', undefined, {}, 'too large'],
    ['cannot be read', '{"type":"customer.created"}', {}, 'cannot be read'],
    ['was erased', undefined, { erased: true }, 'was erased'],
  ])('of an event whose payload %s is skipped with its reason', async (_, payload, patch, why) => {
    const story = await storyOf();
    const kept = story.records.get(webhookId);
    if (!kept) throw new Error('There is no record');
    story.records.set(webhookId, { record: { ...kept.record, ...patch }, payload });
    const replayed = await story.replay(webhookId, { triggers: true });
    const reason = expect.stringContaining(why);
    expect(replayed).toMatchObject({ entry: { outcome: 'skipped', reason, changes: [] } });
    expect(story.replays()).toHaveLength(1);
  });

  it('of a deletion with anonymisation that was switched off asks for erasure, and its entry keeps no address', async () => {
    const off = settingsWith({}, { 'customer.deleted': { enabled: false } });
    const story = await storyOf(off);
    const gone = { minute: 2, deletedAt: minuteOf(2), anonymised: true, webhookId: 'evt-2' };
    await story.tell('customer.deleted', 'c1', gone);
    const replayed = await story.replay('evt-2', {}, story.under(settingsWith({})));
    expect(replayed).toMatchObject({ entry: { erases: true, changes: [] } });
    expect(story.customer('c1')?.erased).toBe(true);
    expect(JSON.stringify(replayed.kind === 'replayed' && replayed.entry)).not.toContain(
      'ann@example.com',
    );
  });
});

describe('the workflows of a replay', () => {
  const keyOf = (replayed: Awaited<ReturnType<ReturnType<typeof audienceStory>['replay']>>) =>
    replayed.kind === 'no-record' ? undefined : replayed.entry.workflows?.[0]?.ledgerKey;

  it.each(['every-time', 'once-per-contact'] as const)(
    'that send %s have the keys of the event, unless asked to send again',
    async (frequency) => {
      const story = await storyOf(undefined, [workflow({ frequency })]);
      const usual = story.records.get(webhookId)?.record.workflows?.[0]?.ledgerKey;
      expect(usual).toBeDefined();
      expect(keyOf(await story.replay(webhookId, { replayId: 'r1', triggers: true }))).toBe(usual);
      const again = { triggers: true, again: true };
      const [two, three] = [
        keyOf(await story.replay(webhookId, { replayId: 'r2', ...again })),
        keyOf(await story.replay(webhookId, { replayId: 'r3', ...again })),
      ];
      expect(two).toMatch(/^[\w-]{43}$/);
      expect(new Set([usual, two, three]).size).toBe(3);
    },
  );

  it.each([
    ['every-time', {}, 'skip'],
    ['every-time', { again: true }, 'send'],
    ['once-per-contact', {}, 'send'],
  ] as const)(
    'that send %s are judged by what a backfilled event cannot tell: %j, %s',
    async (frequency, asked, verdict) => {
      const story = audienceStory(settingsWith({}));
      await story.tell('customer.created', 'c1', { minute: 1, webhookId: 'backfill-1', ...ann });
      const under = { surroundings: story.surroundings, workflows: [workflow({ frequency })] };
      const replayed = await story.replay('backfill-1', { triggers: true, ...asked }, under);
      expect(replayed).toMatchObject({ entry: { workflows: [{ verdict }] } });
    },
  );

  it('are not considered unless the person asks for it', async () => {
    const story = await storyOf(undefined, [workflow()]);
    expect(await story.replay(webhookId, { again: true })).not.toHaveProperty('entry.workflows');
  });

  it('do not send stale news in a replay either', async () => {
    const story = await storyOf(undefined, [workflow({ maxAgeHours: 1 })]);
    expect(await story.replay(webhookId, { triggers: true })).toMatchObject({
      entry: { workflows: [{ verdict: 'skip', reason: expect.stringContaining('older') }] },
    });
  });
});
