import { setTimeout } from 'node:timers/promises';
import {
  type AttributeValue,
  BatchGetItemCommand,
  type BatchGetItemCommandInput,
  type BatchGetItemCommandOutput,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { type BatchGetCommandInput, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { Unprocessable } from '#shared/failure.ts';
import { onWire } from './on-wire.ts';

/** A document client over `client` that leaves out `undefined` fields. */
export function documentClient(client = new DynamoDBClient()): DynamoDBDocumentClient {
  // It copies what each call asks and is answered for a log that nobody reads.
  client.middlewareStack.remove('loggerMiddleware');
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

/** DynamoDB's limit for a partition key, of a table or an index, in bytes. */
const longestKeyBytes = 2_048;

/** How many partitions a list index is spread over, so that one day or one group is not one hot partition. */
export const listShards = 8;

/** The shard of a list index that holds the item with this id; always the same for the same id. */
export function shardOf(id: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(id)) hash = Math.imul(hash ^ byte, 0x01000193);
  return String((hash >>> 0) % listShards);
}

/** A text as a partition key, or `undefined` when DynamoDB takes no such key. */
export function indexKey(text: string | undefined): string | undefined {
  return text && Buffer.byteLength(text) <= longestKeyBytes ? text : undefined;
}

/** How far a sharded list was given: of each shard the position after its last item; `null`: it has no more. */
type ListPosition<K> = Readonly<Record<string, K | null>>;

type ShardPage<T, K> = Readonly<{ items: readonly T[]; next: K | undefined }>;

type ShardedList<T, K> = Readonly<{
  shards: readonly string[];
  /** Reads on in one shard, newest first. There may be more where nothing was found, see `next`. */
  read(shard: string, after: K | undefined, isFirst: boolean): Promise<ShardPage<T, K>>;
  keyOf(item: T): K;
  /** The later in the order of text, the newer. */
  ageOf(item: T): string;
  limit: number;
  /** So many reads of one shard at most. */
  mostReads: number;
}>;

export type ListPage<T, K> = Readonly<{
  items: readonly T[];
  /** Where the rest begins; `undefined`: there is none. */
  next: ListPosition<K> | undefined;
  /** Whether the page is as long as it is because enough was read, not because enough was found. */
  isCutShort: boolean;
}>;

type Shard<T, K> = {
  name: string;
  found: T[];
  after: K | undefined;
  isOver: boolean;
  reads: number;
};

/** With how many of each shard a page begins: hardly ever has one of them more than so many of its rows. */
export function shareOf(limit: number): number {
  return Math.ceil((2 * limit) / listShards) + 3;
}

/** One page of a list that is spread over shards, newest first, each item on exactly one page. */
export async function newestFirst<T, K>(
  list: ShardedList<T, K>,
  from: ListPosition<K> = {},
): Promise<ListPage<T, K>> {
  const shards = list.shards.map((name): Shard<T, K> => {
    const after = from[name];
    return { name, found: [], after: after ?? undefined, isOver: after === null, reads: 0 };
  });
  const given = new Map<Shard<T, K>, K>();
  const items: T[] = [];
  const isDry = ({ found, isOver }: Shard<T, K>) => found.length === 0 && !isOver;
  while (items.length < list.limit) {
    await fill(list, shards.filter(isDry));
    if (shards.some(isDry)) break;
    const newest = newestOf(list, shards);
    const item = newest?.found.shift();
    if (!newest || item === undefined) break;
    items.push(item);
    given.set(newest, list.keyOf(item));
  }
  const isAll = shards.every(({ found, isOver }) => found.length === 0 && isOver);
  return {
    items,
    next: isAll ? undefined : positionOf(shards, given, from),
    isCutShort: items.length < list.limit && !isAll,
  };
}

/** What is newest of all is not known before each shard has shown its own newest. */
async function fill<T, K>(list: ShardedList<T, K>, dry: readonly Shard<T, K>[]): Promise<void> {
  await Promise.all(
    dry.map(async (shard) => {
      while (shard.found.length === 0 && !shard.isOver && shard.reads < list.mostReads) {
        const { items, next } = await list.read(shard.name, shard.after, shard.reads === 0);
        shard.reads += 1;
        shard.found.push(...items);
        shard.after = next;
        shard.isOver = next === undefined;
      }
    }),
  );
}

function newestOf<T, K>({ ageOf }: ShardedList<T, K>, shards: readonly Shard<T, K>[]) {
  const age = ({ found: [item] }: Shard<T, K>) => (item === undefined ? '' : ageOf(item));
  return shards
    .filter(({ found }) => found.length > 0)
    .reduce<Shard<T, K> | undefined>(
      (best, one) => (best && age(best) >= age(one) ? best : one),
      undefined,
    );
}

function positionOf<T, K>(
  shards: readonly Shard<T, K>[],
  given: ReadonlyMap<Shard<T, K>, K>,
  from: ListPosition<K>,
): ListPosition<K> {
  const entries = shards.map((shard): [string, K | null | undefined] => {
    const { name, found, after, isOver } = shard;
    if (found.length === 0) return [name, isOver ? null : after];
    return [name, given.get(shard) ?? from[name]];
  });
  return Object.fromEntries(
    entries.filter((entry): entry is [string, K | null] => entry[1] !== undefined),
  );
}

type Item = Readonly<Record<string, unknown>>;

/** DynamoDB's own limit for one BatchGetItem. */
export const keysAtOnce = 100;

/** DynamoDB is throttled and has left some keys of a batch unread, again and again. */
export class KeysUnread extends Error {
  override readonly name = 'KeysUnread';
}

/** An item as values. Throws `Unprocessable` about one that holds what JavaScript has no value for. */
export function itemIn(table: string, item: Record<string, AttributeValue>): Item {
  try {
    return unmarshall(item);
  } catch (error) {
    throw new Unprocessable(`A row of ${table} cannot be read.`, { cause: error });
  }
}

/** Waits three seconds in all, which every function has. */
const mostTries = 6;

/**
 * Reads a batch of at most `keysAtOnce` keys, by table. Asks again for what DynamoDB, when it is throttled, leaves
 * unread in a successful answer: the SDK does not. Throws `KeysUnread` where it keeps doing so.
 */
export async function readBatch(
  db: DynamoDBDocumentClient,
  batch: NonNullable<BatchGetCommandInput['RequestItems']>,
): Promise<(table: string) => readonly Item[]> {
  const found = new Map<string, Item[]>();
  let unread: BatchGetItemCommandInput['RequestItems'] = Object.fromEntries(
    Object.entries(batch).map(([table, { Keys = [], ...how }]) => [
      table,
      { ...how, Keys: Keys.map(onWire) },
    ]),
  );
  for (let tries = 0; unread && Object.keys(unread).length > 0; tries++) {
    if (tries >= mostTries) throw new KeysUnread('DynamoDB is throttled and left keys unread.');
    if (tries > 0) await setTimeout(50 * 2 ** tries);
    const output: BatchGetItemCommandOutput = await db.send(
      new BatchGetItemCommand({ RequestItems: unread }),
    );
    for (const [table, items] of Object.entries(output.Responses ?? {})) {
      found.set(table, [...(found.get(table) ?? []), ...items.map((item) => itemIn(table, item))]);
    }
    unread = output.UnprocessedKeys;
  }
  return (table) => found.get(table) ?? [];
}

/** The rows of a table that have these keys, by key; those that there are not are left out. */
export async function rowsOf(
  db: DynamoDBDocumentClient,
  { table, key }: Readonly<{ table: string; key: string }>,
  keys: readonly string[],
): Promise<Map<string, Item>> {
  const found = new Map<string, Item>();
  const wanted = [...new Set(keys)].filter((one) => one !== '');
  for (let start = 0; start < wanted.length; start += keysAtOnce) {
    const Keys = wanted.slice(start, start + keysAtOnce).map((one) => ({ [key]: one }));
    const itemsOf = await readBatch(db, { [table]: { Keys } });
    for (const item of itemsOf(table)) found.set(String(item[key]), item);
  }
  return found;
}
