import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { contactSchema, customerSchema } from '#shared/audience/person/person.ts';
import { addressHash, dynamoAudienceStore } from '#shared/store/audience/audience-store.ts';
import { memoryAudienceStore } from '#test/fakes/memory-audience-store.ts';
import type { Account } from '#test/prove/account.ts';
import type { Proof } from '#test/prove/proof.ts';
import { type Audience, checkHistory, historyArbitrary } from './history.ts';

const atOnce = 250;

type Options = Readonly<{
  seed: number;
  runs: number;
  audience: () => Promise<Audience>;
  onProgress?: (done: number) => void;
}>;

/** Random histories, in portions with a seed each, against the result that the rules give. Stops at the first failure. */
export async function proveHistories(options: Options): Promise<Proof> {
  const { seed, runs, audience, onProgress } = options;
  for (let done = 0; done < runs; done += atOnce) {
    const details = await fc.check(
      fc.asyncProperty(historyArbitrary, async (history) =>
        checkHistory(history, await audience()),
      ),
      { seed: seed + done, numRuns: Math.min(atOnce, runs - done) },
    );
    if (details.failed) {
      return {
        points: done + details.numRuns,
        failures: [fc.defaultReportMessage(details) ?? 'A history failed.'],
      };
    }
    onProgress?.(Math.min(runs, done + atOnce));
  }
  return { points: runs, failures: [] };
}

export async function audienceInMemory(): Promise<Audience> {
  const { store, rows, records } = memoryAudienceStore();
  const all = <T>(table: Map<string, { row: T }>) => [...table.values()].map(({ row }) => row);
  return {
    store: () => store,
    webhookIds: async () => [...records.keys()],
    contacts: async () => all(rows.contacts),
    customers: async () => all(rows.customers),
  };
}

/** The tables of an account, emptied. */
export async function audienceInDynamo(account: Account): Promise<Audience> {
  const { db, tableOf } = account;
  await account.reset({});
  const tables = {
    customers: tableOf('Customers'),
    addresses: tableOf('Addresses'),
    contacts: tableOf('Contacts'),
    suppressions: tableOf('Suppressions'),
    events: tableOf('Events'),
    runs: tableOf('Runs'),
    emails: tableOf('Emails'),
    workflows: tableOf('Workflows'),
  };
  const items = async (TableName: string) =>
    (await db.send(new ScanCommand({ TableName, ConsistentRead: true }))).Items ?? [];
  return {
    store: () =>
      dynamoAudienceStore(db, tables, {
        addressHash: async () => addressHash('a key of this proof'),
        retentionDays: 90,
      }),
    webhookIds: async () => (await items(tables.events)).map((item) => String(item['webhookId'])),
    contacts: async () => (await items(tables.contacts)).map((item) => contactSchema.parse(item)),
    customers: async () =>
      (await items(tables.customers)).map((item) => customerSchema.parse(item)),
  };
}
