import type { Context } from 'hono';
import { html } from 'hono/html';
import {
  reasonsAgainstMarketing,
  type SubscriptionReason,
} from '#shared/audience/consent/reasons.ts';
import type { Address } from '#shared/audience/person/person.ts';
import type { KeptCustomer, KnownContact } from '#shared/store/audience/contact-lookup.ts';
import { act } from '../kit/fields.ts';
import type { ConsoleEnv, Html } from '../kit/page.ts';
import { contactPath, customerPath } from '../kit/paths.ts';
import { oncePerAct, reasonView } from './contact-view.ts';
import { searchPath } from './list-view.ts';

/** What an explicit subscribe clears, and what it does not. */
export function subscribeView(c: Context<ConsoleEnv>, known: KnownContact): Html {
  const { contact, suppression } = known;
  const { bounced: _, ...reasons } = suppression?.reasons ?? {};
  const cleared = oncePerAct(
    reasonsAgainstMarketing({ ...known, suppression: { ...suppression, reasons } }),
  );
  return html`<p>Subscribe <strong>${contact.address}</strong> only if they asked for it: a “no” is theirs to undo, or yours on their behalf.</p>
${
  cleared.length > 0
    ? html`<p>This clears:</p>${list(cleared)}`
    : html`<p>They never said “no”, so there’s nothing to clear.</p>`
}
${suppression?.reasons.bounced && html`<p class="note">Mail to this address bounced. This doesn’t clear that: <a href="${contactPath(contact.contactId)}/lift-bounce">lift the bounce</a> too, once the mailbox works again.</p>`}
${decide(c, known, 'Subscribe', 'subscribe', 'primary')}`;
}

export function liftBounceView(c: Context<ConsoleEnv>, known: KnownContact): Html {
  const { contact, suppression } = known;
  const { bounced } = suppression?.reasons ?? {};
  if (!bounced) {
    return html`<p>This address has no bounce to lift.</p>
<p><a class="button" href="${contactPath(contact.contactId)}">Back to the contact</a></p>`;
  }
  return html`<p>Lift the bounce of <strong>${contact.address}</strong> once the mailbox works again. If it doesn’t, the next email bounces too, and bounces hurt your sender reputation.</p>
${list([{ what: 'Mail to the address bounced', ...bounced }])}
<p>This removes the address from the suppression lists here and in SES. The person’s consent doesn’t change.</p>
${decide(c, known, 'Lift the bounce', 'lift-bounce', 'primary')}`;
}

/** What goes for good and what stays. */
export function eraseView(c: Context<ConsoleEnv>, known: KnownContact): Html {
  const { contact, customer, address } = known;
  const what = html`The contact ${contact.address}, with its name, external id, group and history.`;
  return html`${erasing(what, othersAt(address, customer?.customerId))}
${decide(c, known, 'Erase for good', 'erase', 'danger')}
${contact.externalId ? others(c, contact.externalId) : ''}`;
}

/** Polar may know one person as several customers, one after another. */
function others(c: Context<ConsoleEnv>, externalId: string): Html {
  return html`<h2>Other customers</h2>
<p>A customer with the same external id but another address isn’t erased. It may be in no list, for example because Polar deleted it.</p>
${act(c, 'Search all customers for this external id', searchPath, { fields: { text: externalId, all: 'on' } })}`;
}

type OfHidden = Readonly<{
  /** Its page. */
  path: string;
  /** Its address, if everyone who has it is erased. */
  address: Address | undefined;
}>;

/** The same of a customer whom no contact shows. */
export function eraseCustomerView(
  c: Context<ConsoleEnv>,
  { customer, other }: KeptCustomer,
  { path, address }: OfHidden,
): Html {
  const last = customer.email?.value;
  const who = html`Customer <code>${customer.customerId}</code>${last ? html`, last known at ${last}` : ''}.`;
  return html`${erasing(who, othersAt(address, customer.customerId))}
${
  other
    ? html`<p>The contact at this address, <a href="${contactPath(other.contactId)}">${other.customerId === undefined ? 'added by hand' : 'which is another customer’s'}</a>, stays${other.customerId === undefined ? ' until it’s erased too' : ''}.</p>`
    : ''
}
<div class="row">${act(c, 'Erase for good', `${path}/erase`, { tone: 'danger' })} <a class="button" href="${path}">Cancel</a></div>`;
}

/** Whom else an erasure is about, by customer id. */
type Others = Readonly<{
  /** Who has the address: they are erased, too. */
  sharing: readonly string[];
  /** Who had it, and has another one now: only this one goes. */
  former: readonly string[];
}>;

function othersAt(address: Address | undefined, customerId: string | undefined): Others {
  const claims = Object.entries(address?.claims ?? {}).filter(([id]) => id !== customerId);
  const ids = (isFormer: boolean) =>
    claims.filter(([, { state }]) => (state === 'former') === isFormer).map(([id]) => id);
  return { sharing: ids(false), former: ids(true) };
}

const mostNamed = 20;

function customerLinks(ids: readonly string[]): Html {
  const links = ids
    .slice(0, mostNamed)
    .map(
      (id, at) => html`${at > 0 ? ', ' : ''}<a href="${customerPath(id)}"><code>${id}</code></a>`,
    );
  return html`${links}${ids.length > mostNamed ? ` and ${ids.length - mostNamed} more` : ''}`;
}

function erasing(who: Html, { sharing, former }: Others): Html {
  return html`<p class="note">This can’t be undone.${sharing.length > 0 ? html` It also erases other Polar customers with the same address (${sharing.length}): ${customerLinks(sharing)}.` : ''}</p>
<div class="columns choices">
<section class="card" aria-labelledby="goes"><h2 id="goes">What goes</h2>
<ul>
<li>${who}</li>
<li>What Polar said about the customer: name, addresses, external id and subscriptions.</li>
<li>Payloads, addresses and changes in the records of its events.</li>
${former.length > 0 ? html`<li>This address, but nothing else, of Polar customers who have another one now (${former.length}): ${customerLinks(former)}.</li>` : ''}
</ul>
</section>
<section class="card" aria-labelledby="stays"><h2 id="stays">What stays</h2>
<ul>
<li>The record that an event came or an email was sent, without the address.</li>
<li>Any unsubscribe, bounce or complaint: the address stays suppressed, as an unreadable hash.</li>
<li>The customer’s id, so that later events store nothing and bring no contact back.</li>
<li>Dead letters for up to 14 days, table backups for up to 35. Polar keeps its own data: delete the customer there too.</li>
</ul>
</section>
</div>
<p>Erasing goes through the queue: now, and again in 15 minutes for events on their way.</p>`;
}

function decide(
  c: Context<ConsoleEnv>,
  { contact }: KnownContact,
  label: string,
  verb: string,
  tone: 'primary' | 'danger',
): Html {
  const path = contactPath(contact.contactId);
  return html`<div class="row">${act(c, label, `${path}/${verb}`, { tone })} <a class="button" href="${path}">Cancel</a></div>`;
}

function list(reasons: readonly SubscriptionReason[]): Html {
  return html`<ul>${reasons.map((reason) => html`<li>${reasonView(reason)}</li>`)}</ul>`;
}
