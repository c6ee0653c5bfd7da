import { html } from 'hono/html';
import type { FailureRow } from '#shared/queue/dead-letters/letter-reasons.ts';
import { canBeMarkedSent, canBeSentAgain, type ReportedEmail } from '#shared/store/mail/emails.ts';
import type { Html } from './page.ts';
import { facts, link, time } from './shown.ts';
import { eventPath, fateBadge } from './words.ts';

/** What each state means for the person who looks. */
const meanings: Readonly<Record<ReportedEmail['state'], string>> = {
  reserved: 'The mailer is about to send it. If that dies, the email becomes unknown.',
  waiting: 'It will be tried again by itself.',
  sent: 'SES took it.',
  blocked: 'It was not sent. Another event of the same kind may still send it.',
  failed: 'It was not sent. Another event of the same kind may still send it.',
  unknown:
    'SES may have sent it: its answer was lost. It is not sent again by itself. If SES reports it, that settles it; else ask the customer, or look into the SES console, and settle it here.',
};

type Shown = Readonly<{
  email: ReportedEmail;
  /** The event on whose page it is shown. */
  webhookId: string;
}>;

/** The state of an email, what SES has said of it, and what a person can do. */
export function emailView({ email, webhookId }: Shown): Html {
  const { state, ledgerKey } = email;
  const ask = (what: string) => link(eventPath(webhookId), { ask: what, email: ledgerKey });
  return html`${emailFacts(email)}
${
  email.webhookId === webhookId
    ? ''
    : html`<p>The email is that of <a href="${eventPath(email.webhookId)}">another event</a>: the workflow mails once for both.</p>`
}
<div class="row">
${canBeMarkedSent.includes(state) ? html`<a class="button" href="${ask('mark-sent')}">It was sent…</a>` : ''}
${canBeSentAgain.includes(state) ? html`<a class="button" href="${ask('send-again')}">Send it again…</a>` : ''}
</div>`;
}

export function emailFacts(email: ReportedEmail): Html {
  const { state, reason, feedback = {}, sesMessageId, attempts, updatedAt } = email;
  const at = (moment: string | undefined) => moment && time(moment, { form: 'seconds' });
  return facts([
    ['Email', html`${fateBadge(email)} <span class="soft">${meanings[state]}</span>`],
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
    ? 'and no retry by itself can mend it'
    : 'and is tried for about an hour and a half before it is dead';
  const first = firstReason === lastReason ? '' : html` At first: ${firstReason}`;
  return html`It failed ${times}, the last time ${time(lastAt, { form: 'seconds' })}, ${fate}: ${lastReason}${first}`;
}
