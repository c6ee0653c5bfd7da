import { randomUUID } from 'node:crypto';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { normalisedEmailSchema } from '#shared/audience/person/address.ts';
import { type Contact, contactSchema } from '#shared/audience/person/person.ts';
import {
  isFoundBy,
  searchWords,
  type Typed,
  typedWords,
} from '#shared/audience/person/search-words.ts';
import { type AudienceStore, look } from '#shared/audience/rows/unit-of-work.ts';
import type { Step } from '#shared/audience/rows/workspace.ts';

/**
 * A row of table Words: a word of a contact, by its first character and then in the order of text, so that all words
 * that begin alike are one range.
 */
type WordKey = Readonly<{ initial: string; wordAndEmail: string }>;

function wordKey(word: string, email: string): WordKey {
  const [initial = ''] = word;
  return { initial, wordAndEmail: `${word} ${email}` };
}

type WordWrite =
  | { Put: { TableName: string; Item: WordKey & { email: string } } }
  | { Delete: { TableName: string; Key: WordKey } };

type Changes = Readonly<{
  /** Whether the words of the row are all in the index after this write. */
  isFindable: boolean;
  items: readonly WordWrite[];
  added: number;
}>;

/**
 * What a write to a contact changes in the index of words, for the same transaction. Nothing where name and address stay.
 * A contact that was never in it (written by version 0.1.0, or without the table) comes in whole. Where more words come
 * than there is room for, none do, and `npm run migrate` finds the contact. What goes, always goes, marked as findable or
 * not: an earlier version that was deployed again wrote contacts without the mark, and their words are there.
 */
export function wordChanges(step: Step<Contact>, table: string | undefined, room: number): Changes {
  if (step.act === 'check') return { isFindable: false, items: [], added: 0 };
  const before = step.before ? searchWords(step.before.row) : [];
  const known = step.before?.isFindable ? before : [];
  const wanted = step.act === 'put' ? searchWords(step.row) : [];
  const added = wanted.filter((word) => !known.includes(word));
  const removed = before.filter((word) => !wanted.includes(word));
  if (table === undefined) {
    const isSame = added.length === 0 && removed.length === 0;
    return { isFindable: isSame && step.before?.isFindable === true, items: [], added: 0 };
  }
  const isFindable = added.length <= room;
  const puts = isFindable ? added.map((word) => putOf(table, word, step.key)) : [];
  const gone = isFindable ? removed : before;
  return {
    isFindable,
    items: [
      ...puts,
      ...gone.map((word) => ({ Delete: { TableName: table, Key: wordKey(word, step.key) } })),
    ],
    added: puts.length,
  };
}

function putOf(table: string, word: string, email: string): WordWrite {
  return { Put: { TableName: table, Item: { ...wordKey(word, email), email } } };
}

const revisionSchema = z.object({ revision: z.string() });

/**
 * Puts the words of a contact that an earlier version wrote into the index. `changed`: somebody wrote it meanwhile; it
 * may be in the index now. Its revision becomes another: whoever read the contact before, to rename or to erase it, has to
 * read again, and learns which words there are. Safe to repeat.
 */
export async function makeFindable(
  db: DynamoDBDocumentClient,
  tables: Readonly<Record<'contacts' | 'words', string>>,
  email: string,
): Promise<'done' | 'changed' | 'gone'> {
  const contact = { TableName: tables.contacts, Key: { email } };
  const { Item } = await db.send(new GetCommand({ ...contact, ConsistentRead: true }));
  if (Item === undefined) return 'gone';
  const words = searchWords(contactSchema.parse(Item));
  const marking = {
    ...contact,
    UpdateExpression: 'SET findable = :true, revision = :now',
    ConditionExpression: 'revision = :asRead',
    ExpressionAttributeValues: {
      ':true': true,
      ':now': randomUUID(),
      ':asRead': revisionSchema.parse(Item).revision,
    },
  };
  try {
    const puts = words.map((word) => putOf(tables.words, word, email));
    await db.send(new TransactWriteCommand({ TransactItems: [{ Update: marking }, ...puts] }));
    return 'done';
  } catch (error) {
    if (error instanceof TransactionCanceledException) return 'changed';
    throw error;
  }
}

