import { GetCommand, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { vi } from 'vitest';
import { applyEvent } from '#shared/audience/apply-event.ts';
import type { No } from '#shared/audience/consent/refusals.ts';
import type { ReceivedEvent } from '#shared/audience/event-record.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import type { Contact } from '#shared/audience/person/person.ts';
import { defaultSettings, type Settings } from '#shared/audience/settings/settings.ts';
import type { PolarCustomer } from '#shared/polar/event.ts';
import { audienceFromEnv } from '#shared/store/wiring/audience.ts';
import { startSecretsManager } from '#test/fakes/secrets-manager.ts';
import { startDynamo } from '../cloud/emulators.ts';
import { createStackTables } from '../cloud/stack-tables.ts';
import { readableRow } from '../readable-row.ts';

export const suppressionKey = 'a key of this test';

type Told = Partial<Omit<PolarCustomer, 'id'>> & { minute: number };

const minuteOf = (minute: number) =>
  new Date(Date.UTC(2026, 10, 1, 0, minute)).toISOString().replace('Z', '000Z');

let told = 0;

/** The audience on emulated DynamoDB, wired from the environment as in a function; `now` absent: by the clock. */
export async function startAudience({ now = () => new Date() } = {}) {
  const [dynamo, secrets] = await Promise.all([startDynamo(), startSecretsManager()]);
  const tableOf = await createStackTables(dynamo.client);
  secrets.set('SuppressionKey', suppressionKey);
  const environment = {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
    CONTACTS_TABLE: tableOf('Contacts'),
    CUSTOMERS_TABLE: tableOf('Customers'),
    ADDRESSES_TABLE: tableOf('Addresses'),
    SUPPRESSIONS_TABLE: tableOf('Suppressions'),
    EVENTS_TABLE: tableOf('Events'),
    SETTINGS_TABLE: tableOf('Settings'),
    EMAILS_TABLE: tableOf('Emails'),
    WORKFLOWS_TABLE: tableOf('Workflows'),
    ACTS_TABLE: tableOf('Acts'),
    RUNS_TABLE: tableOf('Runs'),
    WORDS_TABLE: tableOf('Words'),
    FAILURES_TABLE: tableOf('Failures'),
    MAILBOXES_TABLE: tableOf('Mailboxes'),
    COUNTS_TABLE: tableOf('Counts'),
    SUPPRESSION_KEY_ID: 'SuppressionKey',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const audience = audienceFromEnv(process.env, { retentionDays: 90 });
  const hash = await audience.addressHash();
  const { db, store } = audience;
  /** With everything that is packed in it. */
  const item = async (table: string, Key: Record<string, string>) => {
    const get = new GetCommand({ TableName: tableOf(table), Key, ConsistentRead: true });
    const { Item } = await db.send(get);
    return Item && readableRow(Item);
  };

  return {
    ...audience,
    wayBack: audience.wayBack,
    refusals: {
      ...audience.refusals,
      ofAddress: (email: string, no: No) => audience.refusals.ofAddress(normalisedEmail(email), no),
    },
    now,
    secrets,
    tableOf,
    hash,
    item,
    async items(table: string) {
      const { Items = [] } = await db.send(new ScanCommand({ TableName: tableOf(table) }));
      return Items.map(readableRow);
    },
    put: (table: string, Item: Record<string, unknown>) =>
      db.send(new PutCommand({ TableName: tableOf(table), Item })),
    contact: (email: string) => item('Contacts', { email }),
    reasons: async (email: string) => {
      const row = await item('Suppressions', { addressHash: hash(email) });
      return Object.keys(row?.['reasons'] ?? {}).sort();
    },
    async tell(
      type: ReceivedEvent['type'],
      id: string,
      { minute, ...customer }: Told,
      settings: Partial<Settings> = {},
    ) {
      told += 1;
      const event: ReceivedEvent = {
        type,
        webhookId: `evt-${told}`,
        occurredAt: minuteOf(minute),
        receivedAt: new Date(now().getTime() - 1_000).toISOString(),
        object: { id, version: minuteOf(minute) },
        properties: { customerId: id },
        customer: { id, version: minuteOf(minute), anonymised: false, ...customer },
      };
      const surroundings = {
        settings: { ...defaultSettings, ...settings },
        now: now(),
        newId: audience.newId,
      };
      await applyEvent(event, '{}', {
        store,
        surroundings,
        workflows: [],
        pause: audience.pause,
      });
    },
    async addByHand(typed: string, contactId: string) {
      const email = normalisedEmail(typed);
      const row: Contact = {
        email,
        address: email,
        contactId,
        createdAt: '2026-01-01T00:00:00.000Z',
        updatedAt: '2026-01-01T00:00:00.000Z',
        source: 'Added by hand',
        consent: {},
        subscribed: true,
      };
      const contacts = [{ act: 'put' as const, key: email, revision: null, row }];
      const steps = { customers: [], addresses: [], contacts, suppressions: [] };
      await store.commit({ steps });
    },
    async stop() {
      vi.unstubAllEnvs();
      await Promise.all([dynamo.stop(), secrets.stop()]);
    },
  };
}
