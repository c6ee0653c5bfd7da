import { BatchWriteCommand, paginateScan } from '@aws-sdk/lib-dynamodb';
import type { SQSRecord } from 'aws-lambda';
import { type WorkerParts, worker } from '#functions/worker/worker.ts';
import type { MailMessage } from '#shared/audience/emails/email.ts';
import type { AudienceStore } from '#shared/audience/rows/unit-of-work.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import { storedWorkflow, type Workflow } from '#shared/audience/workflow.ts';
import { Unprocessable } from '#shared/failure.ts';
import { jsonLog } from '#shared/log.ts';
import { encodeEventMessage } from '#shared/queue/encode-event-message.ts';
import type { WorkerMessage } from '#shared/queue/events-queue.ts';
import { addressHash, dynamoAudienceStore } from '#shared/store/audience/audience-store.ts';
import { dynamoContactLookup } from '#shared/store/audience/contact-lookup.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoEventRecords } from '#shared/store/events/event-records.ts';
import { dynamoRunLists } from '#shared/store/runs/run-lists.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { audienceTables, createStackTables } from '#test/support/cloud/stack-tables.ts';
import { readableRow } from '#test/support/readable-row.ts';

export type Webhook = Readonly<{ webhookId: string; type: string; body: string }>;
type Row = Record<string, unknown>;

/** What the worker writes to, with the attributes of the keys. */
const written = {
  Customers: ['customerId'],
  Addresses: ['email'],
  Contacts: ['email'],
  Suppressions: ['addressHash'],
  Events: ['webhookId'],
  Runs: ['runId'],
  Words: ['initial', 'wordAndEmail'],
  Acts: ['day', 'time'],
  Workflows: ['workflowId'],
} as const;

type Circumstances = Readonly<{ settings: Settings; workflows: readonly Workflow[] }>;

const receivedAt = '2026-11-23T12:00:00.000Z';
const plentyOfTime = { getRemainingTimeInMillis: () => 60_000 };

/** A message as Lambda hands it over. */
export function recordOf(webhook: Webhook, messageId = webhook.webhookId, receives = 1): SQSRecord {
  const message = encodeEventMessage({ ...webhook, receivedAt });
  if (message === 'too-large') throw new Error('A webhook is too large for the queue.');
  const attributes = Object.entries(message.MessageAttributes).map(([name, { StringValue }]) => [
    name,
    { dataType: 'String', stringValue: StringValue },
  ]);
  return {
    ...{ messageId, receiptHandle: messageId, body: message.MessageBody, md5OfBody: '' },
    ...{ eventSource: 'aws:sqs', eventSourceARN: 'arn', awsRegion: 'us-east-1' },
    attributes: {
      ApproximateReceiveCount: String(receives),
      ApproximateFirstReceiveTimestamp: '0',
      ...{ SenderId: 'local', SentTimestamp: '0' },
    },
    messageAttributes: Object.fromEntries(attributes),
  };
}

/** A row without its revision, with its fields in order, and in no shard: that follows from an id. */
function comparable({ revision: _, ...row }: Row): Row {
  const entries = Object.entries(row).map(([name, value]) => {
    const isOfShard = /^(creation|group|workflow|wake)Shard$/.test(name);
    return [name, isOfShard ? String(value).replace(/^\d+/, 'a shard') : sorted(value)] as const;
  });
  return Object.fromEntries(entries.sort(byName));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, one]) => [name, sorted(one)] as const);
  return Object.fromEntries(entries.sort(byName));
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) =>
  a < b ? -1 : 1;

type Left = Readonly<{ rows: Record<string, Row[]>; asked: readonly object[] }>;

const contactId = /\bcontact-\d{4}\b/g;
const emailKey = /"[\w-]{43}"/g;

/** Contacts by the order in which they were made, and runs and emails by that in which they are met. */
function named(left: Left): Left {
  const text = JSON.stringify(left);
  const ids = [...new Set(text.match(contactId))].sort();
  const keys = [...new Set(text.match(emailKey))];
  const renamed = text
    .replaceAll(contactId, (id) => `contact ${ids.indexOf(id) + 1}`)
    .replaceAll(emailKey, (key) => `"key ${keys.indexOf(key) + 1}"`);
  return JSON.parse(renamed);
}

/**
 * The worker on tables of its own on emulated DynamoDB, which gets the batches that it is handed. Its clock stays where
 * it is and its ids count, so that what two of them write can be compared.
 */
