import { failureIdOf, runFate } from '#infra/commands/run-words.ts';
import {
  didText,
  emailFate,
  failureText,
  quoted,
  type WhyHow,
  withOptions,
} from '#infra/commands/words.ts';
import { columns } from '#infra/terminal/lines.ts';
import { actorName } from '#shared/actor.ts';
import type {
  ConsideredWorkflow,
  EventRecord,
  ReplayEntry,
} from '#shared/audience/event-record.ts';
import type { RunNow } from '#shared/audience/runs/outlook.ts';
import { whyUnchanged } from '#shared/audience/why-unchanged.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { isBackfilled, isLostOrder } from '#shared/polar/event-types.ts';
import type { FailureRow } from '#shared/queue/failures.ts';
import type { ReportedEmail } from '#shared/store/mail/emails.ts';
import type { WhyRows } from './rows.ts';

/** A workflow that was considered, with what became of its email. */
export type Mailed = ConsideredWorkflow &
  Readonly<{
    email: ReportedEmail | undefined;
    /** The one that it began, where it has several steps. */
    run: RunNow | undefined;
    /** Marketing or transactional, where that is still known. */
    mailKind: string | undefined;
    failures: readonly FailureRow[];
  }>;

/** The chain from one recorded webhook, and its replays, to the emails that they asked for. */
export type WebhookChain = Readonly<{
  record: EventRecord;
  failure: FailureRow | undefined;
  workflows: readonly Mailed[];
  /** Where none was considered: those that wait for such an event now. */
  waiting: readonly Workflow[];
  replays: readonly Readonly<{ entry: ReplayEntry; workflows: readonly Mailed[] }>[];
}>;

/** Reads what became of a webhook. */
export async function webhookChain(record: EventRecord, rows: WhyRows): Promise<WebhookChain> {
  const { webhookId, type, workflows = [], replays = [] } = record;
  const withEmails = (considered: readonly ConsideredWorkflow[]) =>
    Promise.all(considered.map((one) => withEmail(one, rows)));
  const [failures, mailed, waiting, replayed] = await Promise.all([
    rows.failures([webhookId]),
    withEmails(workflows),
    workflows.length > 0 ? [] : rows.workflows(),
    Promise.all(
      replays.map(async (entry) => ({ entry, workflows: await withEmails(entry.workflows ?? []) })),
    ),
  ]);
  return {
    record,
    failure: failures.get(webhookId),
    workflows: mailed,
    waiting: waiting.filter(({ trigger }) => trigger.event === type),
    replays: replayed,
  };
}

async function withEmail(one: ConsideredWorkflow, rows: WhyRows): Promise<Mailed> {
  const { ledgerKey, runId } = one;
  const mailKind = await rows.mailKind(one.workflowId, one.version);
  const names = [
    ...(ledgerKey === undefined ? [] : [ledgerKey, `feedback ${ledgerKey}`]),
    ...(runId === undefined ? [] : [failureIdOf({ runId })]),
  ];
  const [email, begun, failures] = await Promise.all([
    ledgerKey === undefined ? undefined : rows.email(ledgerKey),
    runId === undefined ? undefined : rows.run(runId),
    names.length === 0 ? new Map<string, FailureRow>() : rows.failures(names),
  ]);
  const [run] = begun ? await rows.outlook([begun]) : [];
  return { ...one, email, run, mailKind, failures: [...failures.values()] };
}

