import { randomUUID } from 'node:crypto';
import { type AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { localClientConfig } from '#infra/local/local-account.ts';
import { applyEvent } from '#shared/audience/apply-event.ts';
import { countsOf, emailTally, type Tally } from '#shared/audience/counts/counts.ts';
import type { EventRecord } from '#shared/audience/event-record.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { polarEvent } from '#shared/polar/event.ts';
import type { Person } from '#shared/polar/sample/sample-customer.ts';
import { type Payload, purchasePayloads } from '#shared/polar/sample/sample-events.ts';
import { addressHash, dynamoAudienceStore } from '#shared/store/audience/audience-store.ts';
import { daysBefore, dynamoCounts } from '#shared/store/counts/counts.ts';
import { documentClient, shardOf } from '#shared/store/dynamo.ts';
import { memoryAudienceStore } from '#test/fakes/memory-audience-store.ts';
import { person, renewalPayload } from '../sample-events.ts';

type Item = Readonly<Record<string, AttributeValue>>;
/** What lies in a table, as it is on the wire. `Table` is its logical id. */
export type Row = Readonly<{ table: string; item: Item }>;

const eventsOfALife = 10;
const daysOfLives = 14;
const dayMs = 86_400_000;
const retentionDays = 90;

/**
 * So many customers with ten events each over two weeks, as the product itself writes them: decided by its code, written by
 * its store into a client that keeps what it is given. With an email for each that a workflow asked for.
 */
export async function lives(count: number, workflows: readonly Workflow[]): Promise<Row[]> {
  const kept = keepingClient();
  const db = documentClient(kept.client);
  const inDynamo = dynamoAudienceStore(db, tables, {
    addressHash: async () => addressHash('a key of the bench'),
    retentionDays,
  });
  const now = Date.now();
  const tallies: [at: string, Tally][] = [];
  for (let nth = 0; nth < count; nth++) {
    const inMemory = memoryAudienceStore().store;
    const start = new Date(now - ((nth + 1) / count) * daysOfLives * dayMs);
    for (const { payload, at } of eventsOf(nth, start, now)) {
      const record = await decided(payload, at, workflows, {
        ...inMemory,
        async commit(commit) {
          await inDynamo.commit(commit);
          return inMemory.commit(commit);
        },
      });
      tallies.push([record.receivedAt, ['events', record.type, record.outcome]]);
      for (const email of emailsOf(record, tallies.length)) {
        tallies.push([record.receivedAt, emailTally(email.workflowId, email)]);
        kept.keep('Emails', marshall(email, { removeUndefinedValues: true }));
      }
    }
  }
  await putCounts(db, tallies, count, new Date(now));
  return kept.rows();
}

/** By logical id, which is as good a name as any. */
const tables = {
  ...{ contacts: 'Contacts', customers: 'Customers', addresses: 'Addresses', words: 'Words' },
  ...{ suppressions: 'Suppressions', runs: 'Runs', emails: 'Emails', workflows: 'Workflows' },
  ...{ events: 'Events', acts: 'Acts' },
} as const;

/** A purchase, and a renewal at each of the times that are left until now. */
function eventsOf(nth: number, start: Date, now: number) {
  const someone: Person = { ...person(nth, 'pages'), isNew: true };
  const purchase = purchasePayloads(someone, start).map((payload) => ({ payload, at: start }));
  const renewals = eventsOfALife - purchase.length;
  const every = (now - start.getTime()) / (renewals + 1);
  return [
    ...purchase,
    ...Array.from({ length: renewals }, (_, before) => {
      const at = new Date(start.getTime() + (before + 1) * every);
      return { payload: renewalPayload(someone, start, at), at };
    }),
  ];
}

async function decided(
  payload: Payload,
  at: Date,
  workflows: readonly Workflow[],
  store: Parameters<typeof applyEvent>[2]['store'],
): Promise<EventRecord> {
  const body = JSON.stringify(payload);
  const read = polarEvent(body);
  if (read.kind !== 'event') throw new Error('A sample is no event.');
  const event = { ...read.event, webhookId: randomUUID(), receivedAt: at.toISOString() };
  const { record } = await applyEvent(event, body, {
    store,
    surroundings: { now: at, newId: randomUUID, settings: defaultSettings },
    workflows,
    pause: async () => undefined,
  });
  return record;
}

/** Rows of the ledger as the mailer and SES's events leave them; one in thirty bounced. */
function emailsOf(record: EventRecord, nth: number) {
  const at = record.receivedAt;
  const { webhookId, customerId = '', contactId } = record;
  return (record.workflows ?? []).flatMap(({ workflowId, version, verdict, ledgerKey }) => {
    if (verdict !== 'send' || ledgerKey === undefined) return [];
    const outcome = nth % 30 === 0 ? { bouncedAt: at } : { deliveredAt: at };
    return {
      ...{ ledgerKey, workflowId, workflowVersion: version, webhookId, customerId, contactId },
      ...{ state: 'sent' as const, attempts: 1, sesMessageId: randomUUID() },
      ...{ createdAt: at, updatedAt: at, feedback: { sentAt: at, ...outcome } },
      workflowShard: `${shardOf(ledgerKey)}#${workflowId}`,
    };
  });
}

async function putCounts(
  db: ReturnType<typeof documentClient>,
  tallies: readonly (readonly [at: string, Tally])[],
  contacts: number,
  now: Date,
): Promise<void> {
  const counts = dynamoCounts(db, 'Counts');
  const countedAt = now.toISOString();
  const by = (length: number) => Map.groupBy(tallies, ([at]) => at.slice(0, length));
  const countsIn = (some: typeof tallies) => countsOf(some.map(([, tally]) => tally));
  for (const [hour, some] of by('2026-01-01T00'.length)) {
    await counts.putHour({ hour, countedAt, counts: countsIn(some) });
  }
  for (const [day, some] of by('2026-01-01'.length)) {
    await counts.putDay({ day, countedAt, hours: 24, isFinal: true, counts: countsIn(some) });
  }
  for (let days = 0; days <= daysOfLives; days++) {
    const numbers = { total: contacts, mailable: contacts, unsubscribed: 0 };
    const totals = { ...numbers, bounced: 0, complained: 0, asOf: countedAt };
    await counts.putTotals({ day: daysBefore(now, days), ...totals });
  }
}

/** The attributes that are a key somewhere; those that a row has of them make it one row. */
const keys = ['webhookId', 'ledgerKey', 'wordAndEmail', 'email', 'customerId', 'kind', 'at'];

/** A client of DynamoDB that sends nothing anywhere: it keeps the newest of each row that is put. */
function keepingClient() {
  const rows = new Map<string, Row>();
  const keep = (table: string, item: Item) => {
    const key = keys.map((name) => item[name]?.S ?? '').join('\n');
    rows.set(`${table}\n${key}`, { table, item });
  };
  const client = new DynamoDBClient(localClientConfig('http://127.0.0.1:9'));
  client.middlewareStack.add(
    () => async (args) => {
      const { body } = Object(args.request);
      for (const { TableName, Item } of putsIn(JSON.parse(new TextDecoder().decode(body))))
        keep(TableName, Item);
      return { output: { $metadata: {} }, response: {} };
    },
    { step: 'finalizeRequest', priority: 'high', name: 'keeps' },
  );
  return { client, keep, rows: () => [...rows.values()] };
}

type Put = Readonly<{ TableName: string; Item: Item }>;

function putsIn(sent: Partial<Put> & { TransactItems?: readonly { Put?: Put }[] }): Put[] {
  const { TableName, Item, TransactItems = [] } = sent;
  if (TableName !== undefined && Item !== undefined) return [{ TableName, Item }];
  return TransactItems.flatMap(({ Put }) => Put ?? []);
}
