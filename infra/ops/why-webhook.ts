import type { ConsideredWorkflow, EventRecord } from '#shared/audience/event-record.ts';
import type { ReportedEmail } from '#shared/aws/dynamo-email-admin.ts';
import type { FailureRow } from '#shared/aws/failure-row.ts';
import { columns } from './columns.ts';
import type { WhyRows } from './why-rows.ts';
import { emailFate, failureText, type WhyHow } from './why-text.ts';

type Mailed = ConsideredWorkflow &
  Readonly<{
    email: ReportedEmail | undefined;
    failures: readonly FailureRow[];
  }>;

/** The chain from one recorded webhook to the emails that it asked for, or why it asked for none. */
export async function webhookLines(
  record: EventRecord,
  rows: WhyRows,
  how: WhyHow,
): Promise<string[]> {
  const [failure, mailed] = await Promise.all([
    rows.failures([record.webhookId]),
    Promise.all((record.workflows ?? []).map((one) => withEmail(one, rows))),
  ]);
  const own = failure.get(record.webhookId);
  return [
    ...recordLines(record, own, how),
    '',
    ...(mailed.length > 0
      ? mailed.flatMap((one) => workflowLines(one, record.webhookId, how))
      : await noWorkflowLines(record, rows)),
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
  const { changes, email, contactId, reason } = record;
  const fields = changes.map(({ field }) => field).join(', ');
  const changed = changes.length > 0 ? `${changes.length} changes (${fields})` : 'no changes';
  const erased = record.erased ? 'yes: addresses, changes and payload are gone' : undefined;
  const given: [string, string | undefined][] = [
    ['webhook', record.webhookId],
    ['type', record.type],
    ['happened', record.occurredAt],
    ['received', record.receivedAt],
    ['outcome', `${record.outcome}${reason ? `: ${reason}` : ''}`],
    ['did', record.outcome === 'skipped' ? undefined : changed],
    ['address', email && address(email)],
    ['contact', contactId],
    ['customer', record.customerId],
    ['settings', `version ${record.settingsVersion}`],
    ['erased', erased],
    ['failed', failure && failureText(failure)],
  ];
  return columns(given.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

async function withEmail(one: ConsideredWorkflow, rows: WhyRows): Promise<Mailed> {
  const { ledgerKey } = one;
  if (ledgerKey === undefined) return { ...one, email: undefined, failures: [] };
  const [email, failures] = await Promise.all([
    rows.email(ledgerKey),
    rows.failures([ledgerKey, `feedback ${ledgerKey}`]),
  ]);
  return { ...one, email, failures: [...failures.values()] };
}

function workflowLines(mailed: Mailed, webhookId: string, { options }: WhyHow): string[] {
  const { workflowId, name, version, verdict, reason, ledgerKey, email } = mailed;
  const head = `workflow ${workflowId} ("${name}", version ${version})`;
  if (verdict === 'skip' || ledgerKey === undefined) {
    return [`${head}: sends nothing. ${reason ?? ''}`.trimEnd()];
  }
  const lines = [
    `${head}: asks for email ${ledgerKey}`,
    `  ${email ? emailFate(email) : 'Not in the ledger yet: it is on its way, or dead.'}`,
  ];
  if (email && email.webhookId !== webhookId) {
    lines.push(
      `  The key is that of webhook ${email.webhookId}: the workflow mails once for both.`,
    );
  }
  lines.push(...mailed.failures.map((failure) => `  ${failureText(failure)}`));
  if (!email) lines.push(`  npm run deadletters -- show ${ledgerKey}${options}`);
  else if (email.state !== 'sent') lines.push(`  npm run emails -- show ${ledgerKey}${options}`);
  return lines;
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
