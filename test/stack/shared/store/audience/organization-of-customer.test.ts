import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EventRecord } from '#shared/audience/event-record.ts';
import { customer } from '#shared/polar/sample/sample-customer.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { eventItem } from '#shared/store/events/event-item.ts';
import { organizationOfCustomer } from '#shared/store/events/organization-of-customer.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { createStackTables } from '#test/support/cloud/stack-tables.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let events: string;
let db: ReturnType<typeof documentClient>;

beforeAll(async () => {
  dynamo = await startDynamo();
  events = (await createStackTables(dynamo.client, 'Events'))('Events');
  db = documentClient(dynamo.client);
});
afterAll(() => dynamo.stop());

const who = { email: 'a@example.com', name: 'Ann', externalId: null, isNew: true };

/** The record of an event of this customer; without an organization it keeps no payload. */
async function recorded(customerId: string, day: number, organization?: string): Promise<void> {
  const at = `2026-11-0${day}T00:00:00.000000Z`;
  const record: EventRecord = {
    ...{ webhookId: `evt-${customerId}-${day}`, type: 'customer.updated', customerId },
    ...{ occurredAt: at, receivedAt: at, outcome: 'unchanged', changes: [], properties: {} },
    settingsVersion: 1,
  };
  const data = customer({ ...who, customerId }, new Date(at));
  const body = { type: 'customer.updated', timestamp: at, data: { ...data } };
  const payload =
    organization &&
    JSON.stringify({ ...body, data: { ...body.data, organization_id: organization } });
  await db.send(new PutCommand({ TableName: events, Item: eventItem(record, payload, 90) }));
}

it("a customer's organization is the one that the newest of its events with a body names", async () => {
  await recorded('one', 1, 'org-a');
  await recorded('one', 2);
  await recorded('two', 1, 'org-b');
  await recorded('three', 1);
  const of = organizationOfCustomer(db, events);
  expect(await Promise.all(['one', 'two', 'three', 'four'].map(of))).toEqual([
    'org-a',
    'org-b',
    undefined,
    undefined,
  ]);
});
