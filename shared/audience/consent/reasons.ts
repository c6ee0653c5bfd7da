import { actorName } from '#shared/actor.ts';
import { isLeftUnsubscribed, isTakenBySes } from '#shared/audience/person/address.ts';
import type { Address, Contact, Customer } from '#shared/audience/person/person.ts';
import { type Act, isAfter, isByOperator, recipient, type Suppression } from './suppression.ts';

/** All that is known at one address. */
export type AtAddress = Readonly<{
  contact: Contact | undefined;
  /** Whose facts the contact shows. */
  customer: Customer | undefined;
  address: Address | undefined;
  /** `not read`: this person may not read the key that suppressions are found by. */
  suppression: Suppression | undefined | 'not read';
}>;

/** A sentence without its end: since when, and by whom, where that is known. */
export type SubscriptionReason = Readonly<{ what: string; at?: string; by?: string }>;

/** Every reason for which the contact at an address is not subscribed. */
export function reasonsAgainstMarketing(at: AtAddress): SubscriptionReason[] {
  const { contact, customer, address, suppression } = at;
  const known = suppression === 'not read' ? undefined : suppression;
  const reasons = [
    ...refusals('The customer', customer?.no),
    ...refusals('The address is suppressed:', known?.reasons),
  ];
  if (suppression === 'not read') {
    reasons.push({
      what: 'Whether the address is suppressed cannot be read with these credentials',
    });
  }
  if (isLeftUnsubscribed(address, known)) {
    reasons.push({
      what: 'A deleted customer of this address had said no, and holds for whoever comes next',
    });
  }
  if (customer?.deletion?.mode === 'unsubscribe') {
    reasons.push({ what: 'Polar deleted the customer', at: customer.deletion.occurredAt });
  }
  const { startsUnsubscribed, subscribed } = contact?.consent ?? {};
  if (startsUnsubscribed && !subscribed) {
    reasons.push({ what: 'The setting newContacts was "unsubscribed" when the contact was made' });
  }
  return reasons;
}

/** The whole sentence, with times as they are stored. */
export function reasonSentence({ what, at, by }: SubscriptionReason): string {
  return `${what}${at ? ` on ${at}` : ''}${by ? `, ${howText({ by })}` : ''}.`;
}

/** By whom, as the end of a sentence. Of what the recipient did, which its verb says, how: `on the unsubscribe page`. */
export function howText({ by }: Pick<Act, 'by'>): string {
  const before = `${recipient}, `;
  return by.startsWith(before) ? by.slice(before.length) : `by ${actorName(by)}`;
}

/** What keeps transactional mail from an address, which an unsubscribe does not. */
export function reasonAgainstTransactional(at: AtAddress): string | undefined {
  const { contact, customer, suppression } = at;
  const reasons = reasonsIn(suppression);
  if (!contact) return 'there is no contact';
  if (customer?.erased) return 'the customer is erased';
  if (customer?.erasure || contact.erasure) return 'the contact is being erased';
  if (customer?.deletion) return 'the customer is deleted (except the email about the deletion)';
  if (reasons.bounced) return 'mail to the address bounced';
  if (reasons.complained || customer?.no?.complained) return 'the recipient complained';
  return reasonAgainstAddress(contact);
}

/** What keeps all mail from an address, whoever has it and whatever they said. */
export function reasonAgainstAddress({ address }: Pick<Contact, 'address'>): string | undefined {
  return isTakenBySes(address)
    ? undefined
    : 'SES cannot mail the address: before the @ it has characters that are not ASCII';
}

function refusals(head: string, reasons: Suppression['reasons'] = {}): SubscriptionReason[] {
  return Object.entries(reasons).flatMap(([reason, no]) =>
    no ? [{ what: `${head} ${whatWasDone(head, reason, no)}`, at: no.at, by: no.by }] : [],
  );
}

/** Who unsubscribes somebody by hand says no for them: the customer did not. */
function whatWasDone(head: string, reason: string, no: Act): string {
  if (reason !== 'unsubscribed' || !isByOperator(no)) return reason;
  return head.endsWith(':') ? 'unsubscribed by hand' : 'was unsubscribed by hand';
}

/** What a contact is to marketing, in a word. A bounce or a complaint comes first: it keeps all other mail away, too. */
export type MarketingState = 'subscribed' | 'bounced' | 'complained' | 'not subscribed';

export function marketingState({
  contact,
  customer,
  suppression,
}: Pick<AtAddress, 'contact' | 'customer' | 'suppression'>): MarketingState {
  const { bounced, complained } = reasonsIn(suppression);
  if (bounced) return 'bounced';
  if (complained || customer?.no?.complained) return 'complained';
  return contact?.subscribed ? 'subscribed' : 'not subscribed';
}

function reasonsIn(suppression: AtAddress['suppression']): Suppression['reasons'] {
  return suppression === 'not read' ? {} : (suppression?.reasons ?? {});
}

export type Standing = Readonly<{
  gets: 'everything' | 'transactional' | 'nothing';
  /** Why not more, as the end of a sentence, and since when. */
  because?: string;
  at?: string;
}>;

/** What mail a contact gets, and the one reason that matters most for why not more. */
export function standingOf(at: AtAddress): Standing {
  const { contact } = at;
  const nothing = reasonAgainstTransactional(at);
  if (nothing !== undefined) {
    const since = refusedSince(at);
    return { gets: 'nothing', because: nothing, ...(since !== undefined && { at: since }) };
  }
  if (contact?.subscribed) return { gets: 'everything' };
  const { unsubscribed } = reasonsIn(at.suppression);
  const refusals = [at.customer?.no?.unsubscribed, unsubscribed].flatMap((one) => one ?? []);
  const [newest] = refusals.sort((a, b) => (isAfter(a.at, b.at) ? -1 : 1));
  if (newest) {
    const because = isByOperator(newest) ? 'unsubscribed by hand' : 'unsubscribed';
    return { gets: 'transactional', because, at: newest.at };
  }
  const because = contact?.consent.startsUnsubscribed
    ? 'new contacts start unsubscribed'
    : 'somebody said no at this address before';
  return { gets: 'transactional', because };
}

/** When the bounce or the complaint came that keeps all mail away, if that is why. */
function refusedSince({ customer, suppression }: AtAddress): string | undefined {
  if (customer?.deletion) return undefined;
  const { bounced, complained } = reasonsIn(suppression);
  return (bounced ?? complained ?? customer?.no?.complained)?.at;
}
