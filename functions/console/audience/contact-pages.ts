import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import {
  type ActOnContact,
  type ActResult,
  liftBounce,
  subscribeContact,
  unsubscribeContact,
} from '#shared/audience/by-hand/acts-by-hand.ts';
import type { ErasureProof } from '#shared/audience/operator-act.ts';
import type { Contact } from '#shared/audience/person/person.ts';
import type { Means } from '#shared/audience/rows/unit-of-work.ts';
import { reasonOf } from '#shared/failure.ts';
import { historyPositionSchema } from '#shared/store/audience/contact-history.ts';
import type { KnownContact } from '#shared/store/audience/contact-lookup.ts';
import { isMailReleased } from '../kit/email-view.ts';
import { erasedView } from '../kit/erasures.ts';
import { cursorOf, cursorText } from '../kit/in-url.ts';
import { type ConsoleEnv, type Html, page } from '../kit/page.ts';
import { audiencePath, contactPath } from '../kit/paths.ts';
import { goOn } from '../kit/remembered.ts';
import { empty, link } from '../kit/shown.ts';
import { nameOf, shortened } from '../kit/words.ts';
import type { AudienceStores, ProvenCustomer } from './audience-stores.ts';
import { eraseView, liftBounceView, subscribeView } from './confirm-view.ts';
import { contactView } from './contact-view.ts';
import { erasureIsUnderWay, keptView } from './kept-view.ts';
import { runsView, timelineView } from './timeline-view.ts';

const happeningsAtOnce = 25;
const runsAtOnce = 10;
/** Names are shown whole; only what nobody is called is cut. */
const longestTitle = 200;

type ContactContext = Context<ConsoleEnv, '/:contactId'>;

