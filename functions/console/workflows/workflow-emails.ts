import { html } from 'hono/html';
import type { Email } from '#shared/audience/email.ts';
import type { EmailCounts } from '#shared/aws/dynamo-workflow-emails.ts';
import { contactPath } from '../audience/contact-words.ts';
import { eventPath } from '../events/event-words.ts';
import type { Html } from '../page.ts';
import { empty, link, table, time } from '../shown.ts';
import { countBadges, stateBadge } from './workflow-words.ts';

type Emails = Readonly<{
  path: string;
  counts: EmailCounts;
  emails: readonly Email[];
  /** By customer id; of those whose address is not to be seen, none. */
  addresses: ReadonlyMap<string, string>;
  /** The cursor of the page after this one. */
  next: string | undefined;
  isFirst: boolean;
}>;

/** The emails that a workflow sent, or why it did not. */
export function workflowEmails({ path, counts, emails, addresses, next, isFirst }: Emails): Html {
  const rows = emails.map(({ createdAt, state, reason, contactId, customerId, webhookId }) => [
    time(createdAt),
    stateBadge(state),
    reason && html`<span class="why">${reason}</span>`,
    contactId &&
      html`<span class="long"><a href="${contactPath(contactId)}">${addresses.get(customerId) ?? shortened(contactId)}</a></span>`,
    html`<a class="whole" href="${eventPath(webhookId)}">${shortened(webhookId)}</a>`,
  ]);
  if (rows.length === 0 && isFirst) {
    return html`<h2 id="emails">Emails</h2>
${empty('No event asked for an email of this workflow yet.', html`<p><a href="/console/test">Send yourself a test event</a></p>`)}`;
  }
  return html`<h2 id="emails">Emails</h2>
<p>${countBadges(counts)}${counts.isComplete ? '' : html` <span class="soft small">Counted are the newest thousand.</span>`}</p>
${table('Emails of this workflow, newest first', ['Since', 'State', 'Why', 'Contact', 'Event'], rows)}
<p class="pages">${isFirst ? '' : html`<a class="button" href="${path}#emails">Newest</a>`}${next && html`<a class="button" href="${link(path, { after: next })}#emails">Older</a>`}</p>`;
}

function shortened(id: string): string {
  return id.length > 13 ? `${id.slice(0, 12)}…` : id;
}
