import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countsOf } from '#shared/audience/counts/counts.ts';
import {
  type CountStore,
  type DayCounts,
  dynamoCounts,
  type HourCounts,
} from '#shared/store/counts/counts.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { memoryCountStore } from '#test/fakes/memory-count-store.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { createStackTables } from '#test/support/cloud/stack-tables.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let tableOf: (id: string) => string;

beforeAll(async () => {
  dynamo = await startDynamo();
  tableOf = await createStackTables(dynamo.client);
});
afterAll(() => dynamo.stop());

const stores: { name: string; make: () => CountStore }[] = [
  { name: 'in memory', make: () => memoryCountStore().store },
  {
    name: 'in DynamoDB',
    make: () => dynamoCounts(documentClient(dynamo.client), tableOf('Counts')),
  },
];

const applied = countsOf([['events', 'order.paid', 'applied']], 1);
const skipped = countsOf([['events', 'order.paid', 'skipped']]);
/** Later than any machine's now, as rows of hours expire. */
const at = (minute: number) => new Date(Date.UTC(2099, 0, 1, 0, minute)).toISOString();
const hour = (name: string, minute: number, counts = applied): HourCounts => ({
  hour: name,
  countedAt: at(minute),
  counts,
});
const day = (name: string, minute: number, counts = applied): DayCounts => ({
  ...{ day: name, countedAt: at(minute), hours: 3, isFinal: false },
  counts,
});

describe.each(stores)('counts $name', ({ make }) => {
  it('are found from one hour or day to another, both included, the earliest first', async () => {
    const store = make();
    for (const name of ['2098-01-02T01', '2098-01-01T23', '2098-01-02T00', '2098-01-02T02']) {
      await store.putHour(hour(name, 0));
    }
    await store.putDay(day('2098-01-01', 0));
    await store.putDay(day('2098-01-02', 0, skipped));

    const hours = await store.hours('2098-01-02T00', '2098-01-02T01');
    expect(hours).toEqual([hour('2098-01-02T00', 0), hour('2098-01-02T01', 0)]);
    expect([...(await store.countedHours('2098-01-01T23', '2098-01-02T00'))]).toEqual([
      ['2098-01-01T23', at(0)],
      ['2098-01-02T00', at(0)],
    ]);
    expect(await store.days('2098-01-02', '2098-12-31')).toEqual([day('2098-01-02', 0, skipped)]);
  });

  it('never give way to what was counted before them', async () => {
    const store = make();
    await store.putHour(hour('2098-02-01T00', 5, skipped));
    await store.putHour(hour('2098-02-01T00', 4));
    await store.putDay(day('2098-02-01', 5, skipped));
    await store.putDay(day('2098-02-01', 4));

    expect(await store.hours('2098-02-01T00', '2098-02-01T23')).toEqual([
      hour('2098-02-01T00', 5, skipped),
    ]);
    expect(await store.days('2098-02-01', '2098-02-01')).toEqual([day('2098-02-01', 5, skipped)]);
  });

  it('give way to what was counted at the same moment, which was summed up again', async () => {
    const store = make();
    await store.putDay(day('2098-03-01', 5));
    await store.putDay(day('2098-03-01', 5, skipped));

    expect(await store.days('2098-03-01', '2098-03-01')).toEqual([day('2098-03-01', 5, skipped)]);
  });

  it('of contacts are one for each day, the newest of that day', async () => {
    const store = make();
    const totals = { total: 9, mailable: 5, unsubscribed: 2, bounced: 1, complained: 1 };
    const of = (name: string, minute: number) => ({ day: name, asOf: at(minute), ...totals });
    await store.putTotals(of('2098-04-01', 5));
    await store.putTotals({ ...of('2098-04-01', 3), total: 1 });
    await store.putTotals(of('2098-04-02', 9));

    expect(await store.totals('2098-04-01', '2098-04-02')).toEqual([
      of('2098-04-01', 5),
      of('2098-04-02', 9),
    ]);
  });
});
