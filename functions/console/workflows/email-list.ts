import { html } from 'hono/html';
import type { ReportedEmail } from '#shared/store/mail/emails.ts';
import type { EmailCounts } from '#shared/store/mail/workflow-emails.ts';
import { reasonText } from '../kit/email-view.ts';
import { countBadges, fateBadge } from '../kit/fates.ts';
import type { Html } from '../kit/page.ts';
import { contactPath, emailPath, eventPath, testPath } from '../kit/paths.ts';
import { ofStep } from '../kit/run-view.ts';
import { addressText, empty, link, table, time } from '../kit/shown.ts';

type Emails = Readonly<{
  path: string;
  counts: EmailCounts;
  emails: readonly ReportedEmail[];
  /** By customer id; of those whose address is not to be seen, none. */
  addresses: ReadonlyMap<string, string>;
  /** Whether mail is not held now: what was goes out. */
  isReleased: boolean;
  /** The cursor of the page after this one. */
  next: string | undefined;
  isFirst: boolean;
}>;

/** The emails that a workflow sent, or why it did not. */
export function workflowEmails(shown: Emails): Html {
  const { path, counts, emails, addresses, isReleased, next, isFirst } = shown;
  const rows = emails.map((email) => {
    const { createdAt, contactId, customerId, webhookId } = email;
    const reason = reasonText(email, isReleased);
    return [
      time(createdAt),
      html`${fateBadge(email, isReleased)}${ofStep(email)}${reason && html`<span class="long small soft">${reason}</span>`}`,
      contactId &&
        html`<span class="long"><a href="${contactPath(contactId)}">${whom(addresses.get(customerId))}</a></span>`,
      html`<a class="whole" href="${eventPath(webhookId)}">${shortened(webhookId)}</a>`,
      html`<a class="whole" href="${emailPath(email)}">See the email</a>`,
    ];
  });
  if (rows.length === 0 && isFirst) {
    return html`<h2 id="emails">Emails</h2>
${empty('No event has triggered this workflow yet.', html`<p><a href="${testPath}">Send yourself a test event</a></p>`)}`;
  }
  return html`<h2 id="emails">Emails</h2>
<p class="fates">${countBadges(counts, isReleased)}${counts.isComplete ? '' : html` <span class="soft small">Only the newest thousand are counted.</span>`}</p>
<div class="mails">${table('Emails of this workflow, newest first', ['Created', 'State', 'Contact', 'Event', 'Email'], rows)}</div>
<p class="pages">${isFirst ? '' : html`<a class="button" href="${path}#emails">Newest</a>`}${next && html`<a class="button" href="${link(path, { after: next })}#emails">Older</a>`}</p>`;
}

function whom(address: string | undefined): Html | string {
  return address === undefined ? 'not shown' : addressText(address);
}

function shortened(id: string): string {
  return id.length > 13 ? `${id.slice(0, 12)}…` : id;
}
