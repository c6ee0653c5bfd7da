import type { ReportedEmail } from '#shared/aws/dynamo-email-admin.ts';
import { columns } from './columns.ts';

type State = ReportedEmail['state'];

/** What each state means for the person who looks. */
const meanings: Readonly<Record<State, string>> = {
  reserved: 'A mailer is about to send it; if that dies, the email becomes unknown.',
  waiting: 'It will be tried again by itself.',
  sent: 'SES took it.',
  blocked: 'It was not sent. Another event of the same kind may still send it.',
  failed: 'It was not sent. Another event of the same kind may still send it.',
  unknown:
    'SES may have sent it: its answer was lost. It is not sent again by itself. If SES reports it, that settles it; else ask the customer, or look into the SES console, and settle it here.',
};

export function emailListLines(emails: readonly ReportedEmail[]): string[] {
  const rows = emails.map(({ createdAt, state, workflowId, ledgerKey, ...email }) => [
    `${createdAt.slice(0, 19)}Z`,
    state,
    workflowId,
    ledgerKey,
    email.reason ?? newsOf(email),
  ]);
  return columns([['CREATED', 'STATE', 'WORKFLOW', 'LEDGER KEY', 'WHAT IS KNOWN'], ...rows]);
}

function newsOf({ feedback }: Pick<ReportedEmail, 'feedback'>): string {
  if (feedback?.complainedAt) return 'complained of';
  if (feedback?.bouncedAt) return 'bounced';
  return feedback?.deliveredAt ? 'delivered' : '';
}

/** All that the ledger holds of one email; it holds no address. */
export function emailLines(email: ReportedEmail): string[] {
  const { feedback = {}, ...row } = email;
  const rows: [string, string | number | undefined][] = [
    ['ledger key', row.ledgerKey],
    ['state', row.state],
    ['reason', row.reason],
    ['workflow', `${row.workflowId}, version ${row.workflowVersion}`],
    ['event', row.webhookId],
    ['customer', row.customerId],
    ['contact', row.contactId],
    ['SES message', row.sesMessageId],
    ['attempts', row.attempts],
    ['created', row.createdAt],
    ['updated', row.updatedAt],
    ['reserved until', row.leaseUntil],
    ['sent', feedback.sentAt],
    ['delivered', feedback.deliveredAt],
    ['bounced', feedback.bouncedAt],
    ['complained of', feedback.complainedAt],
    ['rejected', feedback.rejectedAt],
  ];
  const known = rows.flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return [...columns(known), '', meanings[row.state]];
}
