import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contactSchema, customerSchema } from '#shared/audience/person/person.ts';
import { addressHash, dynamoAudienceStore } from '#shared/store/audience/audience-store.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { asMany } from '#test/support/as-many.ts';
import {
  arrivalArbitrary,
  facts,
  refusalArbitrary,
  replayPicksArbitrary,
  replaysOf,
  surroundingsWith,
  type Task,
  visible,
  workInDisorder,
} from '#test/support/audience/arrival.ts';
import { referenceAudience } from '#test/support/audience/reference-audience.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { audienceTables, createStackTables } from '#test/support/cloud/stack-tables.ts';
import {
  eventsOf,
  happeningsArbitrary,
  settingsArbitrary,
} from '#test/support/polar/polar-history.ts';

const numRuns = asMany(4, 375);

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

async function freshTables() {
  const db = documentClient(dynamo.client);
  const tableOf = await createStackTables(dynamo.client);
  const tables = audienceTables(tableOf);
  const store = () =>
    dynamoAudienceStore(db, tables, {
      addressHash: async () => addressHash('a key of this test'),
      retentionDays: 90,
    });
  const items = async (table: keyof typeof tables) =>
    (await db.send(new ScanCommand({ TableName: tables[table], ConsistentRead: true }))).Items ??
    [];
  return { store, items };
}

describe('in DynamoDB, any order of arrival and any split over two workers that race', () => {
  it('ends in the audience that the rules say, with one record for each event', async () => {
    await fc.assert(
      fc.asyncProperty(
        happeningsArbitrary,
        fc.array(refusalArbitrary, { maxLength: 2 }),
        settingsArbitrary,
        arrivalArbitrary,
        replayPicksArbitrary,
        async (happenings, refusals, settings, arrival, picks) => {
          const events = eventsOf(happenings);
          const tasks: Task[] = [
            ...events.map((event) => ({ event })),
            ...refusals.map((refusal) => ({ refusal })),
            ...replaysOf(events, picks.slice(0, 2)),
          ];
          const { store, items } = await freshTables();
          await workInDisorder(tasks, [store(), store()], surroundingsWith(settings), arrival);

          const reference = referenceAudience(events, refusals, settings);
          const recorded = (await items('events')).map((item) => item['webhookId']);
          expect(recorded.sort()).toEqual(events.map(({ webhookId }) => webhookId).sort());
          if (reference.isErasedUnsubscribed) return;
          const contacts = (await items('contacts')).map((item) => contactSchema.parse(item));
          expect(visible(contacts)).toEqual(reference.contacts);
          const customers = facts(
            (await items('customers')).map((item) => customerSchema.parse(item)),
          );
          for (const [id, known] of reference.customers) {
            expect(customers.get(id)?.email).toEqual(known.email);
            expect(customers.get(id)?.no !== undefined).toBe(known.hasRefused);
          }
        },
      ),
      { numRuns },
    );
  });
});
