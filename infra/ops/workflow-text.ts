import type { Condition, Frequency, Workflow } from '#shared/audience/workflow.ts';
import type { ReadyMade } from '#shared/mail/ready-made.ts';
import { columns } from './columns.ts';

export function listLines(workflows: readonly Workflow[]): string[] {
  const rows = workflows.map(({ workflowId, status, trigger, email, frequency, name }) => [
    workflowId,
    status,
    trigger.event,
    email.kind,
    words(frequency),
    name,
  ]);
  return columns([['ID', 'STATUS', 'EVENT', 'KIND', 'SENDS', 'NAME'], ...rows]);
}

export function readyMadeLines(readyMade: readonly ReadyMade[]): string[] {
  const rows = readyMade.map(({ name, event, email, frequency }) => [
    name,
    event,
    email.kind,
    words(frequency),
  ]);
  return columns([['TEMPLATE', 'EVENT', 'KIND', 'SENDS'], ...rows]);
}

/** Everything that a person wrote of a workflow. */
export function workflowLines(workflow: Workflow): string[] {
  const { workflowId, name, status, version, trigger, frequency, maxAgeHours, email } = workflow;
  const [first = 'none', ...more] = trigger.conditions.map(conditionText);
  return [
    ...columns([
      ['id', workflowId],
      ['name', name],
      ['status', status],
      ['event', trigger.event],
      ['conditions', first],
      ...more.map((condition) => ['', `and ${condition}`]),
      ['sends', `${words(frequency)}, for events up to ${maxAgeHours} hours old`],
      ['kind', email.kind],
      ['from', email.from ?? "the deployment's sender"],
      ['reply to', email.replyTo ?? 'the same'],
      ['version', `${version}, saved ${workflow.updatedAt}`],
      ['subject', email.subject],
      ['preheader', email.preheader],
    ]),
    '',
    ...email.body.split('\n').map((line) => `  ${line}`.trimEnd()),
  ];
}

const words = (frequency: Frequency) => frequency.replaceAll('-', ' ');

function conditionText({ property, operator, value }: Condition): string {
  return [property, operator.replaceAll('-', ' '), value].filter(Boolean).join(' ');
}
