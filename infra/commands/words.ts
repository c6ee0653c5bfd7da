import { columns, maskedAddress } from '#infra/terminal/lines.ts';
import { actorName } from '#shared/actor.ts';
import {
  type Fated,
  fateOf,
  isMarkedAsSent,
  type StateOrHeld,
  stateOrHeld,
} from '#shared/audience/emails/email-fate.ts';
import type { EventRecord } from '#shared/audience/event-record.ts';
import { isLoopbackUrl, localPolarAway } from '#shared/polar/access.ts';
import { organizationsWrite } from '#shared/polar/api.ts';
import type { Connection, ConnectionParts } from '#shared/polar/connection/connection.ts';
import { gapText, gapToClose } from '#shared/polar/connection/gap.ts';
import {
  type ConnectionHealth,
  type Repair,
  surplusNote,
} from '#shared/polar/connection/health.ts';
import type { FirstToSwitch } from '#shared/polar/connection/switch-emails.ts';
import type { FailureRow } from '#shared/queue/failures.ts';
import type { KeptCustomer } from '#shared/store/audience/contact-lookup.ts';
import type { ReportedEmail } from '#shared/store/mail/emails.ts';

/** The command for each fault of a connection; none: it takes patience. */
export const remedies: Record<Repair, string | undefined> = {
  enable: 'npm run connect -- --repair',
  repair: 'npm run connect -- --repair',
  redeliver: 'npm run recover',
  connect: 'npm run connect -- --token -',
  wait: undefined,
};

/** The connection and how it is, for a terminal. `options` stand behind each command that is proposed. */
export function healthLines(
  connection: Connection,
  { endpoint, events, surplus, deliveries, faults }: ConnectionHealth,
  { options, apiUrl }: Pick<ConnectionParts, 'apiUrl'> & Readonly<{ options: string }>,
): string[] {
  const note = surplusNote({ surplus });
  const gap = gapToClose(connection, faults);
  const { organizationName, organizationSlug, server, connectedAt, by, method } = connection;
  const way = method === 'oauth' ? 'by signing in' : 'with an access token';
  const isAway = faults.some(({ sentence }) => sentence === localPolarAway);
  const where = isAway || isLoopbackUrl(apiUrl) ? 'on the local Polar' : server;
  const facts = [
    ['organization', `${organizationName} (${organizationSlug}), ${where}`],
    ['connected', `${connectedAt} by ${actorName(by)}, ${way}`],
    ['webhooks go to', endpoint?.url ?? connection.url],
    ['endpoint', endpoint ? (endpoint.enabled ? 'enabled' : 'disabled') : 'unknown'],
    ...(events ? [['events', `${events.has} of ${events.wanted}`]] : []),
  ];
  const attempts = deliveries.map(({ at, type, succeeded, httpCode, eventId }) => [
    at,
    type,
    succeeded ? 'delivered' : `failed (${httpCode ?? 'not reached'})`,
    eventId,
  ]);
  return [
    ...columns(facts),
    ...(attempts.length > 0 ? ['', 'Latest deliveries:', ...columns(attempts)] : []),
    '',
    ...(faults.length === 0 && !gap ? ['Nothing is wrong.'] : faults.flatMap(faultLines(options))),
    ...(gap ? [gapText(gap), `  ${withOptions('npm run recover', options)}`] : []),
    ...(note === undefined
      ? []
      : ['', note, `  ${withOptions('npm run connect -- --repair', options)}`]),
  ];
}

function faultLines(options: string) {
  return ({ sentence, repair }: ConnectionHealth['faults'][number]): string[] => {
    const remedy = remedies[repair];
    return remedy === undefined ? [sentence] : [sentence, `  ${withOptions(remedy, options)}`];
  };
}

