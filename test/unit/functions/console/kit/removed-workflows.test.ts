import { expect, it } from 'vitest';
import { removedWorkflows } from '#functions/console/kit/removed-workflows.ts';
import type { Workflow, Workflows } from '#shared/audience/workflow.ts';
import { approvedMail } from '#test/support/audience/approved-mail.ts';

const { workflow } = approvedMail();
if (!workflow) throw new Error('The mail has no workflow.');
const workflowNamed = (name: string): Workflow => ({ ...workflow, workflowId: name, name });

/** The workflows that are there and those that were removed, and one instance of the console that lists these. */
function atWork() {
  const present = [workflowNamed('receipt')];
  const gone: Workflow[] = [];
  let nowMs = Date.UTC(2026, 10, 29);
  let reads = 0;
  let isAway = false;
  const removed: Workflows['removed'] = async () => {
    reads += 1;
    if (isAway) throw new Error('The table is away.');
    return [...gone];
  };
  const list = removedWorkflows({ removed }, () => nowMs);
  return {
    names: async (isFresh?: boolean) => (await list(present, isFresh)).map(({ name }) => name),
    add: (name: string) => present.push(workflowNamed(name)),
    remove: (name: string) => {
      const at = present.findIndex((one) => one.name === name);
      gone.unshift(...present.splice(at, 1));
    },
    pass: (seconds: number) => {
      nowMs += seconds * 1_000;
    },
    breakOff: (isBroken: boolean) => {
      isAway = isBroken;
    },
    reads: () => reads,
  };
}

it('a workflow that was added and removed meanwhile is found after 10 seconds, though the same ones are there', async () => {
  const { names, add, remove, pass } = atWork();
  expect(await names()).toEqual([]);
  add('dunning');
  remove('dunning');
  pass(10);
  expect(await names()).toEqual(['dunning']);
});

it('a workflow that is gone since the last look is found at once', async () => {
  const { names, remove } = atWork();
  expect(await names()).toEqual([]);
  remove('receipt');
  expect(await names()).toEqual(['receipt']);
});

it('reads once for all who ask within 10 seconds, but for whoever may have just removed one', async () => {
  const { names, add, remove, pass, reads } = atWork();
  await Promise.all([names(), names()]);
  pass(9.999);
  await names();
  expect(reads()).toBe(1);
  add('dunning');
  remove('dunning');
  expect(await names(true)).toEqual(['dunning']);
  expect(reads()).toBe(2);
});

it('does not keep a look that failed', async () => {
  const { names, breakOff } = atWork();
  breakOff(true);
  await expect(names()).rejects.toThrow('The table is away.');
  breakOff(false);
  expect(await names()).toEqual([]);
});
