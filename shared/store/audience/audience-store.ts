import { createHmac, createSecretKey, randomUUID } from 'node:crypto';
import { PutItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Contact } from '#shared/audience/person/person.ts';
import { stateBeforeRecord } from '#shared/audience/rows/state-first.ts';
import type {
  AudienceStore,
  Commit,
  CommitResult,
  RecordWrite,
} from '#shared/audience/rows/unit-of-work.ts';
import type { Erased, Kind, Step, Steps } from '#shared/audience/rows/workspace.ts';
import type { Run } from '#shared/audience/runs/run.ts';
import { Unprocessable } from '#shared/failure.ts';
import { indexKey, shardOf } from '#shared/store/dynamo.ts';
import { proofItems } from '#shared/store/erasure-proofs.ts';
import { eventItem, readEvent, recordedOf, replayUpdate } from '#shared/store/events/event-item.ts';
import { type Put, putOnWire, type TransactItem, writeOnWire } from '#shared/store/on-wire.ts';
import { type AddressHash, audienceRows, keyNames, tableKey } from './audience-rows.ts';
import { refusedWrite } from './refused-write.ts';
import { wordChanges } from './word-index.ts';

/** HMAC-SHA-256 of a normalised address, in hex: an address cannot be guessed from it without the key. */
export function addressHash(key: string): AddressHash {
  const secret = createSecretKey(Buffer.from(key));
  return (email) => createHmac('sha256', secret).update(email).digest('hex');
}

export type AudienceTables = Readonly<
  Record<Kind | 'events', string> & {
    /** Where proofs of erasures are kept; absent: the stack is of a version that has none. */
    acts?: string | undefined;
    /** The index of words; absent: whoever has this writes no contact, or the stack is of a version that has none. */
    words?: string | undefined;
  }
>;

type PutOf<T> = Extract<Step<T>, { act: 'put' }>;

/** DynamoDB refuses a transaction of more, and quotes what is in it. */
const mostItems = 100;

/** Most of the items of a transaction are for rows. */
const mostNewWords = 40;

/**
 * So long a record may follow the state that it was decided with; a later one is decided again. Erasures sweep and lost
 * orders are recovered later than that.
 */
const mostMsBetween = 20_000;

/**
 * The audience in DynamoDB. A decision that changes no row is one plain put, and two where `stateBeforeRecord` lets the
 * customer's row go first; every other is one transaction.
 */