/** How far words were read. It holds an address, so it goes into no URL. */
export const wordPositionSchema = z.object({ initial: z.string(), wordAndEmail: z.string() });
export type WordPosition = z.infer<typeof wordPositionSchema>;

type WordPage = Readonly<{
  contacts: readonly Contact[];
  /** Where the rest begins; `undefined`: there is none. */
  next: WordPosition | undefined;
}>;

export type WordSearch = (
  text: string,
  how: Readonly<{ limit: number; after?: WordPosition | undefined }>,
) => Promise<WordPage>;

const rowSchema = z.extend(wordPositionSchema, { email: normalisedEmailSchema });
type WordRow = z.infer<typeof rowSchema>;
const rowsSchema = z.array(rowSchema);

/** Where several words were typed, the contacts of the longest are read through, this far for a page. */
const readAtOnce = 50;
const mostReads = 10;

/** In bytes, at DynamoDB. */
const longestSortKey = 1_024;

/**
 * Finds contacts by the beginnings of words of their name and address: all that were typed, in any order. Listed in the
 * order of the words that the one which is looked up begins, each contact once. What the index names is read from the
 * table, so that nobody is found by what they are called no more. A position of another search means from the beginning.
 */
export function dynamoWordSearch(
  db: DynamoDBDocumentClient,
  table: string,
  store: Pick<AudienceStore, 'load'>,
): WordSearch {
  async function read(word: string, after: WordPosition | undefined, limit: number) {
    const [initial = ''] = word;
    const { Items = [], LastEvaluatedKey } = await db.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'initial = :initial AND begins_with(wordAndEmail, :word)',
        ExpressionAttributeValues: { ':initial': initial, ':word': word },
        ExclusiveStartKey: after,
        Limit: limit,
      }),
    );
    return {
      rows: rowsSchema.parse(Items),
      next: LastEvaluatedKey && wordPositionSchema.parse(LastEvaluatedKey),
    };
  }

  async function contactsOf(rows: readonly WordRow[], typed: Typed): Promise<Contact[]> {
    const contacts = await look(
      store,
      (w) => new Map(rows.map(({ email }) => [email, w.contacts.get(email)])),
    );
    return rows.flatMap((row) => {
      const contact = contacts.get(row.email);
      if (!contact || !isFoundBy(contact, typed)) return [];
      // Ada Adams is at both of her words, and listed at the first.
      const [first] = searchWords(contact)
        .filter((word) => word.startsWith(typed.lookedUp))
        .map((word) => wordKey(word, row.email).wordAndEmail)
        .sort(asDynamo);
      return first === row.wordAndEmail ? [contact] : [];
    });
  }

  return async (text, { limit, after }) => {
    const typed = typedWords(text);
    const contacts: Contact[] = [];
    if (!typed) return { contacts, next: undefined };
    let next = after && isWithin(after, typed.lookedUp) ? after : undefined;
    for (let reads = 0; reads < mostReads && contacts.length < limit; reads++) {
      const wanted = typed.words.length > 1 ? readAtOnce : limit - contacts.length;
      const page = await read(typed.lookedUp, next, wanted);
      contacts.push(...(await contactsOf(page.rows, typed)));
      next = page.next;
      if (next === undefined) break;
    }
    return { contacts, next };
  };
}

/** Whether a search for this word can have got there. DynamoDB refuses any other position, and a form may bring one. */
function isWithin({ initial, wordAndEmail }: WordPosition, word: string): boolean {
  return (
    initial === [...word][0] &&
    wordAndEmail.startsWith(word) &&
    Buffer.byteLength(wordAndEmail) <= longestSortKey
  );
}

/** The order of a sort key: by the bytes of its UTF-8. */
function asDynamo(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
