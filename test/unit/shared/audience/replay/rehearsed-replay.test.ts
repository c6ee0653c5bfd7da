import { describe, expect, it } from 'vitest';
import type { Email } from '#shared/audience/emails/email.ts';
import { type Replay, rehearseReplay } from '#shared/audience/replay/replay.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { approvedMail, mailing } from '#test/support/audience/approved-mail.ts';
import { audienceStory, minuteOf, settingsWith } from '#test/support/audience/audience-story.ts';

const ann = { email: 'ann@example.com', name: 'Ann Lee', externalId: '7' };
const webhookId = 'evt-1';

function workflow(patch: Partial<Workflow> = {}): Workflow {
  const { workflow: approved } = approvedMail();
  if (!approved) throw new Error('approvedMail has no workflow');
  return { ...approved, maxAgeHours: 10_000, ...patch };
}

/** A story in which one event came. */
async function storyOf(then: Settings = settingsWith({})) {
  const story = audienceStory(then);
  await story.tell('customer.created', 'c1', { minute: 1, webhookId, ...ann });
  return story;
}

describe('the rehearsal of a replay', () => {
  const asked: Replay = {
    replayId: 'r1',
    webhookId,
    triggers: true,
    again: false,
    by: 'an engineer',
    at: minuteOf(600),
  };
  const transactional = mailing(workflow(), { kind: 'transactional' });
  const rehearse = (
    { store, surroundings }: Awaited<ReturnType<typeof storyOf>>,
    email?: Partial<Email>,
    workflows = [transactional],
  ) =>
    rehearseReplay(asked, {
      store,
      surroundings,
      workflows,
      hasSender: true,
      emailUnder: async (ledgerKey) =>
        email && {
          ledgerKey,
          workflowId: 'welcome',
          workflowVersion: 1,
          webhookId,
          customerId: 'c1',
          state: 'sent',
          createdAt: minuteOf(1),
          updatedAt: minuteOf(1),
          ...email,
        },
    });

  it('says what would change and which mail would go, and changes nothing', async () => {
    const off = settingsWith({}, { 'customer.created': { enabled: false } });
    const story = await storyOf(off);
    story.surroundings.settings = settingsWith({});
    const before = structuredClone([story.rows, [...story.records]]);
    const rehearsal = await rehearse(story);
    expect([story.rows, [...story.records]]).toEqual(before);
    expect(rehearsal).toMatchObject({
      kind: 'rehearsed',
      entry: {
        outcome: 'applied',
        changes: expect.arrayContaining([{ field: 'email', from: null, to: 'ann@example.com' }]),
      },
      mails: [{ workflowId: 'welcome', goes: true }],
    });
  });

  it.each([
    ['sent', false, 'Already sent'],
    ['unknown', false, 'Nobody knows'],
    ['reserved', false, 'on its way'],
    ['waiting', false, 'on its way'],
    ['blocked', true, undefined],
    ['failed', true, undefined],
  ] as const)('of an email that the ledger has as %s: %s', async (state, goes, reason) => {
    const rehearsal = await rehearse(await storyOf(), { state });
    const mail = { goes, ...(reason && { reason: expect.stringContaining(reason) }) };
    expect(rehearsal).toMatchObject({ mails: [mail] });
  });

  it('knows who gets no marketing', async () => {
    const story = await storyOf();
    await story.act('unsubscribe', 'ann@example.com', 3);
    const rehearsal = await rehearse(story, undefined, [workflow()]);
    expect(rehearsal).toMatchObject({
      mails: [{ goes: false, reason: 'The contact is not subscribed.' }],
    });
  });

  it('of a workflow of several steps tells of the whole run, and begins none', async () => {
    const story = await storyOf();
    const steps = [
      ...transactional.steps,
      { kind: 'wait' as const, id: 'wait', for: { hours: 48 } },
      ...transactional.steps.map((step) => ({ ...step, id: 'later' })),
    ];
    const rehearsal = await rehearse(story, undefined, [{ ...transactional, steps }]);
    expect(rehearsal).toMatchObject({
      mails: [{ goes: true }],
      runs: [
        {
          workflowId: 'welcome',
          ahead: {
            steps: [
              { did: 'sent', dueAt: story.surroundings.now.toISOString() },
              { stepId: 'later', did: 'sent' },
            ],
            end: { state: 'done' },
          },
        },
      ],
    });
    expect(story.rows.runs.size).toBe(0);
  });

  it('of an event without a record says so', async () => {
    const story = await storyOf();
    story.records.clear();
    expect(await rehearse(story)).toEqual({ kind: 'no-record' });
  });
});
