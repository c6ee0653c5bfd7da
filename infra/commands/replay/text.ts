import { counted, quoted, reasonRows, seconds } from '#infra/commands/words.ts';
import { columns } from '#infra/terminal/lines.ts';
import type { Change, EventRecord, ReplayEntry } from '#shared/audience/event-record.ts';
import type { RehearsedMail, RehearsedRun } from '#shared/audience/replay/rehearsal.ts';
import type { Rehearsal } from '#shared/audience/replay/replay.ts';
import type { StepAhead } from '#shared/audience/runs/outlook.ts';
import { endingText } from '#shared/audience/runs/run.ts';
import { oneLine } from '#shared/safe-text.ts';
import type { ReplayMode } from './options.ts';
import type { EventChoice } from './recorded-events.ts';

type Rehearsed = Extract<Rehearsal, { kind: 'rehearsed' }>;
type Address = (address: string) => string;

const mostOutcomes = 20;

/** What a replay of one event would do, field by field and email by email. */
export function rehearsalLines(
  { webhookId, type, occurredAt, customerId, email }: EventRecord,
  entry: ReplayEntry,
  { mails, runs }: Pick<Rehearsed, 'mails' | 'runs'>,
  address: Address,
): string[] {
  const who = email === undefined ? `customer ${customerId}` : address(email);
  const considered = entry.workflows ?? [];
  return [
    oneLine(`${type} ${webhookId}, ${seconds(occurredAt)}, ${who}`),
    `  ${oneLine(outcomeText(entry))}`,
    ...entry.changes.map((change) => `    ${changeText(change, address)}`),
    ...(entry.erases ? ["    It would again erase what's known about the customer."] : []),
    ...considered.flatMap((one) => [
      `  ${oneLine(workflowText(one, mails))}`,
      ...runs.filter(({ runId }) => runId === one.runId).flatMap(runRows),
    ]),
    ...(entry.triggers && entry.outcome !== 'skipped' && considered.length === 0
      ? [`  No email: no active workflow waits for ${type}.`]
      : []),
  ];
}

/** The same for a program. */
export function rehearsalDocument(
  { webhookId, type, occurredAt, customerId, email }: EventRecord,
  { outcome, reason, changes, erases, workflows = [] }: ReplayEntry,
  { mails, runs }: Pick<Rehearsed, 'mails' | 'runs'>,
  address: Address,
) {
  const shown = (field: string, value: Change['from']) =>
    field === 'email' && typeof value === 'string' ? address(value) : value;
  return {
    ...{ webhookId, type, occurredAt, customerId },
    email: email === undefined ? null : address(email),
    ...{ outcome, reason: reason ?? null },
    changes: changes.map(({ field, from, to }) => ({
      ...{ field, from: shown(field, from), to: shown(field, to) },
    })),
    erases: erases ?? false,
    workflows: workflows.map(({ workflowId, name, ledgerKey, runId, reason: why }) => {
      const mail = mailUnder(ledgerKey, workflowId, mails);
      const ahead = runs.find((one) => one.runId === runId)?.ahead;
      return {
        ...{ workflowId, name, goes: mail?.goes ?? ahead?.steps.some(isSent) ?? false },
        reason: mail?.reason ?? why ?? null,
        run: runId !== undefined && ahead ? { runId, ...ahead, end: ahead.end ?? null } : null,
      };
    }),
  };
}

const isSent = ({ did }: StepAhead) => did === 'sent';

function mailUnder(
  ledgerKey: string | undefined,
  workflowId: string,
  mails: readonly RehearsedMail[],
): RehearsedMail | undefined {
  if (ledgerKey === undefined) return undefined;
  return mails.find((one) => one.workflowId === workflowId && one.ledgerKey === ledgerKey);
}

/** What a run would do, step by step. */
function runRows({ ahead: { steps, end } }: RehearsedRun): string[] {
  const rows = steps.map(({ dueAt, stepId, did, reason }) => [
    seconds(dueAt),
    stepId,
    did === 'sent' ? 'its email would go out' : `no email: ${reason ?? ''}`,
  ]);
  const last = end && [
    seconds(end.at),
    end.state,
    end.reason === undefined ? 'no steps left' : endingText(end.reason),
  ];
  return columns([...rows, ...(last ? [last] : [])]).map((row) => `    ${oneLine(row)}`);
}

/** The outcome of a replay with its reason, by which replays are counted. */
export function outcomeText({ outcome, reason }: Pick<ReplayEntry, 'outcome' | 'reason'>): string {
  return reason === undefined ? outcome : `${outcome}: ${reason}`;
}

function changeText({ field, from, to }: Change, address: Address): string {
  const shown = (value: Change['from']) => {
    if (typeof value !== 'string') return value === null ? 'nothing' : String(value);
    return `"${oneLine(field === 'email' ? address(value) : value)}"`;
  };
  return `${field}: ${shown(from)} → ${shown(to)}`;
}

function workflowText(
  { workflowId, name, ledgerKey, runId, reason }: NonNullable<ReplayEntry['workflows']>[number],
  mails: readonly RehearsedMail[],
): string {
  const head = `workflow ${workflowId} ("${name}"):`;
  if (runId !== undefined) return `${head} a run would start.`;
  const mail = mailUnder(ledgerKey, workflowId, mails);
  if (mail?.goes) return `${head} its email would go out.`;
  return `${head} no email. ${mail?.reason ?? reason ?? ''}`.trimEnd();
}

export function outcomeLines(outcomes: ReadonlyMap<string, number>): string[] {
  return reasonRows(outcomes, mostOutcomes).map((line) => `  ${line}`);
}

export function modeQuestion(count: number, { triggers, again }: ReplayMode): string {
  const emails = again
    ? 'Emails go out, including those customers already got.'
    : 'Emails that never went out may go out.';
  return `Replay ${counted(count, 'event')} with today's settings? ${triggers ? emails : 'No emails go out.'}`;
}

/** The command that means the same events, whenever it is given. */
export function commandText(
  choice: EventChoice,
  { triggers, again }: ReplayMode,
  more: string,
): string {
  const words =
    choice.kind === 'one'
      ? ['--webhook', quoted(choice.webhookId)]
      : Object.entries({
          since: choice.since,
          until: choice.until,
          type: choice.type,
          outcome: choice.outcome,
        }).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));
  const flags = [triggers && '--triggers', again && '--again'].filter(Boolean);
  return `npm run replay -- ${[...words, ...flags].join(' ')}${more}`;
}
