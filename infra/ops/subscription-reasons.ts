import { type Address, isLeftUnsubscribed } from '#shared/audience/address.ts';
import type { Contact } from '#shared/audience/contact.ts';
import type { Customer } from '#shared/audience/customer.ts';
import type { Suppression } from '#shared/audience/suppression.ts';

/** All that is known at one address. */
export type AtAddress = Readonly<{
  contact: Contact | undefined;
  /** Whose facts the contact shows. */
  customer: Customer | undefined;
  address: Address | undefined;
  /** `not read`: this person may not read the key that suppressions are found by. */
  suppression: Suppression | undefined | 'not read';
}>;

/** Every reason for which the contact at an address is not subscribed, a sentence each. */
export function reasonsAgainstMarketing(at: AtAddress): string[] {
  const { contact, customer, address, suppression } = at;
  const known = suppression === 'not read' ? undefined : suppression;
  const reasons = [
    ...refusalTexts('The customer', customer?.no),
    ...refusalTexts('The address is suppressed:', known?.reasons),
  ];
  if (suppression === 'not read') {
    reasons.push('Whether the address is suppressed cannot be read with these credentials.');
  }
  if (isLeftUnsubscribed(address)) {
    reasons.push(
      'A deleted customer of this address had said no, and holds for whoever comes next.',
    );
  }
  if (customer?.deletion?.mode === 'unsubscribe') {
    reasons.push(`Polar deleted the customer on ${customer.deletion.occurredAt}.`);
  }
  const { startsUnsubscribed, subscribed } = contact?.consent ?? {};
  if (startsUnsubscribed && !subscribed) {
    reasons.push('The setting newContacts was "unsubscribed" when the contact was made.');
  }
  return reasons;
}

/** What keeps transactional mail from an address, which an unsubscribe does not. */
export function reasonAgainstTransactional(at: AtAddress): string | undefined {
  const { contact, customer, suppression } = at;
  const reasons = suppression === 'not read' ? {} : (suppression?.reasons ?? {});
  if (!contact) return 'there is no contact';
  if (customer?.erased) return 'the customer is erased';
  if (customer?.deletion) return 'the customer is deleted (but for the email of the deletion)';
  if (reasons.bounced) return 'mail to the address bounced';
  return reasons.complained || customer?.no?.complained ? 'of a complaint' : undefined;
}

function refusalTexts(head: string, refusals: Suppression['reasons'] = {}): string[] {
  return Object.entries(refusals).flatMap(([reason, no]) =>
    no ? [`${head} ${reason} on ${no.at}, by ${no.by}.`] : [],
  );
}
