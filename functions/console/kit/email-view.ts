import { html } from 'hono/html';
import {
  type EmailFate,
  type Fated,
  fateOf,
  isMarkedAsSent,
} from '#shared/audience/emails/email-fate.ts';
import type { FailureRow } from '#shared/queue/failures.ts';
import { canBeMarkedSent, canBeSentAgain, type ReportedEmail } from '#shared/store/mail/emails.ts';
import type { HoldStore } from '#shared/store/mail/hold.ts';
import { copyable } from './enhanced.ts';
import { fateBadge } from './fates.ts';
import type { Html } from './page.ts';
import { eventPath } from './paths.ts';
import { facts, link, time } from './shown.ts';

const notSent = 'It wasn’t sent. Another event of the same kind may still send it.';

const sentences: Readonly<Record<EmailFate, string>> = {
  delivered: 'The recipient’s mail server took it.',
  sent: 'SES took it. No delivery is reported yet.',
  bounced: 'It didn’t arrive: the recipient’s mail server refused it.',
  complained: 'The recipient reported it as spam.',
  rejected: 'SES refused to send it.',
  blocked: notSent,
  failed: notSent,
  unknown:
    'SES may have sent it: its answer was lost. It isn’t sent again automatically. If SES reports a delivery, that settles it; otherwise ask the customer or check the SES console, then settle it here.',
  held: 'It goes out once mail is released.',
  waiting: 'It’s retried automatically.',
  reserved: 'The mailer is about to send it. If that fails midway, its outcome is unknown.',
};

/** What became of an email, for the person who looks. */
export function fateSentence(email: Explained, isReleased: boolean): string {
  const fate = fateOf(email);
  if (fate === 'sent' && isMarkedAsSent(email.reason)) {
    return `${email.reason}. SES hasn’t confirmed it.`;
  }
  return fate === 'held' && isReleased ? releasedText : sentences[fate];
}

type Explained = Fated & Readonly<{ reason?: string | undefined }>;

/** What comes next for one that was held. Many take longer: as many go out in a minute as SES takes. */
const releasedText = 'Goes out within a minute, or in turn if many were held.';

/**
 * Whether mail is not held anymore, so that what was held of these goes out within the next minutes. The switch is read
 * only where one of them was held, or `isAnotherHeld` of the same list.
 */
export async function isMailReleased(
  emails: Iterable<Fated>,
  hold: Pick<HoldStore, 'read'>,
  isAnotherHeld = false,
): Promise<boolean> {
  const wasHeld = isAnotherHeld || [...emails].some((email) => fateOf(email) === 'held');
  return wasHeld && !(await hold.read())?.isOn;
}

/**
 * Why an email is as it is, for a row of a list. Of one that is held nothing: every page says once why all mail is. Of one
 * that was held until mail was released: what comes next.
 */
export function reasonText(email: Explained, isReleased: boolean): string | undefined {
  if (fateOf(email) !== 'held') return email.reason;
  return isReleased ? releasedText : undefined;
}

type Shown = Readonly<{
  email: ReportedEmail;
  /** The event on whose page it is shown. */
  webhookId: string;
  /** Whether mail is not held now: what was goes out. */
  isReleased: boolean;
  /** It is on a page of its own, which has said what became of it already. */
  isToldAbove?: boolean;
}>;

/** The state of an email, what SES has said of it, and what a person can do. */
export function emailView({ email, webhookId, isReleased, isToldAbove = false }: Shown): Html {
  const { state, ledgerKey } = email;
  const back = isToldAbove ? 'email' : undefined;
  const ask = (what: string) => link(eventPath(webhookId), { ask: what, email: ledgerKey, back });
  const acts = [
    ...(canBeMarkedSent.includes(state)
      ? [html`<a class="button" href="${ask('mark-sent')}">Mark as sent…</a>`]
      : []),
    ...(canBeSentAgain.includes(state)
      ? [html`<a class="button" href="${ask('send-again')}">Send again…</a>`]
      : []),
  ];
  return html`${emailFacts(email, { isReleased, isToldAbove })}
${
  email.webhookId === webhookId
    ? ''
    : html`<p>The email belongs to <a href="${eventPath(email.webhookId)}">another event</a>: the workflow mails once for both.</p>`
}
${acts.length > 0 && html`<div class="row">${acts}</div>`}`;
}

export function emailFacts(
  email: ReportedEmail,
  { isReleased, isToldAbove = false }: Pick<Shown, 'isReleased' | 'isToldAbove'>,
): Html {
  const { feedback = {}, sesMessageId, attempts, updatedAt } = email;
  const reason = reasonText(email, isReleased) ?? email.reason;
  const at = (moment: string | undefined) => moment && time(moment, { form: 'seconds' });
  return facts([
    [
      'Email',
      isToldAbove
        ? undefined
        : html`${fateBadge(email, isReleased)} <span class="soft">${fateSentence(email, isReleased)}</span>`,
    ],
    // Of one that was released, or marked as sent, the sentence says it.
    ['Reason', reason && fateSentence(email, isReleased).startsWith(reason) ? undefined : reason],
    ['Updated', at(updatedAt)],
    ['Attempts', attempts === undefined ? undefined : String(attempts)],
    ['Sent', at(feedback.sentAt)],
    ['Delivered', at(feedback.deliveredAt)],
    ['Bounced', at(feedback.bouncedAt)],
    ['Reported as spam', at(feedback.complainedAt)],
    ['Rejected', at(feedback.rejectedAt)],
    ['SES message id', sesMessageId && copyable(sesMessageId)],
    ['Ledger key', copyable(email.ledgerKey)],
  ]);
}

export function failureText({ attempts, firstReason, lastReason, lastAt, isFinal }: FailureRow) {
  const times = attempts === 1 ? 'once, on' : `${attempts} times, the last time on`;
  const fate = isFinal
    ? 'and no automatic retry can fix it'
    : 'and is retried for about an hour and a half before it becomes a dead letter';
  const first = firstReason === lastReason ? '' : html` At first: ${firstReason}`;
  return html`It failed ${times} ${time(lastAt, { form: 'seconds' })}, ${fate}: ${lastReason}${first}`;
}
