import { byteOrderMark, csvLine } from '../csv-line.ts';
import type { Contact } from './contact.ts';

const columns: readonly (readonly [
  head: string,
  cell: (contact: Contact) => string | undefined,
])[] = [
  ['email', ({ address }) => address],
  ['first name', ({ firstName }) => firstName],
  ['last name', ({ lastName }) => lastName],
  ['external id', ({ externalId }) => externalId],
  ['group', ({ userGroup }) => userGroup],
  ['subscribed', ({ subscribed }) => (subscribed ? 'yes' : 'no')],
  ['since', ({ createdAt }) => createdAt],
  ['changed', ({ updatedAt }) => updatedAt],
  ['source', ({ source }) => source],
  ['contact id', ({ contactId }) => contactId],
  ['Polar customer id', ({ customerId }) => customerId],
];

/** How a file of contacts begins. */
export const contactCsvHead = `${byteOrderMark}${csvLine(columns.map(([head]) => head))}`;

/** A line for each contact. */
export function contactCsvLines(contacts: readonly Contact[]): string {
  return contacts.map((contact) => csvLine(columns.map(([, cell]) => cell(contact)))).join('');
}
