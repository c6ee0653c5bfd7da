import type { Act } from './act.ts';
import type { ActResult } from './act-on-contact.ts';
import type { Belongings, Contact } from './contact.ts';
import { isAnonymous, isMailable, normalisedEmail } from './email-address.ts';
import { type Surroundings, showAddress } from './identity.ts';
import { cleanName } from './person-name.ts';
import { type Means, settle } from './settle.ts';
import { outcomeIn, type Workspace, workspace } from './workspace.ts';

const byHandSource = 'Added by hand';

/** A contact as a person types it in. What is left empty is left to Polar's customer, should one come. */
export type NewContact = Readonly<{
  email: string;
  firstName?: string | undefined;
  lastName?: string | undefined;
  externalId?: string | undefined;
  userGroup?: string | undefined;
}>;

const longestExternalId = 4_096;
const longestGroup = 100;

/**
 * A person adds a contact: subscribed, unless its address is suppressed or was left by someone who had said no. The
 * living customer who claims the address, now or later, takes it over.
 */
export async function addContact(
  fields: NewContact,
  act: Act,
  { store, surroundings, pause }: Means,
): Promise<ActResult> {
  const reason = reasonAgainst(fields);
  if (reason !== undefined) return { kind: 'refused', reason };
  const decide = (w: Workspace) => outcomeIn(w, { said: add(w, fields, act, surroundings) });
  const { decision } = await settle(store, (known) => decide(workspace(known)), pause);
  return decision.said;
}

function reasonAgainst({ email, externalId = '', userGroup = '' }: NewContact): string | undefined {
  if (!isMailable(email)) {
    return 'This is no email address to which mail could be sent, such as name@example.com.';
  }
  if (isAnonymous(email)) return 'This address stands for a customer who was erased in Polar.';
  if (externalId.trim().length > longestExternalId) {
    return `The external id is longer than ${longestExternalId} characters.`;
  }
  return userGroup.trim().length > longestGroup
    ? `The user group is longer than ${longestGroup} characters.`
    : undefined;
}

function add(w: Workspace, fields: NewContact, act: Act, surroundings: Surroundings): ActResult {
  const email = normalisedEmail(fields.email);
  if (w.contacts.get(email)) {
    return { kind: 'refused', reason: 'There is a contact with this address already.' };
  }
  w.contacts.put(email, newContact(email, fields, act, surroundings.newId()));
  showAddress(w, email, surroundings);
  const contact = w.contacts.get(email);
  if (!contact) throw new Error('A contact that was just added is not shown.');
  const note =
    'The address is suppressed, or someone who had it said no: the contact is not subscribed.';
  return { kind: 'done', contact, ...(!contact.subscribed && { note }) };
}

function newContact(email: string, fields: NewContact, { at, by }: Act, contactId: string) {
  const given = {
    firstName: cleanName(fields.firstName ?? '') || undefined,
    lastName: cleanName(fields.lastName ?? '') || undefined,
    externalId: fields.externalId?.trim() || undefined,
  };
  const texts = Object.fromEntries(Object.entries(given).filter(([, text]) => text !== undefined));
  const value = fields.userGroup?.trim();
  const byHand: NonNullable<Belongings['byHand']> = {
    ...texts,
    ...(value && { userGroup: { value, at } }),
  };
  const contact: Contact = {
    email,
    address: fields.email.trim(),
    contactId,
    createdAt: at,
    updatedAt: at,
    source: byHandSource,
    consent: { history: [{ act: 'added', at, by }] },
    ...(Object.keys(byHand).length > 0 && { byHand }),
    ...texts,
    ...(value && { userGroup: value }),
    subscribed: true,
  };
  return contact;
}
