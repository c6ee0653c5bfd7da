import { didText, emailFate, failureText, type WhyHow } from '#infra/commands/words.ts';
import { columns } from '#infra/terminal/lines.ts';
import type {
  ConsideredWorkflow,
  EventRecord,
  ReplayEntry,
} from '#shared/audience/event-record.ts';
import type { FailureRow } from '#shared/queue/dead-letters/letter-reasons.ts';
import type { ReportedEmail } from '#shared/store/mail/emails.ts';
import type { WhyRows } from './rows.ts';

type Mailed = ConsideredWorkflow &
  Readonly<{
    email: ReportedEmail | undefined;
    failures: readonly FailureRow[];
  }>;

/** What each workflow that was considered for a webhook made of it, and what became of its email. */
export async function consideredLines(
  workflows: readonly ConsideredWorkflow[],
  webhookId: string,
  rows: WhyRows,
  how: WhyHow,
): Promise<string[]> {
  const mailed = await Promise.all(workflows.map((one) => withEmail(one, rows)));
  return mailed.flatMap((one) => workflowLines(one, webhookId, how));
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

/** What each replay of an event did, the newest last. */
export async function replaysLines(
  record: EventRecord,
  rows: WhyRows,
  how: WhyHow,
): Promise<string[]> {
  const { replays = [], replayCount = 0 } = record;
  const older = replayCount - replays.length;
  const told = await Promise.all(replays.map((entry) => replayLines(entry, record, rows, how)));
  return [
    ...(older > 0 ? ['', `${older} older replays are not kept one by one.`] : []),
    ...told.flatMap((lines) => ['', ...lines]),
  ];
}

async function replayLines(
  entry: ReplayEntry,
  { webhookId, type }: EventRecord,
  rows: WhyRows,
  how: WhyHow,
): Promise<string[]> {
  const { replayId, at, by, outcome, reason, triggers, workflows = [], settingsVersion } = entry;
  const head = columns([
    ['replay', replayId],
    ['asked', `${at}, by ${by}, ${modeText(entry)}`],
    ['outcome', `${outcome}${reason ? `: ${reason}` : ''}`],
    ...(outcome === 'skipped' ? [] : [['did', didText(entry)]]),
    ['settings', `version ${settingsVersion}`],
  ]);
  const mails = await consideredLines(workflows, webhookId, rows, how);
  if (mails.length > 0) return [...head, ...mails];
  if (!triggers || outcome === 'skipped') return head;
  return [...head, `No email: no active workflow waited for ${type} at that time.`];
}

/** How an event was run again. */
function modeText({ triggers, again }: Pick<ReplayEntry, 'triggers' | 'again'>): string {
  if (!triggers) return 'contact only, without workflows';
  return again ? 'with workflows, emails that went before too' : 'with workflows';
}

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
