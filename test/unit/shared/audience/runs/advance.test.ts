import { describe, expect, it } from 'vitest';
import { dueByDate } from '#shared/audience/person/facts.ts';
import type { Customer } from '#shared/audience/person/person.ts';
import type { SubscriptionSnapshot } from '#shared/audience/person/subscription-snapshot.ts';
import { advance, type Ground } from '#shared/audience/runs/advance.ts';
import type { Run } from '#shared/audience/runs/run.ts';
import type { Step, Workflow } from '#shared/audience/workflow.ts';
import { sequences } from '#test/prove/runs/workflows.ts';

function sequence(workflowId: string, change: Partial<Workflow> = {}): Workflow {
  const found = sequences.find((one) => one.workflowId === workflowId);
  if (!found) throw new Error(`There is no sequence ${workflowId}.`);
  return { ...found, exitWhen: [], ...change };
}

const now = new Date('2026-11-10T12:00:00.000Z');
const hours = (count: number) => new Date(now.getTime() + count * 3_600_000).toISOString();
const farewell = sequence('farewell');
const trialEnding = sequence('trial-ending');

/** Somebody whose trial ends in so many hours. */
function customerOf(trialEndsIn?: number): Customer {
  const snapshot = { version: hours(-200), status: 'trialing', cancelAtPeriodEnd: false };
  const trialEnd = trialEndsIn === undefined ? {} : { trialEnd: hours(trialEndsIn) };
  return {
    ...{ customerId: 'c', addresses: [] },
    contact: { contactId: 'k', createdAt: hours(-200), source: 'Polar webhook', consent: {} },
    subscriptions: { s: { ...snapshot, ...trialEnd } },
  };
}

function runOf(workflow: Workflow, stepId: string, change: Partial<Run> = {}): Run {
  return {
    ...{ runId: 'run', workflowId: workflow.workflowId, workflowVersion: 1, contactId: 'k' },
    ...{ customerId: 'c', subscriptionId: 's', webhookId: 'evt', type: workflow.trigger.event },
    ...{ properties: { customerId: 'c', subscriptionId: 's' }, occurredAt: hours(-200) },
    ...{ state: 'waiting', stepId, dueAt: hours(0), wakeAt: hours(0), history: [] },
    ...{ beganAt: hours(-200), updatedAt: hours(-200) },
    ...change,
  };
}

function next(run: Run, workflow: Workflow, change: Partial<Ground> = {}) {
  const ground = { workflow, customer: customerOf(), contact: () => undefined, now, ...change };
  return advance(run, ground);
}

const tookAll = (run: Run) => run.history.map(({ stepId, did }) => [stepId, did]);

describe('a run whose wait is over', () => {
  const run = runOf(farewell, 'until-9');

  it('takes the steps that follow, and asks for their emails by the time they were due', () => {
    const { run: after, emails } = next({ ...run, dueAt: hours(-3) }, farewell);
    expect(after.state).toBe('done');
    expect(tookAll(after)).toEqual([
      ['until-9', 'waited'],
      ['all-gone', 'sent'],
    ]);
    expect(emails).toMatchObject([{ stepId: 'all-gone', dueAt: hours(-3) }]);
  });

  it('goes on after the deletion that began it, and ends by any other', () => {
    const deletion = { occurredAt: hours(-1), webhookId: 'evt', mode: 'unsubscribe' as const };
    const customer = { ...customerOf(), deletion };
    expect(next(run, farewell, { customer }).run.state).toBe('done');
    const other = next({ ...run, type: 'subscription.revoked' }, farewell, { customer }).run;
    expect(other).toMatchObject({ state: 'exited', reason: 'The customer was deleted in Polar.' });
  });

  it('goes on however late it is where it waited for a time, and not for a date', () => {
    expect(next({ ...run, dueAt: hours(-25) }, farewell).run.state).toBe('done');
    const dated = runOf(trialEnding, 'before-end');
    const missed = next(dated, trialEnding, { customer: customerOf(72 - 25) }).run;
    expect(missed.reason).toContain('It was due more than a day ago');
    const inTime = next(dated, trialEnding, { customer: customerOf(72 - 24) }).run;
    expect(tookAll(inTime)).toEqual([
      ['before-end', 'waited'],
      ['reminder', 'sent'],
    ]);
  });

  it('waits on, for the date, where that has moved', () => {
    const moved = next(runOf(trialEnding, 'before-end'), trialEnding, {
      customer: customerOf(72 + 5),
    });
    const until = { date: 'trialEnd', offsetHours: -72 };
    expect(moved.run).toMatchObject({ state: 'waiting', until, dueAt: hours(5), wakeAt: hours(5) });
    expect(moved.emails).toEqual([]);
  });

  it('takes a step again that it only skipped, and none that it took', () => {
    const skipped = {
      stepId: 'all-gone',
      at: hours(-9),
      dueAt: hours(-9),
      did: 'skipped' as const,
    };
    const before = next({ ...run, history: [skipped] }, farewell);
    expect(before.emails).toHaveLength(1);
    const taken = { ...skipped, did: 'sent' as const, ledgerKey: 'k' };
    const again = next({ ...run, history: [taken] }, farewell);
    expect(again.emails).toEqual([]);
    expect(again.run.history.at(-1)).toMatchObject({ reason: 'Already sent by this run.' });
  });
});

it('a date beyond the year 9999 counts as unknown, rather than as over', () => {
  const never = { endsAt: '9999-12-31T12:00:00.000000Z' } as SubscriptionSnapshot;
  expect(dueByDate({ date: 'endsAt', offsetHours: 11 }, never)).toBe('9999-12-31T23:00:00.000Z');
  expect(dueByDate({ date: 'endsAt', offsetHours: 12 }, never)).toBeUndefined();
});

describe('the wait that follows', () => {
  const [bye, wait, gone] = farewell.steps as [Step, Step, Step];
  const then = (step: Step) => sequence('farewell', { steps: [wait, bye, step, gone] });
  const run = runOf(farewell, 'until-9', { dueAt: hours(-1) });

  it('for a time counts from the time at which the step before was due', () => {
    const { run: after } = next(run, then({ kind: 'wait', id: 'day', for: { hours: 24 } }));
    expect(after).toMatchObject({ state: 'waiting', stepId: 'day', dueAt: hours(23) });
    expect(after).not.toHaveProperty('until');
  });

  it.each([
    ['is over already where it is a time, however long ago', { for: { hours: 1 } }, 'done'],
    ['goes on where a date is missed by less than a day', { until: -20 }, 'done'],
    ['ends where a date is missed by more', { until: -30 }, 'exited'],
    ['waits for a date that is to come', { until: 30 }, 'waiting'],
  ])('%s', (_, how, state) => {
    const until = { date: 'trialEnd' as const, offsetHours: 0 };
    const step: Step =
      'for' in how && how.for
        ? { kind: 'wait', id: 'next', for: how.for }
        : { kind: 'wait', id: 'next', until };
    const late = { ...run, dueAt: 'for' in how ? hours(-70) : hours(-1) };
    const customer = customerOf('until' in how ? how.until : undefined);
    expect(next(late, then(step), { customer }).run).toMatchObject({
      state,
      ...(state === 'waiting' && { until }),
    });
  });
});
