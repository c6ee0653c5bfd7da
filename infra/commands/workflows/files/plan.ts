import { createHash } from 'node:crypto';
import * as z from 'zod';
import { type AlsoMailing, alsoMailing } from '#shared/audience/also-mailing.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import {
  checkWorkflow,
  type MailSurroundings,
  triggerWarning,
  type WorkflowCheck,
} from '#shared/mail/check/check-workflow.ts';
import { draftOf, moveWarnings } from '#shared/mail/workflow-drafts.ts';
import { type Difference, differences } from '#shared/mail/workflow-history.ts';
import { readWorkflowFile, workflowFile } from './workflow-file.ts';

/** A file of the folder; its name without `.md` is the id of the workflow. */
export type FolderFile = Readonly<{ workflowId: string; text: string }>;

/** A workflow of the stack, and the version that a file was exported from, where it is another and is kept. */
type Present = Readonly<{ workflow: Workflow; base?: Workflow | undefined }>;

export type Stack = Readonly<{
  present: readonly Present[];
  /** Ids of workflows that were removed. */
  removed: readonly string[];
}>;

type PlannedProblem = Readonly<{ field: string | undefined; text: string }>;

export type Planned = Readonly<{ workflowId: string; warnings: readonly string[] }> &
  (
    | Readonly<{ kind: 'new'; after: Workflow; written: unknown }>
    | Readonly<{
        kind: 'changed';
        before: Workflow;
        after: Workflow;
        written: unknown;
        changes: readonly Difference[];
      }>
    | Readonly<{ kind: 'unchanged'; before: Workflow }>
    /** Somebody saved it since the version in the file. */
    | Readonly<{
        kind: 'drift';
        before: Workflow;
        seen: number;
        /** What they changed; `undefined` where that version was not kept. */
        elsewhere: readonly Difference[] | undefined;
        /** How the file differs from what is there now. */
        changes: readonly Difference[];
      }>
    | Readonly<{ kind: 'no-file'; before: Workflow }>
    | Readonly<{ kind: 'problems'; problems: readonly PlannedProblem[] }>
  );

/** The file of a workflow in a folder, with the version that it was written from. */
export function folderFile(workflow: Workflow): string {
  const { version, status } = workflow;
  return workflowFile(draftOf(workflow)).replace(
    '---\n',
    `---\nversion: ${version}\nstatus: ${status}\n`,
  );
}

/** The same text as of another version; the rest stays as a person wrote it. */
export function withVersion(text: string, version: number): string {
  const end = text.indexOf('\n---', 3);
  const head = text.slice(0, end).replace(/\r?\nversion:[^\r\n]*/, '');
  const newLine = text.startsWith('---\r\n') ? '\r\n' : '\n';
  return `---${newLine}version: ${version}${head.slice(3)}${text.slice(end)}`;
}

const headSchema = z.looseObject({
  version: z.int().positive().optional(),
  status: z.enum(['draft', 'active', 'paused']).optional(),
});

type ReadHead =
  | Readonly<{
      kind: 'read';
      version: number | undefined;
      status: Workflow['status'] | undefined;
      written: unknown;
    }>
  | Readonly<{ kind: 'refused'; problems: readonly PlannedProblem[] }>;

/** What is written in a file of a folder. */
export function readFolderFile(text: string): ReadHead {
  const read = readWorkflowFile(text);
  if (read.kind === 'refused') return refused(undefined, read.problem);
  const head = headSchema.safeParse(read.written);
  if (head.success) {
    const { version, status, ...written } = head.data;
    return { kind: 'read', version, status, written };
  }
  const fields = new Set(head.error.issues.map(({ path }) => String(path[0])));
  return {
    kind: 'refused',
    problems: [...fields].map((field) => ({
      field,
      text:
        field === 'version'
          ? 'The version must be a whole number, as "export" writes it.'
          : 'The status is draft, active or paused.',
    })),
  };
}

const refused = (field: string | undefined, text: string) =>
  ({ kind: 'refused', problems: [{ field, text }] }) as const;

/** What would become of each workflow, of the stack and of the folder. Pure. */
export function planOf(
  files: readonly FolderFile[],
  { present, removed }: Stack,
  surroundings: MailSurroundings,
): Planned[] {
  const stack = new Map(present.map((one) => [one.workflow.workflowId, one]));
  const planned = files.map(({ workflowId, text }) =>
    plannedOf(workflowId, text, stack.get(workflowId), removed.includes(workflowId), surroundings),
  );
  const named = new Set(files.map(({ workflowId }) => workflowId));
  const others = present.flatMap(({ workflow: before }): Planned[] => {
    const { workflowId } = before;
    return named.has(workflowId) ? [] : [{ workflowId, warnings: [], kind: 'no-file', before }];
  });
  return [...planned, ...others].sort((a, b) => (a.workflowId < b.workflowId ? -1 : 1));
}

