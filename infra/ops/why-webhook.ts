import type { EventRecord } from '#shared/audience/event-record.ts';
import type { FailureRow } from '#shared/aws/failure-row.ts';
import { columns } from './columns.ts';
import { replaysLines } from './why-replay.ts';
import type { WhyRows } from './why-rows.ts';
import { didText, failureText, type WhyHow } from './why-text.ts';
import { consideredLines } from './why-workflow.ts';

/** The chain from one recorded webhook, and its replays, to the emails that they asked for, or why they asked for none. */
export async function webhookLines(
  record: EventRecord,
  rows: WhyRows,
  how: WhyHow,
): Promise<string[]> {
  const { webhookId, workflows = [] } = record;
  const [failure, considered, replays] = await Promise.all([
    rows.failures([webhookId]),
    consideredLines(workflows, webhookId, rows, how),
    replaysLines(record, rows, how),
  ]);
  return [
    ...recordLines(record, failure.get(webhookId), how),
    '',
    ...(considered.length > 0 ? considered : await noWorkflowLines(record, rows)),
    ...replays,
  ];
}

/** A webhook that failed before anything was recorded of it. */
export function failedWebhookLines(id: string, failure: FailureRow, how: WhyHow): string[] {
  return [
    `${id} has no record: ${failureText(failure)}`,
    '',
    'Next:',
    `  npm run deadletters -- show ${id.replace(/^(feedback|message) /, '')}${how.options}`,
  ];
}

function recordLines(
  record: EventRecord,
  failure: FailureRow | undefined,
  { address }: WhyHow,
): string[] {
  const { email, contactId, reason } = record;
  const erased = record.erased ? 'yes: addresses, changes and payload are gone' : undefined;
  const given: [string, string | undefined][] = [
    ['webhook', record.webhookId],
    ['type', record.type],
    ['happened', record.occurredAt],
    ['received', record.receivedAt],
    ['outcome', `${record.outcome}${reason ? `: ${reason}` : ''}`],
    ['did', record.outcome === 'skipped' ? undefined : didText(record)],
    ['address', email && address(email)],
    ['contact', contactId],
    ['customer', record.customerId],
    ['settings', `version ${record.settingsVersion}`],
    ['erased', erased],
    ['failed', failure && failureText(failure)],
  ];
  return columns(given.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** Workflows that are no longer, or not yet, as they were then may explain what a person expects. */
async function noWorkflowLines({ type, outcome }: EventRecord, rows: WhyRows): Promise<string[]> {
  const waiting = (await rows.workflows()).filter(({ trigger }) => trigger.event === type);
  const ofToday = waiting.map(
    ({ workflowId, status, updatedAt }) =>
      `  ${workflowId} waits for it now: ${status}, changed ${updatedAt}.`,
  );
  const why =
    outcome === 'skipped'
      ? 'No email: a skipped event triggers no workflow.'
      : `No email: no active workflow waited for ${type} when it was decided.`;
  return [why, ...ofToday];
}
