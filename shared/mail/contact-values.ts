import type { Contact } from '../audience/contact.ts';
import { isNameLeftOut } from './is-name-left-out.ts';
import type { EmailVariables } from './render-email.ts';

type Values = EmailVariables['contact'];

/** What templates know of a contact: no name that is left out of mails. */
export function contactValues(contact: Contact): Values {
  const { address, externalId, userGroup } = contact;
  return { ...namesOf(contact), email: address, externalId, userGroup };
}

function namesOf(contact: Contact): Values {
  const { firstName, lastName } = contact;
  const name = [firstName, lastName].filter(Boolean).join(' ');
  if (name === '' || isNameLeftOut(contact)) return {};
  return { firstName, lastName, name };
}
