import { sourceText } from './contact-source.ts';
import type { Contact } from './person.ts';

/** Makes spreadsheet programs read the file as UTF-8. Stands once, before everything else. */
const byteOrderMark = '\uFEFF';

/**
 * Whatever a spreadsheet program might take for the beginning of a formula, also behind what it might drop or take for
 * the end of a cell: many split at semicolons instead of commas. It looks back from the sign, so that a cell full of tabs
 * costs no more than any other.
 */
const formula = /(?=[=+\-@＝＋－＠])(?<=(?:^|[;|\t\r\n])[\s\p{Cc}\p{Cf}]*)/gu;

/**
 * One line of a CSV file by RFC 4180, its end included, every cell in quotes. A cell that would be a formula gets an
 * apostrophe before it, by which spreadsheet programs know text.
 */
export function csvLine(cells: readonly (string | undefined)[]): string {
  return `${cells.map((cell = '') => `"${harmless(cell).replaceAll('"', '""')}"`).join(',')}\r\n`;
}

function harmless(cell: string): string {
  const text = cell.replaceAll(formula, "'");
  return /^[\t\r\n]/.test(text) ? `'${text}` : text;
}

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
  ['source', (contact) => sourceText(contact)],
  ['contact id', ({ contactId }) => contactId],
  ['Polar customer id', ({ customerId }) => customerId],
];

/** How a file of contacts begins. */
export const contactCsvHead = `${byteOrderMark}${csvLine(columns.map(([head]) => head))}`;

/** A line for each contact. */
export function contactCsvLines(contacts: readonly Contact[]): string {
  return contacts.map((contact) => csvLine(columns.map(([, cell]) => cell(contact)))).join('');
}
