import type { Contact } from '../audience/contact.ts';
import { holdsLink } from './holds-link.ts';

/** In characters. A longer one is a message rather than a name. */
const longestName = 100;

/**
 * Whether the contact has a name that no mail carries. Anyone can sign up with any name and the address of a stranger,
 * so a name with a link in it, or too long for a name, is left out: nobody mails it through a merchant's welcome.
 */
export function isNameLeftOut({ firstName, lastName }: Contact): boolean {
  const name = [firstName, lastName].filter(Boolean).join(' ');
  return [...name].length > longestName || holdsLink(name);
}
