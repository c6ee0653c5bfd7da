import { Advice } from '#infra/terminal/advice.ts';
import type { Workflow } from '#shared/audience/workflow.ts';

/** The oldest first. */
export function inOrder(all: readonly Workflow[]): Workflow[] {
  return [...all].sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
}

/** The workflow whose id is this one, or begins so before its last hyphen. Throws Advice where several do. */
export function oneNamed(all: readonly Workflow[], id: string): Workflow | undefined {
  const exact = all.find(({ workflowId }) => workflowId === id);
  if (exact) return exact;
  const [match, ...more] = all.filter(
    ({ workflowId }) => workflowId.slice(0, workflowId.lastIndexOf('-')) === id,
  );
  if (match === undefined || more.length === 0) return match;
  const ids = [match, ...more].map(({ workflowId }) => workflowId);
  throw new Advice(`Say which one: ${ids.join(', ')}.`);
}
