import { isDeepStrictEqual } from 'node:util';
import type { Workflow } from '#shared/audience/workflow.ts';
import { plainDraft, type WorkflowDraft } from './check/written-draft.ts';
import { draftOf } from './workflow-drafts.ts';

/** What differs from the version before it; `changed` is `null` where that was not kept. */
export type WorkflowVersion = Readonly<{
  version: number;
  savedAt: string;
  status: Workflow['status'];
  name: string;
  /** Names of fields. */
  changed: readonly string[] | null;
}>;

/** The history of a workflow, from its versions, the newest first. */
export function historyOf(kept: readonly Workflow[]): WorkflowVersion[] {
  return kept.map((workflow, at) => {
    const { version, updatedAt: savedAt, status, name } = workflow;
    const before = kept[at + 1];
    const isKept = before?.version === version - 1;
    const changes = isKept ? differences(before, workflow).map((one) => one.field) : null;
    return { version, savedAt, status, name, changed: version === 1 ? [] : changes };
  });
}

export type Difference = Readonly<{ field: string; from: unknown; to: unknown }>;

/** What differs of what people decide: whether it is active, and all that they write. */
export function differences(before: Workflow, after: Workflow): Difference[] {
  const [from, to] = [written(before), written(after)];
  return Object.keys({ ...from, ...to })
    .filter((field) => !isDeepStrictEqual(from[field], to[field]))
    .map((field) => ({ field, from: from[field], to: to[field] }));
}

function written(workflow: Workflow): Record<string, unknown> {
  const draft = draftOf(workflow);
  const { trigger, steps, ...rest } = draft;
  const plain = plainDraft(draft);
  return {
    status: workflow.status,
    ...rest,
    ...trigger,
    ...(plain ? plain.email : ofSteps(steps)),
  };
}

/** `day-3.subject` of the step `day-3`; a wait by its id alone. */
function ofSteps(steps: WorkflowDraft['steps']): Record<string, unknown> {
  const fields = steps.flatMap((step): [string, unknown][] => {
    if (step.kind === 'wait') return [[step.id, step]];
    const { id, email, onlyIf } = step;
    return Object.entries({ onlyIf, ...email }).map(([name, value]) => [`${id}.${name}`, value]);
  });
  return { ...Object.fromEntries(fields), steps: steps.map(({ id }) => id) };
}