export function dynamoAudienceStore(
  db: DynamoDBDocumentClient,
  tables: AudienceTables,
  options: { addressHash: () => Promise<AddressHash>; retentionDays: number },
): AudienceStore {
  function transactItems(steps: Steps, hash: AddressHash): TransactItem[] {
    return [
      ...steps.customers.map((step) => transactItem('customers', step, hash)),
      ...steps.addresses.map((step) => transactItem('addresses', step, hash)),
      ...contactItems(steps.contacts, hash),
      ...steps.suppressions.map((step) => transactItem('suppressions', step, hash)),
      ...(steps.runs ?? []).map((step) => transactItem('runs', step, hash, runIndexes)),
    ];
  }

  function transactItem<T extends object>(
    kind: Kind,
    step: Step<T>,
    hash: AddressHash,
    indexesOf: (row: T) => object = () => ({}),
  ): TransactItem {
    const Key = { [keyNames[kind]]: tableKey(kind, step.key, hash) };
    if (step.act === 'put') return { Put: rowPut(kind, step, { ...indexesOf(step.row), ...Key }) };
    const write = { TableName: tables[kind], Key, ...stillAsRead(kind, step.revision) };
    return step.act === 'delete' ? { Delete: write } : { ConditionCheck: write };
  }

  /** `attributes`: what the row has beside what is decided on. */
  function rowPut<T extends object>(kind: Kind, step: PutOf<T>, attributes: object) {
    const Item = { ...step.row, ...attributes, revision: randomUUID() };
    return { TableName: tables[kind], Item, ...stillAsRead(kind, step.revision) };
  }

  function contactItems(steps: readonly Step<Contact>[], hash: AddressHash): TransactItem[] {
    let room = mostNewWords;
    return steps.flatMap((step) => {
      const { isFindable, items, added } = wordChanges(step, tables.words, room);
      room -= added;
      const marked = (contact: Contact) => ({
        ...contactIndexes(contact),
        ...(isFindable && { findable: true }),
      });
      return [transactItem('contacts', step, hash, marked), ...items];
    });
  }

  async function proofs(erased: readonly Erased[]): Promise<TransactItem[]> {
    const TableName = tables.acts;
    if (TableName === undefined) return [];
    return proofItems(erased, await options.addressHash()).map((Item) => ({
      Put: { TableName, Item },
    }));
  }

  async function alone(put: Put, { isRecord }: { isRecord: boolean }): Promise<CommitResult> {
    try {
      await db.send(new PutItemCommand(putOnWire(put)));
      return { kind: 'committed' };
    } catch (error) {
      return refusedWrite(error, isRecord);
    }
  }

  async function together(
    { steps, replay, erased = [] }: Commit,
    records: readonly Put[],
  ): Promise<CommitResult> {
    try {
      const writes = [
        ...records.map((record) => ({ Put: record })),
        ...(replay ? [{ Update: replayUpdate(tables.events, replay) }] : []),
        ...(steps ? transactItems(steps, await options.addressHash()) : []),
        ...(erased.length > 0 ? await proofs(erased) : []),
      ];
      if (writes.length > mostItems) {
        throw new Unprocessable(
          `It takes ${writes.length} writes, and a transaction has room for ${mostItems}.`,
        );
      }
      const TransactItems = writes.map(writeOnWire);
      await db.send(new TransactWriteItemsCommand({ TransactItems }));
      return { kind: 'committed' };
    } catch (error) {
      return refusedWrite(error, records.length > 0);
    }
  }

  function recordPut({ record, payload }: RecordWrite): Put {
    return {
      TableName: tables.events,
      Item: eventItem(record, payload, options.retentionDays),
      ConditionExpression: 'attribute_not_exists(webhookId)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    };
  }

  return {
    load: audienceRows(db, tables, options.addressHash),

    async recorded(webhookId) {
      const item = await readEvent(db, tables.events, webhookId);
      return item && recordedOf(item);
    },

    async commit(commit): Promise<CommitResult> {
      const began = performance.now();
      const { steps, record, payload, later = [], replay } = commit;
      const put = record && recordPut({ record, ...(payload !== undefined && { payload }) });
      const state = stateBeforeRecord(commit);
      if (!state && (steps || replay || later.length > 0)) {
        return together(commit, [...(put ? [put] : []), ...later.map(recordPut)]);
      }
      if (state) {
        const row = rowPut('customers', state, { customerId: state.key });
        const result = await alone(row, { isRecord: false });
        if (result.kind !== 'committed') return result;
        // Lambda may have stopped this process meanwhile: what was decided may be over.
        if (performance.now() - began > mostMsBetween) return { kind: 'conflict' };
      }
      return put ? alone(put, { isRecord: true }) : { kind: 'committed' };
    },
  };
}

function stillAsRead(kind: Kind, revision: string | null) {
  if (revision === null) {
    return { ConditionExpression: `attribute_not_exists(${keyNames[kind]})` };
  }
  return {
    ConditionExpression: 'revision = :asRead',
    ExpressionAttributeValues: { ':asRead': revision },
  };
}

/** What DynamoDB cannot index (an over-long external id or group) is left out of the index. */
function contactIndexes(contact: Contact) {
  const shard = shardOf(contact.contactId);
  return {
    creationShard: shard,
    externalIdKey: indexKey(contact.externalId),
    groupShard: contact.userGroup && indexKey(`${shard}#${contact.userGroup}`),
  };
}

/** Only a run that the clock has to ask for is in the index `byWake`. */
function runIndexes({ runId, workflowId, wakeAt, history }: Run) {
  const shard = shardOf(runId);
  return {
    workflowShard: `${shard}#${workflowId}`,
    ...(history.some(({ did }) => did === 'sent') && { mailed: true }),
    ...(wakeAt !== undefined && { wakeShard: shard }),
  };
}
