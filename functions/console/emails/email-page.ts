import { html } from 'hono/html';
import { type EmailFate, fateOf } from '#shared/audience/emails/email-fate.ts';
import type { Contact } from '#shared/audience/person/person.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import type { ReportedEmail } from '#shared/store/mail/emails.ts';
import { emailFrame } from '../kit/email-frame.ts';
import { emailView, fateSentence } from '../kit/email-view.ts';
import { fateBadge } from '../kit/fates.ts';
import type { Html } from '../kit/page.ts';
import { eventPath, workflowPath } from '../kit/paths.ts';
import { facts, time } from '../kit/shown.ts';
import { toWhom } from './email-list.ts';
import type { RenderedAgain } from './rendered-again.ts';

type EmailShown = Readonly<{
  email: ReportedEmail;
  /** Whether mail is not held now: what was goes out. */
  isReleased: boolean;
  /** As it was last saved; undefined: nothing of it was kept. */
  workflow: Pick<Workflow, 'workflowId' | 'name'> | undefined;
  isRemoved: boolean;
  contacts: ReadonlyMap<string, Contact>;
  erased: ReadonlySet<string>;
  /** Whether the event that asked for it is still kept. */
  hasEvent: boolean;
  rendered: RenderedAgain;
}>;

/** One email: what became of it, and how it looks. */
export function oneEmailView({
  email,
  isReleased,
  workflow,
  isRemoved,
  contacts,
  erased,
  hasEvent,
  rendered,
}: EmailShown): Html {
  return html`<section class="card" aria-label="In short">
<p class="sentence">${fateBadge(email, isReleased)} ${fateSentence(email, isReleased)}</p>
${facts([
  ['To', toWhom(email, { contacts, erased })],
  [
    'Workflow',
    workflow
      ? html`<a href="${workflowPath(workflow)}">${workflow.name}${isRemoved && ' (removed)'}</a>, version ${email.workflowVersion}`
      : `Removed, version ${email.workflowVersion}`,
  ],
  ['Created', time(email.createdAt, { form: 'seconds' })],
  [
    'Event',
    hasEvent
      ? html`<a href="${eventPath(email.webhookId)}">What triggered it</a>`
      : html`<code>${email.webhookId}</code>, no longer kept`,
  ],
])}
${emailView({ email, webhookId: email.webhookId, isReleased, isToldAbove: true })}
</section>
<h2>The email</h2>
${renderedView(email, rendered)}`;
}

const wentOut: readonly EmailFate[] = ['delivered', 'sent', 'bounced', 'complained', 'unknown'];

function renderedView(email: ReportedEmail, rendered: RenderedAgain): Html {
  switch (rendered.kind) {
    case 'missing':
      return html`<p class="note">It can’t be shown. ${rendered.reason}</p>`;
    case 'blocked':
      return html`<p class="note">It can’t be rendered today: ${rendered.reason}</p>`;
    case 'rendered':
      return html`<p class="soft">${
        wentOut.includes(fateOf(email))
          ? 'Rendered again from its event. What was sent may differ.'
          : 'Rendered from its event, with the contact as it is now.'
      }</p>
${facts([['Subject', html`<strong>${rendered.subject}</strong>`]])}
${rendered.nameNote && html`<p class="note">${rendered.nameNote}</p>`}
${emailFrame(rendered.html)}
<details><summary>As plain text</summary><pre tabindex="0">${rendered.text}</pre></details>`;
  }
}
