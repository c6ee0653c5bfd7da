import { html } from 'hono/html';
import type { FailureRow } from '#shared/queue/dead-letters/letter-reasons.ts';
import { canBeMarkedSent, canBeSentAgain, type ReportedEmail } from '#shared/store/mail/emails.ts';
import type { Html } from './page.ts';
import { facts, link, time } from './shown.ts';
import { eventPath, fateBadge } from './words.ts';

/** What each state means for the person who looks. */
export const meanings: Readonly<Record<ReportedEmail['state'], string>> = {
  reserved: 'The mailer is about to send it. If that dies, the email becomes unknown.',
  waiting: 'It is retried automatically.',
  sent: 'SES took it.',
  blocked: 'It was not sent. Another event of the same kind may still send it.',
  failed: 'It was not sent. Another event of the same kind may still send it.',
  unknown:
    'SES may have sent it: its answer was lost. It is not sent again automatically. If SES reports a delivery, that settles it; otherwise ask the customer or check the SES console, then settle it here.',
};

type Shown = Readonly<{
  email: ReportedEmail;
  /** The event on whose page it is shown. */
  webhookId: string;
  /** The page has said what became of it already. */
  isToldAbove?: boolean;
}>;

/** The state of an email, what SES has said of it, and what a person can do. */
export function emailView({ email, webhookId, isToldAbove = false }: Shown): Html {
  const { state, ledgerKey } = email;
  const ask = (what: string) => link(eventPath(webhookId), { ask: what, email: ledgerKey });
  return html`${emailFacts(email, isToldAbove)}
${
  email.webhookId === webhookId
    ? ''
    : html`<p>The email is that of <a href="${eventPath(email.webhookId)}">another event</a>: the workflow mails once for both.</p>`
}
<div class="row">
${canBeMarkedSent.includes(state) ? html`<a class="button" href="${ask('mark-sent')}">Mark as sent…</a>` : ''}
${canBeSentAgain.includes(state) ? html`<a class="button" href="${ask('send-again')}">Send again…</a>` : ''}
</div>`;
}

export function emailFacts(email: ReportedEmail, isToldAbove = false): Html {
  const { state, reason, feedback = {}, sesMessageId, attempts, updatedAt } = email;
  const at = (moment: string | undefined) => moment && time(moment, { form: 'seconds' });
  return facts([
    [
      'Email',
      isToldAbove
        ? undefined
        : html`${fateBadge(email)} <span class="soft">${meanings[state]}</span>`,
    ],
    ['Reason', reason],
    ['Since', at(updatedAt)],
    ['Attempts', attempts === undefined ? undefined : String(attempts)],
    ['Sent', at(feedback.sentAt)],
    ['Delivered', at(feedback.deliveredAt)],
    ['Bounced', at(feedback.bouncedAt)],
    ['Complained of', at(feedback.complainedAt)],
    ['Rejected', at(feedback.rejectedAt)],
    ['Message of SES', sesMessageId && html`<code>${sesMessageId}</code>`],
    ['Ledger key', html`<code>${email.ledgerKey}</code>`],
  ]);
}

export function failureText({ attempts, firstReason, lastReason, lastAt, isFinal }: FailureRow) {
  const times = attempts === 1 ? 'once' : `${attempts} times`;
  const fate = isFinal
    ? 'and no automatic retry can fix it'
    : 'and is retried for about an hour and a half before it becomes a dead letter';
  const first = firstReason === lastReason ? '' : html` At first: ${firstReason}`;
  return html`It failed ${times}, the last time ${time(lastAt, { form: 'seconds' })}, ${fate}: ${lastReason}${first}`;
}
