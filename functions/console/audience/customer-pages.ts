import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { emailOf } from '#shared/audience/identity.ts';
import type { KeptCustomer } from '#shared/aws/kept-customer.ts';
import type { ConsoleEnv } from '../console-env.ts';
import { goOn } from '../flash.ts';
import { page } from '../page.ts';
import { idInPath } from '../path-id.ts';
import type { AudienceStores } from './audience-stores.ts';
import { eraseCustomerView } from './confirm-view.ts';
import { contactPath } from './contact-words.ts';
import { erasureIsUnderWay } from './erasure-words.ts';
import { customerPath, keptView, titleOfCustomer } from './kept-view.ts';
import { listPath } from './list-view.ts';

type CustomerContext = Context<ConsoleEnv, '/:customerId'>;

const section = 'audience';
const above = { href: listPath, title: 'Audience' };

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
      const body = keptView(kept, stores.now(), c.get('flash') !== undefined);
      return page(c, { title: titleOfCustomer(kept), section, above, body });
    }),
  );

  app.get(
    '/:customerId/erase',
    withHidden((c, kept) => {
      const { customerId, erased } = kept.customer;
      const path = customerPath(customerId);
      if (erased) return c.redirect(path);
      return page(c, {
        title: 'Erase this customer',
        section,
        above: { href: path, title: titleOfCustomer(kept) },
        body: eraseCustomerView(c, kept, path),
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
    title: 'There is no such customer',
    section,
    above,
    status: 404,
    body: html`<p>No facts are kept of a customer with this id. Records of events that were skipped may name it until they expire. <a href="${listPath}">Look in the audience</a>.</p>`,
  });
}
