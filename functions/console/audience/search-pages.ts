import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import type { SearchResult } from '#shared/aws/dynamo-contact-search.ts';
import type { ConsoleEnv } from '../console-env.ts';
import { act, textOf } from '../fields.ts';
import { goOn } from '../flash.ts';
import { type Html, page } from '../page.ts';
import { empty } from '../shown.ts';
import type { AudienceStores } from './audience-stores.ts';
import { contactPath } from './contact-words.ts';
import { keptView } from './kept-view.ts';
import { contactTable, listPath, searchForm, searchPath } from './list-view.ts';

/** Finding somebody by the one thing that is known of them. */
export function searchPages(stores: AudienceStores) {
  const app = new Hono<ConsoleEnv>();

  app.get('/', (c) => c.redirect(listPath));

  app.post('/', async (c) => {
    const text = textOf(c.get('form'), 'text');
    if (text.trim() === '') return goOn(c, listPath);
    const after = textOf(c.get('form'), 'after') || undefined;
    const isAll = textOf(c.get('form'), 'all') === 'on';
    const found = await stores.search(text, { isAll, after });
    const [only] = found.contacts;
    if (only && found.contacts.length === 1) return goOn(c, contactPath(only.contactId));
    return page(c, {
      title: titleOf(found),
      section: 'audience',
      above: { href: listPath, title: 'Audience' },
      body: html`${searchForm(c, text)}
${foundView(found, isAll, stores.now())}
${found.next === undefined ? '' : goOnLooking(c, text, isAll, found.next)}`,
    });
  });

  return app;
}

function titleOf({ contacts, customers, next }: SearchResult): string {
  if (contacts.length > 0) return `${contacts.length} contacts found`;
  if (customers.length > 0) {
    return customers.length === 1 ? 'One customer found' : `${customers.length} customers found`;
  }
  return next === undefined ? 'Nobody found' : 'Nobody found so far';
}

function foundView({ contacts, customers, next }: SearchResult, isAll: boolean, now: Date): Html {
  if (contacts.length > 0) return contactTable(contacts);
  if (customers.length > 0) {
    const who =
      customers.length === 1 ? 'a customer who has or had it' : 'customers who have or had it';
    return html`<p>${isAll ? 'This is what is kept of those of whom Polar told this external id.' : `No contact has exactly this now, but something is kept of ${who}.`}</p>
${customers.map((one) => keptView(one, now))}`;
  }
  if (next !== undefined) return html``;
  return empty(
    'No contact has exactly this address, external id or Polar customer id, and no facts are kept of a customer who has or had it. Records of events that were skipped may hold it until they expire.',
    html`<p><a href="${listPath}">Look through the list</a> or <a href="${listPath}/add">add a contact by hand</a>.</p>`,
  );
}

function goOnLooking(c: Context<ConsoleEnv>, text: string, isAll: boolean, after: string): Html {
  return html`<p class="note">Not all customers were looked at for this external id yet.</p>
${act(c, 'Go on looking', searchPath, { fields: { text, after, ...(isAll && { all: 'on' }) } })}`;
}
