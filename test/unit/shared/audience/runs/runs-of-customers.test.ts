import { describe, expect, it } from 'vitest';
import { decide } from '#shared/audience/decide.ts';
import { decided } from '#shared/audience/rows/unit-of-work.ts';
import type { Run } from '#shared/audience/runs/run.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { sequences } from '#test/prove/runs/workflows.ts';
import { audienceStory, minuteOf } from '#test/support/audience/audience-story.ts';

const farewell = sequences.filter(({ workflowId }) => workflowId === 'farewell');
const welcome = farewell.map(
  (one): Workflow => ({
    ...one,
    trigger: { event: 'customer.created', conditions: [] },
    frequency: 'once-per-contact',
  }),
);
const ann = { email: 'ann@example.com', name: 'Ann' };
const bob = { email: 'bob@example.com', name: 'Bob' };

function runsOf({ rows }: ReturnType<typeof audienceStory>): Run[] {
  return [...rows.runs.values()].map(({ row }) => row);
}

describe('a customer who takes over the contact of one who is deleted', () => {
  it('stops the runs that the deletion began, which could mail nobody anymore', async () => {
    const story = audienceStory(undefined, farewell);
    await story.tell('customer.created', 'ann', { minute: 1, ...ann });
    await story.tell('customer.created', 'bob', { minute: 2, ...bob });
    await story.tell('customer.deleted', 'ann', { minute: 3, ...ann });
    expect(runsOf(story)).toMatchObject([{ customerId: 'ann', state: 'waiting' }]);
    await story.tell('customer.updated', 'bob', { minute: 4, ...bob, email: ann.email });
    expect(runsOf(story)).toMatchObject([
      { customerId: 'ann', state: 'stopped', reason: 'Another customer has its contact now.' },
    ]);
    expect(story.customer('ann')).not.toHaveProperty('runs');
  });

  it('goes on with a run of its own, of which nothing is left to mail in the other', async () => {
    const workflows = [...farewell];
    const story = audienceStory(undefined, workflows);
    await story.tell('customer.created', 'ann', { minute: 1, ...ann });
    await story.tell('customer.deleted', 'ann', { minute: 2, ...ann });
    workflows.splice(0, 1, ...welcome);
    await story.tell('customer.created', 'bob', { minute: 3, ...bob });
    await story.tell('customer.updated', 'bob', { minute: 4, ...bob, email: ann.email });
    expect(runsOf(story)).toMatchObject([
      { customerId: 'ann', state: 'stopped' },
      { customerId: 'bob', state: 'waiting' },
    ]);
  });
});

describe('an event that begins no run', () => {
  it('holds only while what kept the run from beginning is so', async () => {
    const story = audienceStory(undefined, welcome);
    await story.tell('customer.created', 'bob', { minute: 1, ...bob });
    const event = {
      ...{ type: 'customer.created' as const, webhookId: 'again', occurredAt: minuteOf(3) },
      ...{ receivedAt: minuteOf(2), object: { id: 'bob', version: minuteOf(1) } },
      properties: { customerId: 'bob' },
      customer: { id: 'bob', version: minuteOf(1), anonymised: false, ...bob },
    };
    const { said, steps } = await decided(story.store, {
      decide: (w) => ({ said: decide(w, event, story.surroundings, welcome) }),
    });
    expect(said.workflows).toMatchObject([
      {
        verdict: 'skip',
        reason: 'A run of this workflow is already in progress for this customer.',
      },
    ]);
    expect(steps?.runs).toMatchObject([{ act: 'check', revision: expect.any(String) }]);
    expect(steps?.customers).toMatchObject([{ act: 'check', key: 'bob' }]);
  });
});
