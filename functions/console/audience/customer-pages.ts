import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { emailOf } from '#shared/audience/person/person.ts';
import type { KeptCustomer } from '#shared/store/audience/contact-lookup.ts';
import type { SearchResult } from '#shared/store/audience/contact-search.ts';
import { wordPositionSchema } from '#shared/store/audience/word-index.ts';
import { erasedView } from '../kit/erasures.ts';
import { act, textOf } from '../kit/fields.ts';
import { cursorOf, cursorText, idInPath } from '../kit/in-url.ts';
import { type ConsoleEnv, type Html, page } from '../kit/page.ts';
import { audiencePath, contactPath, customerPath } from '../kit/paths.ts';
import { goOn } from '../kit/remembered.ts';
import { empty } from '../kit/shown.ts';
import type { AudienceStores } from './audience-stores.ts';
import { eraseCustomerView } from './confirm-view.ts';
import {
  erasureIsUnderWay,
  isBeingErased,
  keptView,
  titleOfCustomer,
  untilErased,
} from './kept-view.ts';
import { contactTable, searchForm, searchPath } from './list-view.ts';

type CustomerContext = Context<ConsoleEnv, '/:customerId'>;

const section = 'audience';
const above = { href: audiencePath, title: 'Audience' };

/** Customers whom no contact shows, by their id in Polar, and how they are erased. */
export function customerPages(stores: AudienceStores) {
  const app = new Hono<ConsoleEnv>();

  /** Does something with the customer of the path, or leads to the contact that shows it. */
  const withHidden =
    (handle: (c: CustomerContext, kept: KeptCustomer) => Promise<Response> | Response) =>
    async (c: CustomerContext) => {
      const [kept] = await stores.kept([idInPath(c.req.param('customerId'))]);
      if (!kept) return unknown(c);
      if (kept.contact) return c.redirect(contactPath(kept.contact.contactId), 303);
      return handle(c, kept);
    };

  app.get(
    '/:customerId',
    withHidden((c, kept) => {
      const now = stores.now();
      const view = keptView(kept, now, c.get('flash') !== undefined);
      const body = untilErased(isBeingErased(kept, now), view);
      return page(c, { title: titleOfCustomer(kept), section, above, body });
    }),
  );

  app.get(
    '/:customerId/erase',
    withHidden(async (c, kept) => {
      const { customerId, erased } = kept.customer;
      const path = customerPath(customerId);
      if (erased) return c.redirect(path);
      const address = kept.other ? undefined : await stores.addressOf(kept.customer);
      return page(c, {
        title: 'Erase this customer',
        section,
        above: { href: path, title: titleOfCustomer(kept) },
        body: eraseCustomerView(c, kept, { path, address }),
      });
    }),
  );

  app.post(
    '/:customerId/erase',
    withHidden(async (c, { customer, other }) => {
      const { customerId, contact, erased } = customer;
      const path = customerPath(customerId);
      if (erased) return goOn(c, path);
      const request = { customerId, at: stores.now().toISOString(), by: c.get('by') };
      const { at, by } = request;
      // At an address where somebody else is to be seen, only this customer goes.
      const email = other ? undefined : emailOf(customer);
      const contactId = contact?.contactId ?? customerId;
      await stores.erase({ contactId, hiddenCustomerId: customerId, email, at, by }, request);
      return goOn(c, path, { kind: 'done', text: erasureIsUnderWay });
    }),
  );

  return app;
}

function unknown(c: CustomerContext) {
  return page(c, {
    title: 'Customer not found',
    section,
    above,
    status: 404,
    body: empty(
      'Nothing is kept about a customer with this id. Records of skipped events may name it until they expire.',
      html`<p><a href="${audiencePath}">Search the audience</a></p>`,
    ),
  });
}

/** Finding somebody by the one thing that is known of them. */
export function searchPages(stores: AudienceStores) {
  const app = new Hono<ConsoleEnv>();

  app.get('/', (c) => c.redirect(audiencePath));

  app.post('/', async (c) => {
    const text = textOf(c.get('form'), 'text');
    if (text.trim() === '') return goOn(c, audiencePath);
    const after = textOf(c.get('form'), 'after') || undefined;
    const isAll = textOf(c.get('form'), 'all') === 'on';
    const afterWord = cursorOf(wordPositionSchema, textOf(c.get('form'), 'afterWord'));
    const found = await stores.search(text, { isAll, after, afterWord });
    const [only] = found.contacts;
    if (only && found.isExact && found.contacts.length === 1) {
      return goOn(c, contactPath(only.contactId));
    }
    return page(c, {
      title: titleOf(found, afterWord !== undefined),
      section: 'audience',
      above: { href: audiencePath, title: 'Audience' },
      body: html`${searchForm(c, text)}
${await foundView(text, found, isAll, stores)}
${found.next === undefined ? '' : goOnLooking(c, text, isAll, found.next)}
${found.nextWord && act(c, 'More contacts', searchPath, { fields: { text, afterWord: cursorText(found.nextWord) } })}`,
    });
  });

  return app;
}

/** `isGoingOn`: contacts before these were shown already. */
function titleOf(
  { contacts, customers, next, nextWord }: SearchResult,
  isGoingOn: boolean,
): string {
  if (contacts.length > 0) return contactsFound(contacts.length, isGoingOn, nextWord !== undefined);
  if (nextWord) return 'Nobody found so far';
  if (customers.length > 0) {
    return customers.length === 1 ? 'One customer found' : `${customers.length} customers found`;
  }
  return next === undefined ? 'Nobody found' : 'Nobody found so far';
}

function contactsFound(count: number, isGoingOn: boolean, hasMore: boolean): string {
  if (isGoingOn) return count === 1 ? 'One more contact' : `${count} more contacts`;
  if (count === 1) return 'One contact found';
  return hasMore ? `First ${count} contacts found` : `${count} contacts found`;
}

async function foundView(
  text: string,
  { contacts, customers, next, nextWord }: SearchResult,
  isAll: boolean,
  stores: AudienceStores,
): Promise<Html> {
  if (contacts.length > 0) return contactTable(contacts, await stores.marketing(contacts));
  if (customers.length > 0) {
    const who =
      customers.length === 1 ? 'a customer who has or had it' : 'customers who have or had it';
    return html`<p>${isAll ? 'These are the customers that had this external id in Polar.' : `No contact has exactly this now, but something is kept about ${who}.`}</p>
${(await stores.withProofs(customers)).map((one) => keptView(one, stores.now()))}`;
  }
  const erased = erasedView(text, await stores.erasures(text));
  if (erased.length > 0) return html`<div class="empty">${erased}</div>`;
  if (next !== undefined || nextWord !== undefined) return html``;
  return empty(
    'No match: no word in a name or address begins like this, and nobody has it as an address or id. Records of skipped events may hold it until they expire.',
    html`<p><a href="${audiencePath}">Browse the audience</a> or <a href="${audiencePath}/add">add a contact by hand</a>.</p>`,
  );
}

function goOnLooking(c: Context<ConsoleEnv>, text: string, isAll: boolean, after: string): Html {
  return html`<p class="note">Not all customers have been searched for this external id yet.</p>
${act(c, 'Keep searching', searchPath, { fields: { text, after, ...(isAll && { all: 'on' }) } })}`;
}
