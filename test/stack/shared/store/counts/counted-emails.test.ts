import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CountStore, countedEmails, dynamoCounts } from '#shared/store/counts/counts.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { createStackTables } from '#test/support/cloud/stack-tables.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let counts: CountStore;

beforeAll(async () => {
  dynamo = await startDynamo();
  const tableOf = await createStackTables(dynamo.client, 'Counts');
  counts = dynamoCounts(documentClient(dynamo.client), tableOf('Counts'));
});
afterAll(() => dynamo.stop());

it('the emails of the last day are told by state, as they were counted hour by hour', async () => {
  const since = '2026-11-28T18:20:00.000Z';
  const ofDay = countedEmails(counts);
  expect(await ofDay(['welcome'], since)).toEqual({ byState: new Map(), isWhole: true });

  const hour = (name: string, emails: Readonly<Record<string, Record<string, number>>>) =>
    counts.putHour({
      ...{ hour: name, countedAt: `${name}:59:00.000Z` },
      counts: { events: {}, emails, runs: {}, newContacts: 0 },
    });
  await hour('2026-11-28T18', { welcome: { failed: 99 } });
  await hour('2026-11-28T19', { welcome: { delivered: 3, bounced: 1, failed: 2 } });
  await hour('2026-11-29T18', { receipt: { accepted: 1, blocked: 4, failed: 1, held: 2 } });

  expect(await ofDay(['welcome', 'receipt'], since)).toEqual({
    byState: new Map([
      ['sent', 5],
      ['blocked', 4],
      ['failed', 3],
      ['held', 2],
    ]),
    isWhole: true,
  });
});
