import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Customer } from '#shared/audience/customer.ts';
import {
  reasonAgainstTransactional,
  reasonsAgainstMarketing,
  type SubscriptionReason,
} from '#shared/audience/subscription-reasons.ts';
import type { KnownContact } from '#shared/aws/known-contact.ts';
import type { ConsoleEnv } from '../console-env.ts';
import { act } from '../fields.ts';
import type { Html } from '../page.ts';
import { badge, facts, time } from '../shown.ts';
import { type ConsentStep, consentHistory } from './consent-history.ts';
import { consentBadge, contactPath } from './contact-words.ts';
import { isRecent, underWayNote } from './erasure-words.ts';

/** Who a contact is, whether it gets mail and why, and what can be done about it. */
export function contactView(c: Context<ConsoleEnv>, known: KnownContact, now: Date): Html {
  const path = contactPath(known.contact.contactId);
  const erasure = known.customer?.erasure ?? known.contact.erasure;
  const isUnderWay = erasure !== undefined && isRecent(erasure, now);
  // The sentence of what was just done says the same.
  return html`${erasure && !c.get('flash') ? underWayNote(erasure, now) : ''}
<div class="columns">
<section class="card" aria-labelledby="profile"><h2 id="profile">Profile</h2>${profile(known)}</section>
<section class="card" aria-labelledby="consent"><h2 id="consent">Consent</h2>
${consentState(known)}
<div class="row">${consentActs(c, path, known)}${isUnderWay ? '' : html`<a class="button danger" href="${path}/erase">Erase …</a>`}</div>
<h3>How it came to this</h3>
${steps(consentHistory(known))}
</section>
</div>`;
}

function profile({ contact, customer }: KnownContact): Html {
  const byHand = contact.byHand ?? {};
  const set = (value: string | undefined, own: unknown) =>
    value !== undefined && own !== undefined
      ? html`${value} <span class="soft small">(set by hand)</span>`
      : value;
  return facts([
    ['Address', contact.address],
    ['First name', set(contact.firstName, byHand.firstName)],
    ['Last name', set(contact.lastName, byHand.lastName)],
    ['External id', set(contact.externalId, byHand.externalId)],
    ['Group', set(contact.userGroup, byHand.userGroup)],
    ['Customer in Polar', customerText(contact.customerId, customer)],
    ['Source', contact.source],
    ['Since', time(contact.createdAt)],
    ['Changed', time(contact.updatedAt)],
    ['Contact id', html`<code>${contact.contactId}</code>`],
    ['Was also', contact.mergedIds && html`<code>${contact.mergedIds.join(' ')}</code>`],
  ]);
}

function customerText(
  customerId: string | undefined,
  customer: Customer | undefined,
): Html | string {
  if (customerId === undefined) return 'None: added by hand';
  const deleted = customer?.deletion;
  return html`<code>${customerId}</code>${deleted && html` ${badge('deleted', 'warn')} ${time(deleted.occurredAt)}`}`;
}

function consentState(known: KnownContact): Html {
  const against = reasonsAgainstMarketing(known);
  const transactional = reasonAgainstTransactional(known);
  return html`${facts([
    ['Marketing', consentBadge(known.contact)],
    [
      'Transactional',
      transactional === undefined
        ? 'Gets receipts and the like'
        : `Gets nothing, because ${transactional}`,
    ],
  ])}
${against.length > 0 && html`<ul class="reasons">${against.map((reason) => html`<li>${reasonView(reason)}</li>`)}</ul>`}`;
}

export function reasonView({ what, at, by }: SubscriptionReason): Html {
  return html`${what}${at && html` on ${time(at)}`}${by && html`, by ${by}`}.`;
}

function consentActs(c: Context<ConsoleEnv>, path: string, known: KnownContact): Html[] {
  const { contact, customer, suppression } = known;
  const hasRefused = Boolean(suppression?.reasons.unsubscribed ?? customer?.no?.unsubscribed);
  return [
    ...(hasRefused ? [] : [act(c, 'Unsubscribe', `${path}/unsubscribe`)]),
    ...(contact.subscribed
      ? []
      : [html`<a class="button" href="${path}/subscribe">Subscribe …</a>`]),
    ...(suppression?.reasons.bounced
      ? [html`<a class="button" href="${path}/lift-bounce">Lift the bounce …</a>`]
      : []),
  ];
}

function steps(history: readonly ConsentStep[]): Html {
  return html`<ol class="timeline">${history.map(
    ({ at, what, by }) =>
      html`<li><p>${what}</p><p class="soft small">${time(at)}${by && html` · by ${by}`}</p></li>`,
  )}</ol>`;
}
