import { html } from 'hono/html';
import { type EmailFate, fateOf } from '#shared/audience/emails/email-fate.ts';
import type { Contact } from '#shared/audience/person/person.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import type { ReportedEmail } from '#shared/store/mail/emails.ts';
import { emailFrame } from '../kit/email-frame.ts';
import { emailView, meanings } from '../kit/email-view.ts';
import type { Html } from '../kit/page.ts';
import { facts, time } from '../kit/shown.ts';
import { eventPath, fateBadge, workflowPath } from '../kit/words.ts';
import { releasedText, toWhom } from './email-list.ts';
import type { RenderedAgain } from './rendered-again.ts';

type EmailShown = Readonly<{
  email: ReportedEmail;
  /** Whether mail is not held now: what was goes out. */
  isReleased: boolean;
  workflow: Pick<Workflow, 'workflowId' | 'name'> | undefined;
  contacts: ReadonlyMap<string, Contact>;
  rendered: RenderedAgain;
}>;

/** One email: what became of it, and how it looks. */
export function oneEmailView({
  email,
  isReleased,
  workflow,
  contacts,
  rendered,
}: EmailShown): Html {
  return html`<section class="card" aria-label="In short">
<p class="sentence">${fateBadge(email, isReleased)} ${fateSentence(email, isReleased)}</p>
${facts([
  ['To', toWhom(email, contacts)],
  [
    'Workflow',
    workflow
      ? html`<a href="${workflowPath(workflow)}">${workflow.name}</a>, version ${email.workflowVersion}`
      : `Removed, version ${email.workflowVersion}`,
  ],
  ['Began', time(email.createdAt, { form: 'seconds' })],
  ['Because of', html`<a href="${eventPath(email.webhookId)}">Its event</a>`],
])}
${emailView({ email, webhookId: email.webhookId, isToldAbove: true })}
</section>
<h2>The email</h2>
${renderedView(email, rendered)}`;
}

const sentences: Readonly<Record<EmailFate, string>> = {
  delivered: 'The mail server of the recipient took it.',
  sent: 'SES took it. No delivery is reported yet.',
  bounced: 'It did not arrive: the mail server of the recipient refused it.',
  complained: 'The recipient reported it as spam.',
  rejected: 'SES refused to send it.',
  blocked: meanings.blocked,
  failed: meanings.failed,
  unknown: meanings.unknown,
  held: 'It goes out once mail is released.',
  waiting: 'It’s retried automatically.',
  reserved: 'It is being sent.',
};

function fateSentence(email: ReportedEmail, isReleased: boolean): string {
  const fate = fateOf(email);
  return fate === 'held' && isReleased ? releasedText : sentences[fate];
}

const wentOut: readonly EmailFate[] = ['delivered', 'sent', 'bounced', 'complained', 'unknown'];

function renderedView(email: ReportedEmail, rendered: RenderedAgain): Html {
  switch (rendered.kind) {
    case 'missing':
      return html`<p class="note">It can’t be shown. ${rendered.reason}</p>`;
    case 'blocked':
      return html`<p class="note">It can’t be rendered today: ${rendered.reason}</p>`;
    case 'rendered':
      return html`<p class="note">${
        wentOut.includes(fateOf(email))
          ? 'Rendered again from its event; the mail that was sent may have differed.'
          : 'Rendered from its event, with the contact as it is now.'
      }</p>
${facts([['Subject', html`<strong>${rendered.subject}</strong>`]])}
${emailFrame(rendered.html)}
<details><summary>As plain text</summary><pre tabindex="0">${rendered.text}</pre></details>`;
  }
}
