import { html } from 'hono/html';
import * as z from 'zod/mini';
import {
  countedFates,
  type EmailFate,
  emailFates,
  fateOf,
} from '#shared/audience/emails/email-fate.ts';
import type { Contact } from '#shared/audience/person/person.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { contactsIn, type KeptCustomer } from '#shared/store/audience/contact-lookup.ts';
import { type EmailListPage, fullPage } from '#shared/store/mail/email-list.ts';
import { canBeMarkedSent, canBeSentAgain, type ReportedEmail } from '#shared/store/mail/emails.ts';
import type { OpenEmails } from '#shared/store/mail/emails-now.ts';
import { chips } from '../kit/chips.ts';
import { reasonText } from '../kit/email-view.ts';
import { underDays } from '../kit/enhanced.ts';
import { countBadges, fateBadge, fateWord } from '../kit/fates.ts';
import { choice, textField } from '../kit/fields.ts';
import type { Html } from '../kit/page.ts';
import {
  contactPath,
  emailPath,
  emailsPath,
  eventPath,
  testPath,
  workflowPath,
  workflowsPath,
} from '../kit/paths.ts';
import type { Named } from '../kit/removed-workflows.ts';
import { addressText, empty, link, table, time } from '../kit/shown.ts';
import { capital, nameOf, shortened } from '../kit/words.ts';

const optional = <T>(schema: z.ZodMiniType<T>) => z.catch(z.optional(schema), undefined);

const querySchema = z.object({
  fate: optional(z.enum(emailFates)),
  workflow: optional(z.string().check(z.minLength(1), z.maxLength(200))),
  /** The newest day to show, in UTC. */
  day: optional(z.iso.date()),
  /** Of a page after the first. */
  before: optional(z.iso.datetime()),
});
export type EmailQuery = z.infer<typeof querySchema>;

/** What the list is asked for. What makes no sense counts as not given. */
export function emailQuery(given: Readonly<Record<string, unknown>>): EmailQuery {
  return querySchema.parse(given);
}

/** Until when an email has to have begun. */
export function beforeOf({ before, day }: EmailQuery): string | undefined {
  if (before !== undefined || day === undefined) return before;
  return new Date(Date.parse(day) + 86_400_000).toISOString();
}

/** Emails that something is left to do about: mostly few, and found whatever their age. */
export const openFates: readonly EmailFate[] = ['unknown', 'held', 'waiting', 'reserved'];

/** Of the open emails those that are asked for, without another read; `undefined`: there are more than were read. */
export function openPage(
  { openEmails, hasAllOpen }: OpenEmails,
  query: EmailQuery,
  limit: number,
): EmailListPage | undefined {
  if (!hasAllOpen) return undefined;
  const before = beforeOf(query);
  const items = openEmails.filter(
    (email) =>
      fateOf(email) === query.fate &&
      (query.workflow === undefined || email.workflowId === query.workflow) &&
      (before === undefined || email.createdAt < before),
  );
  return fullPage(items, limit, true) ?? { items, next: undefined, isCutShort: false };
}

/** Whether the list is of all emails, the newest first. */
export function isOfAll({ fate, workflow, day, before }: EmailQuery): boolean {
  return (fate ?? workflow ?? day ?? before) === undefined;
}

/** What became of the emails since then; `undefined`: there are more than on this page, which begins with the newest. */
export function fatesOnPage(
  { items, next }: EmailListPage,
  since: string,
): ReadonlyMap<EmailFate, number> | undefined {
  const isWhole = next === undefined || items.some(({ createdAt }) => createdAt < since);
  return isWhole ? countedFates(items.filter(({ createdAt }) => createdAt >= since)) : undefined;
}

export type EmailListShown = Readonly<{
  query: EmailQuery;
  list: EmailListPage;
  open: OpenEmails['open'];
  /** What became of those of the last 24 hours; absent: the list is narrowed to some. */
  lastDay: ReadonlyMap<EmailFate, number> | undefined;
  /** Whether mail is not held now: what was goes out. */
  isReleased: boolean;
  workflows: readonly Workflow[];
  /** Those that are gone, and whose emails are listed all the same. */
  removed: readonly Named[];
  /** By customer id; of those whose contact is not to be seen, none. */
  contacts: ReadonlyMap<string, Contact>;
  /** The customers that were erased, by id. */
  erased: ReadonlySet<string>;
}>;

/** Emails of all workflows, newest first, with what became of each. */
export function emailListView(shown: EmailListShown): Html {
  const { query, list, open, lastDay } = shown;
  if (list.items.length === 0 && !list.isCutShort && isOfAll(query)) return nothing(shown);
  return html`${undecided(open, query)}
${lastDay && html`<p class="fates"><span class="soft">Last 24 hours:</span> ${countBadges({ byFate: lastDay, isComplete: true }, shown.isReleased)}</p>`}
${filters(shown)}
${
  list.items.length === 0
    ? nothing(shown)
    : html`<div class="mail-days mails">${underDays(
        list.items,
        ({ createdAt }) => createdAt,
        (emails) => emailTable(emails, shown),
      )}</div>`
}
${paging(query, list)}`;
}

function undecided(open: OpenEmails['open'], { fate }: EmailQuery): Html {
  const count = open.get('unknown') ?? 0;
  if (count === 0 || fate === 'unknown') return html``;
  const [are, they] = count === 1 ? ['email has', 'it'] : ['emails have', 'them'];
  return html`<p class="note">${count} ${are} an unknown outcome. Nothing is sent again until you decide. <a href="${link(emailsPath, { fate: 'unknown' })}">Decide on ${they}</a></p>`;
}