function plannedOf(
  workflowId: string,
  text: string,
  there: Present | undefined,
  isRemoved: boolean,
  surroundings: MailSurroundings,
): Planned {
  const problems = (all: readonly PlannedProblem[]): Planned => {
    return { workflowId, warnings: [], kind: 'problems', problems: all };
  };
  const read = readFolderFile(text);
  if (read.kind === 'refused') return problems(read.problems);
  const { version, status, written } = read;
  const check = checkWorkflow(written, surroundings);
  if (check.kind === 'refused') return problems(placed(check, written));
  const against = reasonAgainst(read, there?.workflow, isRemoved, check);
  if (against) return problems([against]);
  const { warnings } = check;
  const said = { workflowId, warnings };
  if (!there) {
    const after = { ...check.draft, steps: check.steps, workflowId, version: 1 };
    const times = { createdAt: '', updatedAt: '' };
    return {
      ...said,
      kind: 'new',
      written,
      after: { ...after, ...times, status: status ?? 'draft' },
    };
  }
  const before = there.workflow;
  const after = { ...before, ...check.draft, steps: check.steps, status: status ?? before.status };
  const changes = differences(asFiled(before), after);
  if (changes.length === 0) return { ...said, kind: 'unchanged', before };
  const elsewhere = there.base && differences(asFiled(there.base), asFiled(before));
  if (version !== before.version && elsewhere?.length !== 0) {
    return { ...said, kind: 'drift', before, seen: version ?? 0, elsewhere, changes };
  }
  const moved = [...moveWarnings(before, after), ...warnings];
  return { workflowId, warnings: moved, kind: 'changed', before, after, written, changes };
}

function reasonAgainst(
  { version, status }: Extract<ReadHead, { kind: 'read' }>,
  before: Workflow | undefined,
  isRemoved: boolean,
  { obstacles }: Extract<WorkflowCheck, { kind: 'accepted' }>,
): PlannedProblem | undefined {
  if (!before && isRemoved) {
    const text =
      'A workflow of this id was removed. Bring it back with "restore", or remove the file.';
    return { field: undefined, text };
  }
  if (before && version === undefined) {
    const text = `It is missing, and the workflow is there. Export it, or write the version that you have seen: ${before.version}.`;
    return { field: 'version', text };
  }
  if (before && version !== undefined && version > before.version) {
    const text = `The stack has version ${before.version} at most, not ${version}. Is this the folder of another stage?`;
    return { field: 'version', text };
  }
  if (status === 'draft' && before && before.status !== 'draft') {
    return {
      field: 'status',
      text: `It is ${before.status} and cannot be a draft again. Write paused.`,
    };
  }
  const isActive = (status ?? before?.status) === 'active';
  return isActive && obstacles.length > 0
    ? { field: 'status', text: `It cannot be active. ${obstacles.join(' ')}` }
    : undefined;
}

const stepsSchema = z.object({ steps: z.array(z.object({ id: z.string() })) });

/** The problems with the ids of steps for their numbers. */
function placed(
  { problems, places }: Extract<WorkflowCheck, { kind: 'refused' }>,
  written: unknown,
): PlannedProblem[] {
  const { steps = [] } = stepsSchema.safeParse(written).data ?? {};
  const named = places.map(({ field, text }) => ({
    field: field?.replace(/^steps\.(\d+)/, (all, index) => steps[Number(index)]?.id ?? all),
    text,
  }));
  const texts = new Set(places.map(({ text }) => text));
  const others = problems.filter((text) => !texts.has(text));
  return [...named, ...others.map((text) => ({ field: undefined, text }))];
}

/** As it is read from a file, which keeps no empty lines around a body. */
function asFiled(workflow: Workflow): Workflow {
  const steps = workflow.steps.map((step) => {
    if (step.kind === 'wait') return step;
    const body = step.email.body.replace(/^\n+|\n+$/g, '');
    return { ...step, email: { ...step.email, body } };
  });
  return { ...workflow, steps };
}

/** Of each workflow that a plan changes and that sends then, which others mail its people, too. Pure. */
export function alsoMailingAfter(
  planned: readonly Planned[],
  { present }: Stack,
  { settings }: Pick<MailSurroundings, 'settings'>,
): ReadonlyMap<string, readonly AlsoMailing[]> {
  const after = new Map(present.map(({ workflow }) => [workflow.workflowId, workflow]));
  const toApply = planned.flatMap((one) => ('after' in one ? [one.after] : []));
  for (const workflow of toApply) after.set(workflow.workflowId, workflow);
  const all = [...after.values()];
  return new Map(
    toApply
      .filter(
        ({ status, trigger }) => status === 'active' && !triggerWarning(trigger.event, settings),
      )
      .map((one) => [one.workflowId, alsoMailing(one.workflowId, one, all)]),
  );
}

/** Whether anything is left to do by `apply` or by a person. */
export function isWork({ kind }: Planned): boolean {
  return kind !== 'unchanged' && kind !== 'no-file';
}

/**
 * Names what was planned: the texts of the files, and what they met in which stack. Another file or another version
 * makes another id, which `differsIn` tells apart.
 */
export function planId(files: readonly FolderFile[], { present }: Stack, title: string): string {
  const texts = files.map(({ workflowId, text }) => [workflowId, text]);
  const versions = files.map(({ workflowId }) => {
    const there = present.find(({ workflow }) => workflow.workflowId === workflowId);
    return [workflowId, there?.workflow.version ?? 0];
  });
  return `${hashOf(texts)}-${hashOf([title, versions])}`;
}

/** Which side changed since the plan of this id. */
export function differsIn(planned: string, now: string): 'files' | 'stack' | 'both' | undefined {
  const [files, stack] = planned.split('-');
  const [filesNow, stackNow] = now.split('-');
  if (files !== filesNow && stack !== stackNow) return 'both';
  if (files !== filesNow) return 'files';
  return stack === stackNow ? undefined : 'stack';
}

function hashOf(what: unknown): string {
  return createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 12);
}
