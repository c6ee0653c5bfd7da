import { expect, it } from 'vitest';
import type { Step, Workflow, Workflows } from '#shared/audience/workflow.ts';
import { readWorkerRequest } from '#shared/queue/events-queue.ts';
import { resumingRuns } from '#shared/queue/resuming.ts';
import { sequences } from '#test/prove/runs/workflows.ts';

/** What the worker is asked for when this change of the workflow about the end of trials is saved. */
async function askedBy(change: (workflow: Workflow) => Partial<Workflow>) {
  const before = sequences.find(({ workflowId }) => workflowId === 'trial-ending');
  if (!before) throw new Error('There is no such sequence.');
  const asked: unknown[] = [];
  const done = async () => true;
  const kept: Pick<Workflows, 'find' | 'save' | 'remove' | 'bringBack'> = {
    ...{ find: async () => before, save: done, remove: done, bringBack: done },
  };
  const workflows = resumingRuns(kept, async ({ MessageBody }, delay) => {
    const request = readWorkerRequest('resumption', MessageBody);
    asked.push([request?.kind === 'resumption' && request.resumption, delay]);
  });
  await workflows.save({ ...before, ...change(before), version: before.version + 1 });
  return asked;
}

const earlier = (steps: readonly Step[]) =>
  steps.map((step) =>
    step.kind === 'wait' && 'until' in step
      ? { ...step, until: { ...step.until, offsetHours: -168 } }
      : step,
  );

const workflowId = 'trial-ending';
const datedAt = ['before-end'];

it.each(['active', 'paused'] as const)(
  'an edit of the date that runs wait for lets them look at it again, also when %s',
  async (status) => {
    expect(await askedBy(({ steps }) => ({ status, steps: earlier(steps) }))).toEqual([
      [{ workflowId, datedAt }, 120],
      [{ workflowId, datedAt }, 0],
    ]);
  },
);

it('any other edit asks for parked runs alone, and none for those of a paused workflow', async () => {
  const other = { name: 'Another name' };
  expect(await askedBy(() => other)).toEqual([
    [{ workflowId }, 120],
    [{ workflowId }, 0],
  ]);
  expect(await askedBy(() => ({ ...other, status: 'paused' }))).toEqual([]);
});