export async function startWorkerByBatches() {
  const dynamo = await startDynamo();
  const db = documentClient(dynamo.client);
  const tableOf = await createStackTables(dynamo.client, 'Emails', ...Object.keys(written));
  const audience = dynamoAudienceStore(db, audienceTables(tableOf), {
    addressHash: async () => addressHash('a key of this test'),
    retentionDays: 90,
  });
  let asked: (MailMessage | WorkerMessage)[] = [];
  let lines: string[] = [];
  let failed: { webhookId: string; fate: 'dead' | 'retry' }[] = [];
  let along: number[] = [];
  let ids = 0;

  const store: AudienceStore = {
    ...audience,
    commit: async (commit) => {
      const result = await audience.commit(commit);
      if (result.kind === 'committed') along.push(commit.later?.length ?? 0);
      return result;
    },
  };

  const partsOf = ({ settings, workflows }: Circumstances): WorkerParts => ({
    store,
    records: dynamoEventRecords(db, tableOf('Events')),
    runs: dynamoRunLists(db, tableOf('Runs')),
    settings: async () => settings,
    settingsNow: async () => settings,
    workflows: async () => [...workflows],
    workflowsNow: async () => [...workflows],
    contactOf: dynamoContactLookup(db, tableOf('Contacts'), store),
    failures: { clear: async () => undefined },
    failed: async ({ failureId }, error) => {
      const fate = error instanceof Unprocessable ? 'dead' : 'retry';
      failed.push({ webhookId: failureId, fate });
      return fate;
    },
    send: async (message) => void asked.push(message),
    sendMail: async (mail) => void asked.push(mail),
    now: () => new Date('2026-11-23T12:00:01.000Z'),
    newId: () => {
      ids += 1;
      return `contact-${String(ids).padStart(4, '0')}`;
    },
    pause: async () => undefined,
    log: jsonLog((line) => lines.push(line)),
  });

  async function rowsOf(table: keyof typeof written): Promise<Row[]> {
    const scan = { TableName: tableOf(table), ConsistentRead: true };
    const rows: Row[] = [];
    for await (const { Items = [] } of paginateScan({ client: db }, scan)) rows.push(...Items);
    return rows;
  }

  async function write(table: keyof typeof written, requests: readonly object[]) {
    for (let from = 0; from < requests.length; from += 25) {
      const some = requests.slice(from, from + 25);
      await db.send(new BatchWriteCommand({ RequestItems: { [tableOf(table)]: some } }));
    }
  }

  const names = Object.keys(written) as (keyof typeof written)[];

  return {
    store,
    failed: () => failed,
    apart: () =>
      lines
        .map((line): Row => JSON.parse(line))
        .filter(({ message }) => message === 'events were not applied together'),
    /** Of each write, how many later events it held. */
    along: () => along,
    /** Empties everything, keeps these workflows, and gives what hands a batch to the worker. */
    async fresh(circumstances: Circumstances, changed: Partial<WorkerParts> = {}) {
      [asked, lines, failed, along, ids] = [[], [], [], [], 0];
      for (const table of names) {
        const rows = await rowsOf(table);
        const keyOf = (row: Row) =>
          Object.fromEntries(written[table].map((key) => [key, row[key]]));
        await write(
          table,
          rows.map((row) => ({ DeleteRequest: { Key: keyOf(row) } })),
        );
      }
      const Items = circumstances.workflows.map(storedWorkflow);
      await write(
        'Workflows',
        Items.map((Item) => ({ PutRequest: { Item } })),
      );
      const handler = worker({ ...partsOf(circumstances), ...changed });
      return async (batch: readonly SQSRecord[], time = plentyOfTime) => {
        const { batchItemFailures } = await handler({ Records: [...batch] }, time);
        return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
      };
    },
    /**
     * All rows of all tables, and what was asked of the queues. Without revisions: they are random, and there is one for
     * each write, of which there are fewer. Contacts, runs and emails have names instead of ids: an attempt that is given
     * up, or reads more rows, uses ids that nobody has then.
     */
    async everything() {
      const all = names.map(async (table) => {
        const rows = (await rowsOf(table)).map(readableRow).map(comparable);
        const keys: readonly string[] =
          table === 'Runs' ? ['webhookId', 'workflowId'] : written[table];
        const keyOf = (row: Row) => keys.map((key) => row[key]).join(' ');
        return [table, rows.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))] as const;
      });
      const rows: Record<string, Row[]> = Object.fromEntries(await Promise.all(all));
      return named({ rows, asked: asked.map((one) => Object(sorted(one))) });
    },
    stop: () => dynamo.stop(),
  };
}
