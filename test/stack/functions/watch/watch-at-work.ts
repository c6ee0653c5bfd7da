import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { vi } from 'vitest';
import { type WatchParts, watch } from '#functions/watch/watch.ts';
import { jsonLog } from '#shared/log.ts';
import { connectPolar } from '#shared/polar/connection/connect.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { eventItem } from '#shared/store/events/event-item.ts';
import { dynamoEventLog } from '#shared/store/events/event-log.ts';
import { createStackTables } from '#test/support/cloud/stack-tables.ts';
import { startPolarConnection } from '#test/support/polar/polar-connection.ts';

const minuteMs = 60_000;
const person = {
  customerId: 'c-1',
  email: 'ann@example.com',
  name: 'Ann Adams',
  externalId: null,
  isNew: true,
};

/** watch on a fake Polar, with real stores, at a time that passes by hand only. Nothing is connected yet. */
export async function startWatch(client: DynamoDBClient) {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  const now = () => new Date();
  const at = await startPolarConnection(client);
  const tableOf = await createStackTables(client, 'Events');
  const db = documentClient(client);
  const lines: string[] = [];
  const parts: WatchParts = {
    connections: at.connections,
    apiOf: () => at.parts().api,
    webhookSecrets: at.parts().webhookSecrets,
    inTurn: at.parts().inTurn,
    events: dynamoEventLog(db, tableOf('Events')),
    webhookUrl: at.receiver.url,
    eventsWanted: at.parts().eventsWanted,
    now,
    log: jsonLog((line) => lines.push(line)),
  };
  const run = watch(parts);
  const order = () => polarPayload('order.paid', person, now());

  return {
    ...at,
    person,
    eventsTable: tableOf('Events'),
    /** Every line that was written. */
    lines,
    pass: (minutes: number) => {
      vi.setSystemTime(Date.now() + minutes * minuteMs);
    },
    stop: async () => {
      vi.useRealTimers();
      await at.stop();
    },

    async connect() {
      const access = at.token();
      const connected = await connectPolar(at.parts(access), { access, by: 'ann' });
      if (connected.kind !== 'connected') throw new Error('It is not connected.');
      return connected.connection;
    },

    /** What the function logged when it looked: the run itself, and beside it what it found. */
    async look(due: { time?: string } = { time: now().toISOString() }) {
      const before = lines.length;
      await run(due);
      const entries = lines.slice(before).map((line) => JSON.parse(line));
      const found = entries
        .filter(({ message }) => message === 'watch found')
        .map(({ finding, detail, webhookId }) => [finding, detail ?? webhookId]);
      return { found, ran: entries.filter(({ message }) => message === 'watch ran') };
    },

    /** Something happens in Polar, and is delivered or not. */
    deliver: async () => (await at.polar.emit(order()))[0] ?? '',
    async fail(how: Parameters<typeof at.polar.emit>[1] = {}) {
      at.receiver.goDown();
      const [id = ''] = await at.polar.emit(order(), how);
      at.receiver.comeBack();
      return id;
    },

    /** The worker has recorded a webhook. */
    async record(webhookId: string) {
      const at = now().toISOString();
      const record = {
        webhookId,
        type: 'order.paid' as const,
        occurredAt: at,
        receivedAt: at,
        outcome: 'unchanged' as const,
        changes: [],
        settingsVersion: 0,
        customerId: person.customerId,
        workflows: [],
        properties: {},
      };
      const Item = eventItem(record, undefined, 90);
      await db.send(new PutCommand({ TableName: tableOf('Events'), Item }));
    },
  };
}
