import type { BatchGetCommandInput, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { suppressionSchema } from '#shared/audience/consent/suppression.ts';
import { addressSchema, contactSchema, customerSchema } from '#shared/audience/person/person.ts';
import type { AudienceStore } from '#shared/audience/rows/unit-of-work.ts';
import type { Kind, Known, RowKey, Stored } from '#shared/audience/rows/workspace.ts';
import { ledgerStateSchema, runSchema } from '#shared/audience/runs/run.ts';
import { storedWorkflowSchema } from '#shared/audience/workflow.ts';
import { Unprocessable } from '#shared/failure.ts';
import { KeysUnread, keysAtOnce, readBatch } from '#shared/store/dynamo.ts';
import { sharedReads } from '#shared/store/shared-reads.ts';
import { isInvalid } from './refused-write.ts';

export type AddressHash = (email: string) => string;

type TableKey = RowKey & Readonly<{ tableKey: string }>;

type ReadKey<K> = Readonly<{ kind: Kind; key: K; tableKey: string }>;

/** The key of each kind's table. */
export const keyNames = {
  customers: 'customerId',
  addresses: 'email',
  contacts: 'email',
  suppressions: 'addressHash',
  runs: 'runId',
  emails: 'ledgerKey',
  workflows: 'workflowId',
} as const;

const kinds = [
  'customers',
  'addresses',
  'contacts',
  'suppressions',
  'runs',
  'emails',
  'workflows',
] as const;

/** Two, so that one that takes long does not hold up all the others. */
const readsAtOnce = 2;

/** Emails and workflows have no revision, since nothing is written under it. */
const storedSchema = z.object({
  revision: z._default(z.string(), ''),
  findable: z.optional(z.boolean()),
});

/** Reads rows as they are now; those that are asked for in one moment share a call. */
export function audienceRows(
  db: DynamoDBDocumentClient,
  tables: Readonly<Record<Kind, string>>,
  addressHash: () => Promise<AddressHash>,
): AudienceStore['load'] {
  const items = sharedReads(readItems, {
    nameOf: ({ kind, tableKey }) => `${kind} ${tableKey}`,
    mostKeys: keysAtOnce,
    atOnce: readsAtOnce,
    isOfKeys: (error) =>
      isInvalid(error) || error instanceof KeysUnread || error instanceof Unprocessable,
  });

  async function readItems(keys: readonly TableKey[]): Promise<Map<string, unknown>> {
    const itemsOf = await readBatch(db, requestFor(keys));
    return new Map(
      kinds.flatMap((kind) =>
        itemsOf(tables[kind]).map((item) => [`${kind} ${item[keyNames[kind]]}`, item] as const),
      ),
    );
  }

  function requestFor(
    keys: readonly TableKey[],
  ): NonNullable<BatchGetCommandInput['RequestItems']> {
    const used = kinds.filter((kind) => keys.some((key) => key.kind === kind));
    return Object.fromEntries(
      used.map((kind) => {
        const own = keys.filter((key) => key.kind === kind);
        const Keys = own.map(({ tableKey }) => ({ [keyNames[kind]]: tableKey }));
        return [tables[kind], { Keys, ConsistentRead: true }];
      }),
    );
  }

  return async (keys) => {
    // Who reads no suppressions needs no key.
    const isHashed = keys.some(({ kind }) => kind === 'suppressions');
    const hash = isHashed ? await addressHash() : unhashed;
    const wanted = keys.map((one) => ({ ...one, tableKey: tableKey(one.kind, one.key, hash) }));
    const found = new Map<string, unknown>();
    for (let start = 0; start < wanted.length; start += keysAtOnce) {
      const some = await items(wanted.slice(start, start + keysAtOnce));
      for (const [key, item] of some) found.set(key, item);
    }
    const read = <K, T>(keys: readonly ReadKey<K>[], schema: { parse: (item: unknown) => T }) =>
      new Map<K, Stored<T>>(
        keys.map(({ kind, key, tableKey }) => [
          key,
          storedRow(found.get(`${kind} ${tableKey}`), schema),
        ]),
      );
    const of = <K extends Kind>(kind: K) =>
      wanted.filter((one): one is Extract<TableKey, { kind: K }> => one.kind === kind);
    const known: Known = {
      customers: read(of('customers'), customerSchema),
      addresses: read(of('addresses'), addressSchema),
      contacts: read(of('contacts'), contactSchema),
      suppressions: read(of('suppressions'), suppressionSchema),
      runs: read(of('runs'), runSchema),
      emails: read(of('emails'), ledgerStateSchema),
      workflows: read(of('workflows'), storedWorkflowSchema),
    };
    return known;
  };
}

const unhashed: AddressHash = (email) => email;

/** A suppression is kept under the hash of its address. */
export function tableKey(kind: Kind, key: string, hash: AddressHash): string {
  return kind === 'suppressions' ? hash(key) : key;
}

function storedRow<T>(item: unknown, schema: { parse: (item: unknown) => T }): Stored<T> {
  if (item === undefined) return null;
  const { revision, findable } = storedSchema.parse(item);
  return { row: schema.parse(item), revision, ...(findable && { isFindable: true }) };
}