function workflowLines(mailed: Mailed, webhookId: string, { options }: WhyHow): string[] {
  const { workflowId, name, version, verdict, reason, ledgerKey, email, mailKind } = mailed;
  const kind = mailKind === undefined ? '' : `, ${mailKind}`;
  const head = `workflow ${workflowId} ("${name}", version ${version}${kind})`;
  if (verdict === 'send' && mailed.runId !== undefined) return [head, ...runPart(mailed, options)];
  if (verdict === 'skip' || ledgerKey === undefined) {
    return [`${head}: sends nothing. ${reason ?? ''}`.trimEnd()];
  }
  const lines = [
    `${head}: asks for email ${ledgerKey}`,
    `  ${email ? emailFate(email) : 'Not in the ledger yet: it is on its way, or a dead letter.'}`,
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

/** The run that an event began. */
function runPart({ runId = '', run, failures }: Mailed, options: string): string[] {
  return [
    `  begins run ${runId}: ${run ? runFate(run) : 'it is not kept anymore'}`,
    ...failures.map((failure) => `  ${failureText(failure)}`),
    `  npm run runs -- show ${runId}${options}`,
  ];
}

/** What each replay of an event did, the newest last. */
function replaysLines({ record, replays }: WebhookChain, how: WhyHow): string[] {
  const older = (record.replayCount ?? 0) - replays.length;
  return [
    ...(older > 0 ? ['', `${older} older replays are not kept one by one.`] : []),
    ...replays.flatMap((replay) => ['', ...replayLines(replay, record, how)]),
  ];
}

function replayLines(
  { entry, workflows }: WebhookChain['replays'][number],
  { webhookId, type }: EventRecord,
  how: WhyHow,
): string[] {
  const { replayId, at, by, outcome, reason, groupReason, triggers, settingsVersion } = entry;
  const head = columns([
    ['replay', replayId],
    ['asked', `${at}, by ${actorName(by)}, ${modeText(entry)}`],
    ['outcome', `${outcome}${reason ? `: ${reason}` : ''}`],
    ...(outcome === 'skipped' ? [] : [['did', didText(entry)]]),
    ...(groupReason === undefined ? [] : [['group', groupReason]]),
    ['settings', `version ${settingsVersion}`],
  ]);
  const mails = workflows.flatMap((one) => workflowLines(one, webhookId, how));
  if (mails.length > 0) return [...head, ...mails];
  if (!triggers || outcome === 'skipped') return head;
  return [...head, `No email: no active workflow waited for ${type} at that time.`];
}

/** How an event was run again. */
function modeText({ triggers, again }: Pick<ReplayEntry, 'triggers' | 'again'>): string {
  if (!triggers) return 'contact only, without workflows';
  return again ? 'with workflows, emails that went before too' : 'with workflows';
}

/** The chain of a webhook, or why no email was asked for, for a terminal. */
export function webhookLines(chain: WebhookChain, how: WhyHow): string[] {
  const { record, failure, workflows } = chain;
  const mails = workflows.flatMap((one) => workflowLines(one, record.webhookId, how));
  return [
    ...recordLines(record, failure, how),
    '',
    ...(mails.length > 0 ? mails : noWorkflowLines(chain)),
    ...replaysLines(chain, how),
    '',
    'Next:',
    `  npm run why -- ${record.customerId}${how.options}`,
  ];
}

/** A queue gives a message to its function so often. */
const mostAttempts = 12;

/** A webhook that failed before anything was recorded of it. */
export function failedWebhookLines(id: string, failure: FailureRow, how: WhyHow): string[] {
  const letter = `npm run deadletters -- show ${quoted(id.replace(/^(feedback|message) /, ''))}${how.options}`;
  const isDead = failure.isFinal || failure.attempts >= mostAttempts;
  return [
    `${id} has no record: ${failureText(failure)}`,
    '',
    ...(isDead
      ? ['Next:', `  ${letter}`]
      : [
          'It is retried automatically. Until that ends, just remove the cause.',
          '',
          'Next:',
          `  npm run ${withOptions('status', how.options)}`,
          'Once it is dead:',
          `  ${letter}`,
        ]),
  ];
}

function recordLines(
  record: EventRecord,
  failure: FailureRow | undefined,
  { address }: WhyHow,
): string[] {
  const { email, contactId, outcome, reason } = record;
  const why = outcome === 'unchanged' ? unchangedText(record, address) : reason;
  const erased = record.erased ? 'yes: addresses, changes and payload are gone' : undefined;
  const given: [string, string | undefined][] = [
    ['webhook', record.webhookId],
    ['type', record.type],
    ['happened', record.occurredAt],
    ['received', record.receivedAt],
    ['outcome', `${record.outcome}${why ? `: ${why}` : ''}`],
    ['did', record.outcome === 'skipped' ? undefined : didText(record)],
    ['group', record.groupReason],
    ['kept by hand', record.keptByHand?.join(', ')],
    ['address', email && address(email)],
    ['contact', contactId],
    ['customer', record.customerId],
    ['settings', `version ${record.settingsVersion}`],
    ['erased', erased],
    ['failed', failure && failureText(failure)],
  ];
  return columns(given.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

function unchangedText(record: EventRecord, address: WhyHow['address']): string {
  const { before, whom = '', after } = whyUnchanged(record, (field) => field);
  return `${before}${whom !== '' && record.email ? address(record.email) : whom}${after}`;
}

/** Workflows that are no longer, or not yet, as they were then may explain what a person expects. */
function noWorkflowLines({ record, waiting }: WebhookChain): string[] {
  const { webhookId, type, outcome } = record;
  if (isBackfilled(webhookId) && !isLostOrder(webhookId)) {
    return [
      'No email: this event was made from what Polar lists, and no workflow sees such events.',
    ];
  }
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
