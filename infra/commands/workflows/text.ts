import { withOptions } from '#infra/commands/words.ts';
import { columns } from '#infra/terminal/lines.ts';
import { type Condition, conditionText } from '#shared/audience/conditions.ts';
import {
  type EmailNode,
  type Frequency,
  type SendStep,
  storedWorkflow,
  type Workflow,
  waitText,
} from '#shared/audience/workflow.ts';
import { switchOn } from '#shared/mail/check/check-workflow.ts';
import { isOfOverlaps } from '#shared/mail/moments.ts';
import type { ReadyMade } from '#shared/mail/ready-made/ready-made.ts';
import type { ReadySequence } from '#shared/mail/ready-made/sequences.ts';

export function listLines(workflows: readonly Workflow[]): string[] {
  const rows = workflows.map((workflow) => [
    workflow.workflowId,
    workflow.status,
    workflow.trigger.event,
    kindsOf(workflow.steps),
    words(workflow.frequency),
    workflow.name,
  ]);
  return columns([['ID', 'STATUS', 'EVENT', 'KIND', 'SENDS', 'NAME'], ...rows]);
}

export function readyMadeLines(readyMade: readonly (ReadyMade | ReadySequence)[]): string[] {
  const rows = readyMade.map((one) => [
    one.name,
    one.event,
    kindsOf('steps' in one ? one.steps : [{ kind: 'send', email: one.email }]),
    words(one.frequency),
  ]);
  return columns([['TEMPLATE', 'EVENT', 'KIND', 'SENDS'], ...rows]);
}

type Sends = readonly Readonly<{ kind: 'send' | 'wait'; email?: Pick<EmailNode, 'kind'> }>[];

/** Of its emails, with their number where there are several. */
function kindsOf(steps: Sends): string {
  const kinds = steps.flatMap(({ email }) => (email ? [email.kind] : []));
  const count = kinds.length > 1 ? ` (${kinds.length} emails)` : '';
  return `${[...new Set(kinds)].join(' and ')}${count}`;
}

/**
 * What is odd about a workflow. Where its optional event is switched off, the command that switches it on follows. That
 * Polar mails at the same moment is said once it is active, with what to do about it.
 */
export function warningLines(
  { trigger, status }: Pick<Workflow, 'trigger' | 'status'>,
  warnings: readonly string[],
  options: string,
): string[] {
  const command = `npm run settings -- set events.${trigger.event}.enabled on`;
  const told = warnings.filter((warning) => status === 'active' || !isOfOverlaps(warning));
  return told.flatMap((warning) => [
    `Note: ${warning}`,
    ...(warning.includes(switchOn) ? [`  ${withOptions(command, options)}`] : []),
  ]);
}

/** By its id and its name, which several may have. */
export function calledInFull({ workflowId, name }: Pick<Workflow, 'workflowId' | 'name'>): string {
  return `${workflowId} (“${name}”)`;
}

/** Everything that a person wrote of a workflow. */
export function workflowLines(workflow: Workflow): string[] {
  const { workflowId, name, status, version, trigger, audience, exitWhen, steps } = workflow;
  const { frequency, maxAgeHours } = workflow;
  const stored = storedWorkflow(workflow);
  const isPlain = 'email' in stored;
  return [
    ...columns([
      ['id', workflowId],
      ['name', name],
      ['status', status],
      ['event', trigger.event],
      ...conditionRows('conditions', trigger.conditions, 'and', 'none'),
      ...conditionRows('audience', audience, 'and'),
      ['sends', `${words(frequency)}, for events up to ${maxAgeHours} hours old`],
      ...conditionRows('ends when', exitWhen, 'or'),
      ...(isPlain ? emailRows(stored.email) : []),
      ['version', `${version}, saved ${workflow.updatedAt}`],
      ...(isPlain ? subjectRows(stored.email) : []),
    ]),
    ...(isPlain ? ['', ...bodyLines(stored.email)] : stepLines(steps)),
  ];
}

function conditionRows(
  name: string,
  conditions: readonly Condition[],
  word: string,
  none?: string,
) {
  const [first = none, ...more] = conditions.map(conditionText);
  if (first === undefined) return [];
  return [[name, first], ...more.map((text) => ['', `${word} ${text}`])];
}

function emailRows({ kind, from, replyTo }: EmailNode): string[][] {
  return [
    ['kind', kind],
    ['from', from ?? "the deployment's sender"],
    ['reply to', replyTo ?? 'the same'],
  ];
}

function subjectRows({ subject, preheader }: EmailNode): string[][] {
  return [
    ['subject', subject],
    ['preheader', preheader],
  ];
}

const bodyLines = ({ body }: EmailNode) => body.split('\n').map((line) => `  ${line}`.trimEnd());

/** The steps in their order, and then the emails. */
function stepLines(steps: Workflow['steps']): string[] {
  const rows = steps.map((step, at) => [
    String(at + 1),
    step.id,
    step.kind === 'send' ? `send: ${step.email.subject}` : `wait: ${waitText(step)}`,
  ]);
  const emails = steps.flatMap((step) => (step.kind === 'send' ? ['', ...emailLines(step)] : []));
  return ['', ...columns([['STEP', 'ID', 'WHAT'], ...rows]), ...emails];
}

function emailLines({ id, onlyIf, email }: SendStep): string[] {
  const rows = [
    ...conditionRows('only if', onlyIf, 'and'),
    ...emailRows(email),
    ...subjectRows(email),
  ];
  return [id, ...columns(rows).map((line) => `  ${line}`), '', ...bodyLines(email)];
}

/** Everything that a person wrote of a workflow, by the names of the table. */
export function workflowDocument(workflow: Workflow) {
  const stored = storedWorkflow(workflow);
  if ('steps' in stored) {
    const steps = stored.steps.map((step) => {
      if (step.kind === 'wait') return step;
      const { compiled: _, ...written } = step;
      return written;
    });
    return { ...stored, steps };
  }
  const { compiled: _, ...written } = stored;
  return written;
}

const words = (frequency: Frequency) => frequency.replaceAll('-', ' ');
