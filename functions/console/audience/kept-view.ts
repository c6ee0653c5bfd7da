import { html } from 'hono/html';
import type { Act } from '#shared/audience/consent/suppression.ts';
import { erasureDelaysSeconds } from '#shared/queue/events-queue.ts';
import { visibleLine } from '#shared/safe-text.ts';
import type { KeptCustomer } from '#shared/store/audience/contact-lookup.ts';
import { copyable, untilDone } from '../kit/enhanced.ts';
import { askedText } from '../kit/erasures.ts';
import type { Html } from '../kit/page.ts';
import { contactPath, customerPath, deadLettersPath } from '../kit/paths.ts';
import { badge, facts, time, who } from '../kit/shown.ts';
import { shortened } from '../kit/words.ts';
import type { ProvenCustomer } from './audience-stores.ts';

/** When what was on its way is erased too, and a minute for the queue. */
const wholeMs = (Math.max(...erasureDelaysSeconds) + 60) * 1_000;

export const erasureIsUnderWay =
  'The erasure is under way. It takes a moment, or 15 minutes for events on their way.';

/** Whether an erasure may still be on its way, and need not be asked for again. */
export function isRecent({ at }: Act, now: Date): boolean {
  return now.getTime() - Date.parse(at) < wholeMs;
}

/** What a page says until the erasure is done: then it is another page, which the script opens. */
export function untilErased(isUnderWay: boolean, body: Html): Html {
  return isUnderWay ? untilDone('erasing', false, body) : body;
}

/** Whether an erasure of a customer was just asked for, and is not done. */
export function isBeingErased({ customer }: KeptCustomer, now: Date): boolean {
  const { erasure, erased } = customer;
  return erasure !== undefined && !erased && isRecent(erasure, now);
}

/** Of an erasure that was asked for and is not done. */
export function underWayNote(erasure: Act, now: Date): Html {
  const asked = html`${time(erasure.at)} by ${who(erasure.by)}`;
  return isRecent(erasure, now)
    ? html`<p class="note">${erasureIsUnderWay} Requested on ${asked}.</p>`
    : html`<p class="note">Erasure was requested on ${asked} and still isn’t done. Look for its message <a href="${deadLettersPath}">in the dead letters</a>, or request it again.</p>`;
}

/** Of an erasure that is done, apart from what was on its way. */
function erasedText({ customer: { erasure }, proof }: ProvenCustomer, now: Date): Html {
  const on = proof && html` on ${time(proof.erasedAt)}`;
  const asked = proof ?? (erasure && { askedAt: erasure.at, askedBy: erasure.by });
  const isSettling = erasure !== undefined && isRecent(erasure, now);
  return html`This customer’s data was erased${on}. ${asked && askedText(asked)}${isSettling && ' Events in flight are erased within 15 minutes.'}`;
}

/** What a person may call a customer by. */
export function titleOfCustomer({ customer }: KeptCustomer): string {
  const { name, email, customerId, erased } = customer;
  if (erased) return 'Erased customer';
  return shortened(name?.value || email?.value || `Customer ${customerId}`);
}

/** What is kept of a customer, why no contact shows it, and the way to erase it. `isTold`: the page says already what goes on. */
export function keptView(kept: ProvenCustomer, now: Date, isTold = false): Html {
  const { customer, contact } = kept;
  const { customerId, email, name, externalId, addresses, deletion, erasure } = customer;
  const isPending = erasure !== undefined && !customer.erased;
  return html`${isPending && !isTold ? underWayNote(erasure, now) : ''}
<section class="card" aria-label="${titleOfCustomer(kept)}">
<p>${contact ? shownElsewhere(contact.contactId, contact.address) : customer.erased ? erasedText(kept, now) : hiddenBecause(kept)}</p>
${facts([
  [
    'Customer in Polar',
    html`${copyable(customerId)} ${deletion ? badge('deleted', 'warn') : ''} ${deletion && time(deletion.occurredAt)}`,
  ],
  ['Address', email?.value],
  ['Addresses so far', addresses.length > 1 ? addresses.join(', ') : undefined],
  ['Name', name?.value],
  ['External id', externalId?.value && visibleLine(externalId.value)],
])}
${contact || customer.erased || isBeingErased(kept, now) ? '' : html`<div class="row"><a class="button danger" href="${customerPath(customerId)}/erase">Erase…</a></div>`}
</section>`;
}

function shownElsewhere(contactId: string, address: string): Html {
  return html`This customer is in the audience as <a href="${contactPath(contactId)}">${address}</a>.`;
}

/** Why a customer has no contact of its own in the list. */
function hiddenBecause({ customer: { deletion, email }, other }: KeptCustomer): Html {
  if (deletion?.mode === 'delete') {
    return html`Polar deleted this customer, and your settings removed the contact. What Polar said before is kept.`;
  }
  if (!email) {
    return html`Polar hasn’t sent an email address for this customer yet. The contact appears once it does; the rest is kept.`;
  }
  if (other && other.customerId === undefined) {
    return html`<a href="${contactPath(other.contactId)}">A contact that was added by hand</a> has this customer’s address. What Polar said about the customer is kept.`;
  }
  return html`Another customer has this customer’s address now${other ? html`, with <a href="${contactPath(other.contactId)}">a contact of its own</a>` : ''}. What Polar said about this one is kept.`;
}
