import { describe, expect, it } from 'vitest';
import type { Customer } from '#shared/audience/person/person.ts';
import { endsNext, outlookFromStart, outlookOf } from '#shared/audience/runs/outlook.ts';
import { ended, type Run } from '#shared/audience/runs/run.ts';
import { sequences } from '#test/prove/runs/workflows.ts';

const [dunning] = sequences;
if (dunning?.workflowId !== 'dunning') throw new Error('The first sequence is no dunning.');
const workflow = { ...dunning, exitWhen: [] };
const now = new Date('2026-11-10T12:00:00.000Z');

const run: Run = {
  ...{ runId: 'run', workflowId: 'dunning', workflowVersion: 1, customerId: 'c', contactId: 'k' },
  ...{ webhookId: 'evt', type: 'subscription.past_due', properties: { customerId: 'c' } },
  ...{ occurredAt: '2026-11-09T12:00:00.000Z', beganAt: '2026-11-09T12:00:00.000Z' },
  ...{ state: 'waiting', stepId: 'until-3', history: [], updatedAt: '2026-11-09T12:00:00.000Z' },
  ...{ dueAt: '2026-11-12T12:00:00.000Z', wakeAt: '2026-11-12T12:00:00.000Z' },
};
const customer: Customer = { customerId: 'c', addresses: [] };
const ground = { workflow, customer, contact: () => undefined, now };

const late = { ...run, state: 'parked' as const, dueAt: '2026-11-08T12:00:00.000Z' };

describe('a run that waits', () => {
  it('goes on where nothing ends it', () => {
    expect(endsNext(run, ground)).toBeUndefined();
  });

  it.each([
    ['its workflow was removed', run, { workflow: undefined }, 'The workflow was removed.'],
    [
      'its step is gone',
      { ...run, stepId: 'gone' },
      {},
      'The step it waited at was removed from the workflow.',
    ],
    [
      'a condition ends it',
      run,
      {
        workflow: {
          ...workflow,
          exitWhen: [
            { property: 'customer.hasLivingSubscription', operator: 'is', value: 'false' } as const,
          ],
        },
      },
      'The workflow ends early when customer.hasLivingSubscription is false.',
    ],
    [
      'its workflow was paused for too long',
      { ...late, parkedAt: late.dueAt },
      { workflow: { ...workflow, status: 'paused' as const } },
      'The workflow was paused until more than a day after it was due.',
    ],
    [
      'its date is not known anymore',
      { ...run, stepId: 'before-end' },
      { workflow: sequences.find(({ workflowId }) => workflowId === 'trial-ending') },
      'The subscription has no trialEnd to wait for.',
    ],
  ])('tells when %s', (_, one, change, reason) => {
    expect(endsNext(one, { ...ground, ...change })).toBe(reason);
  });

  it('counts a paused workflow as active again by the time it is due', () => {
    const paused = { ...ground, workflow: { ...workflow, status: 'paused' as const } };
    expect(endsNext(run, paused)).toBeUndefined();
  });

  it('has nothing to tell once it has ended', () => {
    const over = ended(run, 'exited', 'It is over.', now);
    expect(endsNext(over, { ...ground, workflow: undefined })).toBeUndefined();
  });
});

describe('what a run would do from now on', () => {
  const dates = ({ steps, end }: ReturnType<typeof outlookOf>) => [
    ...steps.map(({ dueAt, stepId, did, reason = '' }) => `${dueAt} ${stepId} ${did} ${reason}`),
    `${end?.at} ${end?.state} ${end?.reason ?? ''}`,
  ];
  const trial = sequences.find(({ workflowId }) => workflowId === 'trial-ending');
  const subscribed = (trialEnd: string): Customer => ({
    ...customer,
    subscriptions: {
      s: { status: 'trialing', version: '1', trialEnd, productId: 'p' },
    },
  });

  it('is a list of its steps, each at the time when it is due', () => {
    expect(dates(outlookOf(run, ground))).toEqual([
      '2026-11-12T12:00:00.000Z day-3 sent ',
      '2026-11-16T12:00:00.000Z day-7 sent ',
      '2026-11-16T12:00:00.000Z done ',
    ]);
  });

  it('ends where the facts of now end it', () => {
    const subscription = {
      subscriptionId: 's',
      properties: { customerId: 'c', subscriptionId: 's' },
    };
    const recovered = subscribed('2026-11-30T12:00:00.000Z');
    const now = { ...ground, workflow: dunning, customer: recovered };
    expect(dates(outlookOf({ ...run, ...subscription }, now))).toEqual([
      '2026-11-12T12:00:00.000Z exited The workflow ends early when subscription.status is not past_due.',
    ]);
  });

  it('follows a date that has moved', () => {
    const waits = { ...run, workflowId: 'trial-ending', subscriptionId: 's', stepId: 'before-end' };
    const ahead = outlookOf(waits, {
      ...{ ...ground, workflow: trial },
      customer: subscribed('2026-11-30T12:00:00.000Z'),
    });
    expect(dates(ahead)).toEqual([
      '2026-11-27T12:00:00.000Z reminder sent ',
      '2026-11-27T12:00:00.000Z done ',
    ]);
  });

  it('tells which steps are skipped, and why', () => {
    const onlyIf = [{ property: 'subscription.status', operator: 'is', value: 'active' } as const];
    const steps = workflow.steps.map((step) =>
      step.id === 'day-3' && step.kind === 'send' ? { ...step, onlyIf } : step,
    );
    expect(dates(outlookOf(run, { ...ground, workflow: { ...workflow, steps } }))[0]).toBe(
      '2026-11-12T12:00:00.000Z day-3 skipped The condition is not met: subscription.status is active.',
    );
  });

  it('begins with what goes at once where it begins now', () => {
    const start = { ...run, stepId: undefined, dueAt: undefined, wakeAt: undefined };
    expect(dates(outlookFromStart(start, ground))).toEqual([
      '2026-11-10T12:00:00.000Z email sent ',
      '2026-11-13T12:00:00.000Z day-3 sent ',
      '2026-11-17T12:00:00.000Z day-7 sent ',
      '2026-11-17T12:00:00.000Z done ',
    ]);
  });
});
