import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { findDeployment, type Target } from '#infra/commands/deployment/deployment.ts';
import { stackResources } from '#infra/commands/deployment/resources.ts';
import { actedOn } from '#infra/terminal/acted.ts';
import { progressLine } from '#infra/terminal/lines.ts';
import { refuseBanner } from '#infra/terminal/output.ts';
import { contactCsvHead, contactCsvLines } from '#shared/audience/person/contact-csv.ts';
import type { Contact } from '#shared/audience/person/person.ts';
import { visible } from '#shared/safe-text.ts';
import {
  type ContactFilter,
  type ContactList,
  type ContactPosition,
  dynamoContactList,
} from '#shared/store/audience/contact-search.ts';
import { documentClient } from '#shared/store/dynamo.ts';

const pageSize = 1_000;

export type ExportOptions = Readonly<{
  target: Target;
  verb: 'export';
  filter: ContactFilter;
  file: string | undefined;
  json: boolean;
}>;

/** `npm run audience -- export`. Says everything but the contacts on `messages`. */
export async function runExport(
  given: ExportOptions,
  output: NodeJS.WriteStream,
  messages: NodeJS.WriteStream,
): Promise<void> {
  const print = (line: string) => void messages.write(`${visible(line)}\n`);
  if (given.file === undefined && !output.isTTY) refuseBanner(process.env);
  const deployment = await findDeployment(given.target, print);
  const resources = await stackResources(given.target, deployment);
  const db = documentClient(new DynamoDBClient(deployment.clientConfigs.dynamodb));
  const list = dynamoContactList(db, resources.physicalId('Contacts'));
  const { progress, clear } = progressLine(messages);
  const write = (to: Writable) =>
    exportContacts(
      list,
      given.filter,
      to,
      (contacts) => progress(`${contacts} contacts`),
      given.json ? json : to === output && output.isTTY ? shownCsv : csv,
    );
  try {
    const { file } = given;
    const contacts = file === undefined ? await write(output) : await intoFile(file, write);
    clear();
    actedOn({ count: contacts });
    print(`${contacts} ${contacts === 1 ? 'contact was' : 'contacts were'} written.`);
  } catch (error) {
    clear();
    print('Not all contacts were written. Run the export again.');
    throw error;
  }
}

/** Gives the file its name when it is whole. Only its owner can read it, also where another file had that name. */
export async function intoFile<T>(file: string, write: (to: Writable) => Promise<T>): Promise<T> {
  const part = `${file}.part`;
  // What an earlier run or somebody else left there would keep its mode, or lead elsewhere.
  await rm(part, { force: true });
  const to = createWriteStream(part, { flags: 'wx', mode: 0o600 });
  try {
    // Before it is there it could not be removed.
    await once(to, 'open');
    const written = await write(to);
    to.end();
    await finished(to);
    await rename(part, file);
    return written;
  } catch (error) {
    to.destroy();
    // A write that is under way fails when its stream goes, and must not fail the process.
    await finished(to).catch(() => {});
    await rm(part, { force: true });
    throw error;
  }
}

/** How contacts are written one after the other. */
export type Format = Readonly<{
  head: string;
  page: (contacts: readonly Contact[], isFirst: boolean) => string;
  end: string;
}>;

export const csv: Format = { head: contactCsvHead, page: contactCsvLines, end: '' };

/** For a terminal, which names must not steer. A file has them as they are. */
export const shownCsv: Format = {
  ...csv,
  page: (contacts) => visible(contactCsvLines(contacts)),
};

/** One document, a contact on each line. */
export const json: Format = {
  head: '{"contacts": [',
  page: (contacts, isFirst) =>
    contacts
      .map(
        (one, index) =>
          `${isFirst && index === 0 ? '' : ','}\n${visible(JSON.stringify(contactDocument(one)))}`,
      )
      .join(''),
  end: '\n]}\n',
};

/** The columns of the CSV file, by names for a program. */
function contactDocument(contact: Contact) {
  const { address, firstName, lastName, externalId, userGroup, subscribed } = contact;
  const { createdAt, updatedAt, source, contactId, customerId } = contact;
  return {
    email: address,
    firstName: firstName ?? null,
    lastName: lastName ?? null,
    externalId: externalId ?? null,
    userGroup: userGroup ?? null,
    ...{ subscribed, createdAt, updatedAt, source, contactId },
    customerId: customerId ?? null,
  };
}

/** Writes page after page, as fast as they are taken; memory does not grow with the audience. Gives the number. */
export async function exportContacts(
  list: ContactList,
  filter: ContactFilter,
  to: Writable,
  progress: (contacts: number) => void,
  format: Format = csv,
): Promise<number> {
  let contacts = 0;
  async function* text() {
    yield format.head;
    for (let after: ContactPosition | undefined; ; ) {
      const { items, next } = await list.page(filter, pageSize, after);
      if (items.length > 0) yield format.page(items, contacts === 0);
      contacts += items.length;
      progress(contacts);
      if (!next) break;
      after = next;
    }
    yield format.end;
  }
  await pipeline(text(), to, { end: false });
  return contacts;
}