function filters({ query, workflows, removed, isReleased }: EmailListShown): Html {
  const { fate, workflow, day } = query;
  const kept = { workflow, day };
  const chip = (label: string, one: EmailFate | undefined) => ({
    label,
    href: link(emailsPath, { ...kept, fate: one }),
    isChosen: one === fate,
  });
  const named = [
    ...workflows.map(({ workflowId, name }) => [workflowId, shortened(name, 60)] as const),
    ...removed.map(({ workflowId, name }) => [workflowId, removedName(name)] as const),
  ];
  return html`${chips('What became of them', [
    [
      chip('All', undefined),
      ...emailFates.map((one) => chip(capital(fateWord(one, isReleased)), one)),
    ],
  ])}
<form class="filters" method="get" action="${emailsPath}">
${fate && html`<input type="hidden" name="fate" value="${fate}">`}
${choice({ name: 'workflow', label: 'Workflow', value: workflow ?? '' }, [['', 'All'], ...named])}
${textField({ name: 'day', label: 'Up to day (UTC)', value: day ?? '' }, { type: 'date' })}
<button type="submit">Show</button>
</form>`;
}

function emailTable(emails: readonly ReportedEmail[], shown: EmailListShown): Html {
  const rows = emails.map((email) => [
    time(email.createdAt, { form: 'clock' }),
    html`${fateBadge(email, shown.isReleased)}${reasonOf(email, shown)}${settling(email)}`,
    toWhom(email, shown),
    ofWorkflow(email, shown),
    html`<a class="whole" href="${emailPath(email)}">See the email</a>`,
  ]);
  // Each day is a table of its own, with a name of its own.
  const day = emails[0]?.createdAt.slice(0, 10);
  return table(
    `Emails from ${day}, newest first`,
    ['Time', 'Outcome', 'To', 'Workflow', 'Email'],
    rows,
  );
}

function reasonOf(email: ReportedEmail, { isReleased }: EmailListShown): Html {
  const reason = shortened(reasonText(email, isReleased), 200);
  return reason === '' ? html`` : html`<span class="long small soft">${reason}</span>`;
}

/** What a person can decide about an email whose fate nobody knows. */
function settling({ state, webhookId, ledgerKey }: ReportedEmail): Html | string {
  if (state !== 'unknown') return '';
  const ask = (what: string) =>
    link(eventPath(webhookId), { ask: what, email: ledgerKey, back: 'emails' });
  return html`<span class="settle">
${canBeMarkedSent.includes(state) ? html`<a class="button" href="${ask('mark-sent')}">Mark as sent…</a>` : ''}
${canBeSentAgain.includes(state) ? html`<a class="button" href="${ask('send-again')}">Send again…</a>` : ''}</span>`;
}

/** Whose contacts are to be seen, and who was erased. */
export function recipientsIn(
  kept: readonly KeptCustomer[],
): Pick<EmailListShown, 'contacts' | 'erased'> {
  return {
    contacts: contactsIn(kept),
    erased: new Set(
      kept.filter(({ customer }) => customer.erased).map(({ customer }) => customer.customerId),
    ),
  };
}

/** Whom an email is to: by name and address where the contact is to be seen. */
export function toWhom(
  { customerId, contactId }: Pick<ReportedEmail, 'customerId' | 'contactId'>,
  { contacts, erased }: Pick<EmailListShown, 'contacts' | 'erased'>,
): Html {
  const contact = contacts.get(customerId);
  if (!contact) {
    return contactId === undefined
      ? html`<span class="soft">customer ${customerId}</span>`
      : html`<a href="${contactPath(contactId)}">${erased.has(customerId) ? 'erased' : 'not shown'}</a>`;
  }
  const name = shortened(nameOf(contact), 60);
  return html`<div class="who"><a href="${contactPath(contact.contactId)}">${name || addressText(contact.address)}</a>${name && html`<br><span class="soft small">${addressText(contact.address)}</span>`}</div>`;
}

function ofWorkflow(
  { workflowId }: Pick<ReportedEmail, 'workflowId'>,
  { workflows, removed }: Pick<EmailListShown, 'workflows' | 'removed'>,
): Html {
  const workflow = workflows.find((one) => one.workflowId === workflowId);
  if (workflow)
    return html`<a href="${workflowPath(workflow)}">${shortened(workflow.name, 60)}</a>`;
  const gone = removed.find((one) => one.workflowId === workflowId);
  const name = gone ? removedName(gone.name) : 'Removed workflow';
  return html`<a href="${workflowPath({ workflowId })}/versions">${name}</a>`;
}

function removedName(name: string): string {
  return `${shortened(name, 60)} (removed)`;
}

function nothing({ query, list, workflows }: EmailListShown): Html {
  if (list.isCutShort) return html`<p class="note">None so far. Keep searching for older ones.</p>`;
  const { fate, workflow, day, before } = query;
  if (fate ?? workflow ?? day ?? before) {
    return empty(
      'No emails match these filters.',
      html`<p><a href="${emailsPath}">Show all emails</a></p>`,
    );
  }
  return empty(
    'No emails yet. Workflows send them when something happens in Polar.',
    workflows.length === 0
      ? html`<p><a href="${workflowsPath}/new">Create a workflow</a></p>`
      : html`<p><a href="${testPath}">Send yourself a test event</a></p>`,
  );
}

function paging({ before, ...query }: EmailQuery, { next, isCutShort }: EmailListPage): Html {
  if (next === undefined && before === undefined) return html``;
  return html`<div class="pages">
<p>${before !== undefined && html`<a href="${link(emailsPath, query)}">Back to the newest</a>`}</p>
${next && html`<a class="button" href="${link(emailsPath, { ...query, before: next })}" rel="next">${isCutShort ? 'Keep searching' : 'Older emails'}</a>`}
</div>`;
}
