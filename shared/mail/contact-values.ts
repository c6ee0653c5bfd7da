import type { Contact } from '../audience/contact.ts';
import type { EmailVariables } from './render-email.ts';

/** What templates know of a contact. */
export function contactValues(contact: Contact): EmailVariables['contact'] {
  const { firstName, lastName, address, externalId, userGroup } = contact;
  const name = [firstName, lastName].filter(Boolean).join(' ') || undefined;
  return { firstName, lastName, name, email: address, externalId, userGroup };
}