/** One contact, by an id that it has or had, and what people do to it. */
export function contactPages(stores: AudienceStores) {
  const app = new Hono<ConsoleEnv>();

  async function happenings(c: ContactContext, contactIds: readonly string[]): Promise<Html> {
    const after = cursorOf(historyPositionSchema, c.req.query('after'));
    const [found, names, runs] = await Promise.all([
      stores.history.page(contactIds, happeningsAtOnce, after),
      stores.workflowNames(),
      after ? [] : stores.runsOf(contactIds, runsAtOnce),
    ]);
    const emails = found.items.filter((one) => one.kind === 'email');
    const [isReleased, added] = await Promise.all([
      isMailReleased(emails, stores.hold),
      stores.events.addedBy(found.items.filter((one) => one.kind === 'event')),
    ]);
    const here = contactPath(c.req.param('contactId'));
    const next = found.next && link(here, { after: cursorText(found.next) });
    return html`${runs.length > 0 ? runsView(runs) : ''}<section class="card" aria-labelledby="happened"><h2 id="happened">Events and emails</h2>
${timelineView(found.items, { names, added, isReleased })}
${
  (after || next) &&
  html`<div class="pages"><p>${after && html`<a href="${here}">Back to the newest</a>`}</p>
${next && html`<a class="button" href="${next}#happened" rel="next">Older</a>`}</div>`
}
</section>`;
  }

  app.get('/:contactId', async (c) => {
    const contactId = c.req.param('contactId');
    const found = await stores.contacts.found(contactId);
    if (found.kind === 'not shown') {
      const customerIds = found.customers.map(({ customerId }) => customerId);
      const kept = await stores.kept(customerIds);
      const proofs = kept.length > 0 ? [] : await stores.erasures(contactId);
      return notShown(c, contactId, kept, proofs);
    }
    const { contact } = found;
    if (contact.contactId !== contactId) return c.redirect(contactPath(contact.contactId));
    const ids = [contact.contactId, ...(contact.mergedIds ?? [])];
    const body = html`${contactView(c, found, stores.now())}${await happenings(c, ids)}`;
    return contactPage(c, found, body);
  });

  /** `proofs`: of its erasure, where nothing else is kept of it. */
  async function notShown(
    c: ContactContext,
    contactId: string,
    kept: readonly ProvenCustomer[],
    proofs: readonly ErasureProof[],
  ) {
    const shell = {
      section: 'audience',
      above: { href: audiencePath, title: 'Audience' },
    } as const;
    const isTold = c.get('flash') !== undefined;
    const isErased = proofs.length > 0 || kept.every(({ customer }) => customer.erased);
    if (kept.length + proofs.length > 0) {
      return page(c, {
        ...shell,
        title: isErased ? 'Erased contact' : 'This contact is no longer shown',
        body: html`${kept.map((one) => keptView(one, stores.now(), isTold))}${erasedView(contactId, proofs, contactPath(contactId))}${await happenings(c, [contactId])}`,
      });
    }
    return page(c, {
      ...shell,
      title: 'Contact not found',
      status: 404,
      body: empty(
        'No contact has this id. A customer in Polar has its address now, or it was never here.',
        html`<p><a href="${audiencePath}">Search the audience</a></p>`,
      ),
    });
  }

  /** Takes an address off SES's own suppression list, or says why that could not be done. */
  const takenOffSesList = async ({ address, email }: Contact): Promise<string | undefined> => {
    try {
      for (const one of new Set([address, email])) await stores.sesList?.remove(one);
      return undefined;
    } catch (error) {
      return `SES couldn’t remove the address from its own suppression list (${reasonOf(error)}).`;
    }
  };

  /** A page about one contact that asks whether to do something to it. */
  const ask =
    (title: string, view: (c: Context<ConsoleEnv>, known: KnownContact) => Html) =>
    async (c: ContactContext) => {
      const found = await stores.contacts.found(c.req.param('contactId'));
      if (found.kind === 'not shown') return c.redirect(contactPath(c.req.param('contactId')));
      return page(c, {
        title,
        section: 'audience',
        above: { href: contactPath(found.contact.contactId), title: titleOf(found) },
        body: view(c, found),
      });
    };

  /** Does something to a contact and goes back to its page, which says what was done. */
  const does =
    (
      done: string,
      verb: (act: ActOnContact, means: Means, known: KnownContact) => Promise<ActResult>,
    ) =>
    async (c: ContactContext) => {
      const contactId = c.req.param('contactId');
      const [found, means] = await Promise.all([stores.contacts.found(contactId), stores.means()]);
      if (found.kind === 'not shown') return c.redirect(contactPath(contactId), 303);
      const { contact } = found;
      const at = means.surroundings.now.toISOString();
      const { email, address: typed } = contact;
      const act = { contactId: contact.contactId, email, typed, at, by: c.get('by') };
      const result = await verb(act, means, found);
      const flash =
        result.kind === 'done'
          ? ({ kind: 'done', text: result.note ? `Recorded. ${result.note}` : done } as const)
          : ({ kind: 'problem', text: result.reason } as const);
      return goOn(c, contactPath(contact.contactId), flash);
    };

  app.post('/:contactId/unsubscribe', does('The contact was unsubscribed.', unsubscribeContact));
  app.get('/:contactId/erase', ask('Erase this contact', eraseView));
  app.post(
    '/:contactId/erase',
    does(erasureIsUnderWay, async (act, _, { contact }) => {
      await stores.erase(act, act);
      return { kind: 'done', contact };
    }),
  );
  app.get('/:contactId/subscribe', ask('Subscribe this contact', subscribeView));
  app.post(
    '/:contactId/subscribe',
    does('The contact was subscribed.', async (act, means, known) => {
      const result = await subscribeContact(act, means);
      // The list may hold it for a complaint, as long as no bounce speaks for leaving it there.
      if (result.kind !== 'done' || known.suppression?.reasons.bounced) return result;
      const problem = await takenOffSesList(known.contact);
      return problem === undefined
        ? result
        : {
            ...result,
            note: `${problem} Until it does, SES sends it nothing: subscribe it again.`,
          };
    }),
  );
  app.get('/:contactId/lift-bounce', ask('Lift the bounce', liftBounceView));
  app.post(
    '/:contactId/lift-bounce',
    does('The bounce was lifted.', async (act, means, { contact }) => {
      // SES first: were it to fail after ours was lifted, nothing would ask for it again.
      const problem = await takenOffSesList(contact);
      return problem === undefined
        ? liftBounce(act, means)
        : { kind: 'refused', reason: `${problem} The bounce wasn’t lifted. Try again.` };
    }),
  );
  return app;
}

function contactPage(c: Context<ConsoleEnv>, known: KnownContact, body: Html) {
  return page(c, {
    title: titleOf(known),
    section: 'audience',
    above: { href: audiencePath, title: 'Audience' },
    body,
  });
}

function titleOf({ contact }: KnownContact): string {
  return shortened(nameOf(contact) || contact.address, longestTitle);
}
