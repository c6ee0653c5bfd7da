import type { Contact } from '../audience/contact.ts';
import { holdsLink } from './holds-link.ts';
import type { EmailVariables } from './render-email.ts';

/** In characters. A longer one is a message rather than a name. */
const longestName = 100;

type Values = EmailVariables['contact'];

/**
 * What templates know of a contact. Anyone can sign up with any name and the address of a stranger, so a name with a
 * link in it, or too long for a name, is left out: nobody mails it through a merchant's welcome.
 */
export function contactValues(contact: Contact): Values {
  const { address, externalId, userGroup } = contact;
  return { ...namesOf(contact), email: address, externalId, userGroup };
}

function namesOf({ firstName, lastName }: Contact): Values {
  const name = [firstName, lastName].filter(Boolean).join(' ');
  if (name === '' || [...name].length > longestName || holdsLink(name)) return {};
  return { firstName, lastName, name };
}