/** How to switch these mails of Polar's off, with what comes first. */
export function switchOffLines(
  keys: readonly string[],
  first: FirstToSwitch,
  options: string,
): string[] {
  const off = `  npm run connect -- --emails-off ${keys.join(',')}${options}`;
  switch (first) {
    case 'switch':
      return ["Switch Polar's off:", off];
    case 'sign-in':
      return [
        `To switch Polar's off, first sign in again on the console's Polar page, with the scope ${organizationsWrite}:`,
        `  ${withOptions('npm run console', options)}`,
        'Then:',
        off,
      ];
    case 'check-token':
      return [`Switch Polar's off, if your token has the scope ${organizationsWrite}:`, off];
  }
}

/** The same command for the same deployment. */
export function withOptions(command: string, options: string): string {
  if (options === '') return command;
  return command.includes(' -- ') ? `${command}${options}` : `${command} --${options}`;
}

/** What each state means for the person who looks. */
const meanings: Readonly<Record<StateOrHeld, string>> = {
  reserved: 'A mailer is about to send it. If the mailer dies, the email becomes unknown.',
  held: 'It goes out once mail is released. If mail was just released, expect it within a minute, or later if many were held.',
  waiting: 'It is retried automatically.',
  sent: 'SES accepted it.',
  blocked: "It wasn't sent. Another event of the same kind may still send it.",
  failed: "It wasn't sent. Another event of the same kind may still send it.",
  unknown:
    "SES may have sent it, but its answer was lost. It isn't sent again automatically. If SES reports a delivery, that settles it. Otherwise ask the customer or check the SES console, then settle it here.",
};

/** To whom an email is: the masked address that the contact has now, or why there is none. */
export type Recipient = Readonly<{ to: string } | { to: null; toReason: string }>;

export function recipientOf(known: KeptCustomer | undefined): Recipient {
  const none = (toReason: string) => ({ to: null, toReason });
  if (!known) return none('customer not known');
  const { customer, contact } = known;
  if (customer.erased) return none('erased');
  return contact ? { to: maskedAddress(contact.address) } : none('contact gone');
}

export function emailListLines(emails: readonly (ReportedEmail & Recipient)[]): string[] {
  const rows = emails.map((email) => [
    `${email.createdAt.slice(0, 19)}Z`,
    stateOrHeld(email),
    email.workflowId,
    email.to ?? email.toReason,
    email.ledgerKey,
    email.reason ?? newsOf(email),
  ]);
  return columns([['CREATED', 'STATE', 'WORKFLOW', 'TO', 'LEDGER KEY', 'WHAT IS KNOWN'], ...rows]);
}

/** What SES has said of it. */
function newsOf(email: Fated): string {
  const fate = fateOf(email);
  if (fate === 'complained') return 'reported as spam';
  return fate === 'bounced' || fate === 'rejected' || fate === 'delivered' ? fate : '';
}

/** All that the ledger holds of one email; it holds no address. `kind`: marketing or transactional, where that is known. */
export function emailLines(email: ReportedEmail, kind?: string): string[] {
  const { feedback = {}, ...row } = email;
  const rows: [string, string | number | undefined][] = [
    ['ledger key', row.ledgerKey],
    ['state', stateOrHeld(row)],
    ['reason', row.reason],
    ['workflow', `${row.workflowId}, version ${row.workflowVersion}`],
    ['kind', kind],
    ['event', row.webhookId],
    ['customer', row.customerId],
    ['contact', row.contactId],
    ['SES message', row.sesMessageId],
    ['attempts', row.attempts],
    ['created', row.createdAt],
    ['updated', row.updatedAt],
    ['held since', row.heldSince],
    ['reserved until', row.leaseUntil],
    ['sent', feedback.sentAt],
    ['delivered', feedback.deliveredAt],
    ['bounced', feedback.bouncedAt],
    ['reported as spam', feedback.complainedAt],
    ['rejected', feedback.rejectedAt],
  ];
  const known = rows.flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return [...columns(known), '', meaningOf(email)];
}

function meaningOf(email: ReportedEmail): string {
  return fateOf(email) === 'sent' && isMarkedAsSent(email.reason)
    ? 'A person marked it as sent. SES has not confirmed it.'
    : meanings[stateOrHeld(email)];
}

