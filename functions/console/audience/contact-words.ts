import type { Contact } from '#shared/audience/contact.ts';
import { badge } from '../shown.ts';

/** Where the page of a contact is. */
export function contactPath(contactId: string): string {
  return `/console/audience/${encodeURIComponent(contactId)}`;
}

/** First and last name; empty where there is none. */
export function nameOf({ firstName, lastName }: Contact): string {
  return [firstName, lastName].filter(Boolean).join(' ');
}

export function consentBadge({ subscribed }: Pick<Contact, 'subscribed'>) {
  return subscribed ? badge('subscribed', 'good') : badge('not subscribed', 'warn');
}

/** A text that somebody else chose, short enough for a list. */
export function shortened(text: string | undefined, longest = 80): string {
  if (text === undefined) return '';
  const letters = [...text];
  return letters.length > longest ? `${letters.slice(0, longest - 1).join('')}…` : text;
}