/** The same for a program, `null` where nothing is known. */
export function emailDocument({ feedback = {}, ...row }: ReportedEmail) {
  return {
    ledgerKey: row.ledgerKey,
    state: row.state,
    reason: row.reason ?? null,
    workflowId: row.workflowId,
    workflowVersion: row.workflowVersion,
    webhookId: row.webhookId,
    customerId: row.customerId,
    contactId: row.contactId ?? null,
    replayId: row.replayId ?? null,
    sesMessageId: row.sesMessageId ?? null,
    attempts: row.attempts,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    heldSince: row.heldSince ?? null,
    reservedUntil: row.leaseUntil ?? null,
    sentAt: feedback.sentAt ?? null,
    deliveredAt: feedback.deliveredAt ?? null,
    bouncedAt: feedback.bouncedAt ?? null,
    complainedAt: feedback.complainedAt ?? null,
    rejectedAt: feedback.rejectedAt ?? null,
  };
}

/** The same with whom it is to. */
export function addressedDocument(email: ReportedEmail & Recipient) {
  return {
    ...emailDocument(email),
    to: email.to,
    toReason: email.to === null ? email.toReason : null,
  };
}

export type WhyHow = Readonly<{
  /** Whether names are shown, as whole addresses are. */
  isRevealed: boolean;
  address: (address: string) => string;
  /** What has to stand behind the next command to mean the same deployment. */
  options: string;
}>;

/** What became of an email: its state, why, and what SES has said of it since. */
export function emailFate(email: ReportedEmail): string {
  const { feedback = {}, reason, updatedAt } = email;
  const state = stateOrHeld(email);
  const sentAt = feedback.sentAt ?? updatedAt;
  const fate = state === 'sent' ? `sent ${sentAt}` : `${state} since ${updatedAt}`;
  const news = [
    feedback.deliveredAt && `delivered ${feedback.deliveredAt}`,
    feedback.bouncedAt && `BOUNCED ${feedback.bouncedAt}`,
    feedback.complainedAt && `REPORTED AS SPAM ${feedback.complainedAt}`,
    feedback.rejectedAt && `REJECTED ${feedback.rejectedAt}`,
  ].filter((one) => one !== undefined);
  return [`${fate}${reason ? `: ${reason}` : ''}`, ...news].join(', ');
}

export function failureText({ attempts, firstReason, lastReason, lastAt, isFinal }: FailureRow) {
  const first = firstReason === lastReason ? '' : ` (at first: ${firstReason})`;
  const fate = isFinal ? 'dead' : 'retried for an hour and a half, then dead';
  return `failed ${attempts} × until ${lastAt}, ${fate}: ${lastReason}${first}`;
}

/** So many of something: `1 event`, `2 events`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** A word as a shell takes it. */
export function quoted(text: string): string {
  return /^[\w.:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** What `npm run why` is asked about something that failed: a run by its own id, for its whole story. */
export function askedWhy(failureId: string): string {
  return `npm run why -- ${quoted(failureId.replace(/^run /, ''))}`;
}

/** Which fields of a contact an event, or a replay, has changed. */
export function didText({ changes }: Pick<EventRecord, 'changes'>): string {
  const fields = changes.map(({ field }) => field).join(', ');
  return changes.length > 0 ? `${counted(changes.length, 'change')} (${fields})` : 'nothing';
}

/** What came in at the same moment is told apart by eye: whole seconds are enough. */
export function seconds(time: string): string {
  return `${time.slice(0, 19)}Z`;
}

const longestReason = 120;

/** How many there are of each reason, the most frequent first. */
export function reasonRows(counts: ReadonlyMap<string, number>, most: number): string[] {
  const all = [...counts].sort(([, a], [, b]) => b - a);
  const rows = all.slice(0, most).map(([reason, count]) => [`${count} ×`, shortened(reason)]);
  const more = all.length - most;
  return [...columns(rows), ...(more > 0 ? [`… and ${more} other reasons`] : [])];
}

export function shortened(reason: string): string {
  return reason.length > longestReason ? `${reason.slice(0, longestReason)}…` : reason;
}
