import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RollUpParts, rollUp } from '#functions/rollup/rollup.ts';
import {
  type CountedFate,
  type Counts,
  countsOf,
  emailTally,
  runTallies,
} from '#shared/audience/counts/counts.ts';
import type { DeadEvent } from '#shared/queue/failures-now.ts';
import { memoryCountStore } from '#test/fakes/memory-count-store.ts';
import { asMany } from '#test/support/as-many.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const start = Date.parse('2026-09-28T21:40:00.000Z');

/** Something that is recorded under a time of its own, perhaps long after it, and changes once. */
type Recorded = Readonly<{
  kind: 'event' | 'email' | 'run' | 'contact';
  of: string;
  at: number;
  /** How long after that it is there, and how long after that it changes. */
  late: number;
  changes: number;
  first: number;
  last: number;
  /** How long after that it is gone; absent: it stays. */
  goes?: number | undefined;
}>;

const outcomes = ['applied', 'unchanged', 'skipped'] as const;
const emails = [
  { state: 'reserved' },
  { state: 'waiting' },
  { state: 'blocked' },
  { state: 'failed' },
  { state: 'unknown' },
  { state: 'sent' },
  { state: 'sent', feedback: { deliveredAt: 't' } },
  { state: 'sent', feedback: { bouncedAt: 't' } },
  { state: 'sent', feedback: { deliveredAt: 't', complainedAt: 't' } },
] as const;
/** Of each of them, in words of this test. */
const fates: CountedFate[] = [
  ...(['waiting', 'waiting', 'blocked', 'failed', 'unknown'] as const),
  ...(['accepted', 'delivered', 'bounced', 'complained'] as const),
];
const runs = [
  { state: 'waiting' },
  { state: 'done', mailed: true },
  { state: 'exited', mailed: true },
  { state: 'exited' },
] as const;

/** For so long what comes late or changes is counted. */
const settles = 15 * day;

const recorded: fc.Arbitrary<Recorded> = fc
  .record({
    kind: fc.constantFrom('event', 'email', 'run', 'contact'),
    of: fc.constantFrom('a', 'b', '__proto__'),
    at: fc.integer({ min: 0, max: 4 * day }),
    late: fc.oneof(
      fc.constant(0),
      fc.integer({ max: 2 * hour, min: 0 }),
      fc.integer({ max: 13 * day, min: 0 }),
      fc.integer({ max: settles, min: 14 * day }),
    ),
    changes: fc.integer({ min: 0, max: 2 * day }),
    first: fc.nat(8),
    last: fc.nat(8),
  } as const)
  .map((row) => ({ ...row, changes: Math.min(row.changes, settles - row.late) }));

/** A call of the function after some time; it dies at one of its writes, or it may read only so much. */
const call = fc.record({
  after: fc.oneof(fc.integer({ min: minute, max: hour }), fc.integer({ min: hour, max: 3 * day })),
  mostReads: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constant(10_000)),
  diesAt: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
});

function world(rows: readonly Recorded[], dead: readonly DeadEvent[] = [], isFew = false) {
  let time = start;
  let retentionDays = 20;
  let writesLeft = Number.POSITIVE_INFINITY;
  const hours = rows.map((row) => ({ ...row, hour: hourOf(row.at) }));
  const asked: string[] = [];
  const { store, rows: kept } = memoryCountStore(() => {
    writesLeft -= 1;
    return writesLeft < 0;
  });
  const isThere = ({ at, late, goes = Number.POSITIVE_INFINITY }: Recorded) =>
    start + at + late <= time && time < start + at + late + goes;
  const thereIn = (span: string, workflowIds: readonly string[]) =>
    hours.filter((row) => {
      const isListed = ['event', 'contact'].includes(row.kind) || workflowIds.includes(row.of);
      return row.hour.startsWith(span) && isThere(row) && isListed;
    });
  const parts = (mostReads: number): RollUpParts => ({
    counts: store,
    async hoursOfFew() {
      const there = hours.filter(isThere);
      return {
        hours: isFew ? new Set(there.map(({ hour }) => hour)) : undefined,
        reads: isFew ? 4 : 1,
      };
    },
    async isEmptyDay(day, workflowIds) {
      asked.push(day);
      return { isEmpty: thereIn(day, workflowIds).length === 0, reads: 1 };
    },
    async countHour(hour, workflowIds) {
      asked.push(hour);
      const there = thereIn(hour, workflowIds);
      const tallies = there.flatMap((row) => {
        const which = start + row.at + row.late + row.changes <= time ? row.last : row.first;
        const one = <T>(all: readonly T[]): T => all[which % all.length] as T;
        if (row.kind === 'event') {
          return [['events', row.of, one([...outcomes])] as const];
        }
        if (row.kind === 'email') return [emailTally(row.of, one(emails))];
        return row.kind === 'run' ? runTallies(row.of, one(runs)) : [];
      });
      const contacts = there.filter(({ kind }) => kind === 'contact').length;
      return { counts: countsOf(tallies, contacts), reads: 1 + there.length };
    },
    workflowIds: async () => ['a', 'b', '__proto__'],
    deadEvents: async () => dead,
    contacts: { isUnderWay: async () => true, goOn: async () => undefined, rest: async () => {} },
    retentionDays,
    ...{ mostReads, mostPages: 1 },
    now: () => new Date(time),
    log: { info() {}, warn() {}, error() {} },
  });
  return {
    kept,
    /** Of which hours and days it was asked what they have. */
    asked,
    async call(after: number, mostReads = 10_000, diesAt?: number) {
      time += after;
      writesLeft = diesAt === undefined ? Number.POSITIVE_INFINITY : diesAt - 1;
      await rollUp(parts(mostReads))().catch((error: Error) => {
        expect(error.message).toBe('The function died.');
      });
    },
    now: () => time,
    deployedWith(days: number) {
      retentionDays = days;
    },
  };
}

const hourOf = (at: number) => new Date(start + at).toISOString().slice(0, 13);

/** Every row once, as it ended, by day: counted in another way than the code does. */
function naively(rows: readonly Recorded[], dead: readonly DeadEvent[]) {
  const counted = new Map<string, number>();
  const more = (...names: string[]) =>
    counted.set(names.join(' '), (counted.get(names.join(' ')) ?? 0) + 1);
  for (const { kind, of, at, last } of rows) {
    const on = hourOf(at).slice(0, 10);
    if (kind === 'event') more(on, 'events', of, String(outcomes[last % 3]));
    if (kind === 'email') more(on, 'emails', of, String(fates[last]));
    if (kind === 'contact') more(on, 'newContacts');
    if (kind === 'run') {
      more(on, 'runs', of, 'entered');
      if ([1, 2].includes(last % 4)) more(on, 'runs', of, 'mailed');
      if ([2, 3].includes(last % 4)) more(on, 'runs', of, 'endedEarly');
    }
  }
  for (const { hour: at, type } of dead) more(at.slice(0, 10), 'events', type, 'dead');
  return Object.fromEntries([...counted].sort());
}

type Kept = ReturnType<typeof memoryCountStore>['rows'];

const asKept = ({ days }: Kept) =>
  byDay([...days.values()].map(({ day: on, counts }) => [on, counts]));

/** What the rows of hours come to, by day. */
const asHoursSay = ({ hours }: Kept) =>
  byDay([...hours.values()].map((row) => [row.hour.slice(0, 10), row.counts]));

function byDay(rows: readonly (readonly [on: string, counts: Counts])[]) {
  const counted = new Map<string, number>();
  const more = (name: string, count: number) => {
    if (count > 0) counted.set(name, (counted.get(name) ?? 0) + count);
  };
  for (const [on, counts] of rows) {
    more(`${on} newContacts`, counts.newContacts);
    for (const section of ['events', 'emails', 'runs'] as const) {
      for (const [of, numbers] of Object.entries(counts[section])) {
        for (const [what, count] of Object.entries(numbers)) {
          more([on, section, of, what].join(' '), count);
        }
      }
    }
  }
  return Object.fromEntries([...counted].sort());
}

describe('the days that were rolled up', () => {
  it('are in the end what a count of all rows gives, whatever was late, changed, cut short or died', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(recorded, { maxLength: 40 }),
        fc.array(fc.integer({ min: 0, max: 4 * day }), { maxLength: 3 }),
        fc.array(call, { maxLength: 20 }),
        fc.boolean(),
        async (rows, deadAt, slices, isFew) => {
          const dead = deadAt.map((at) => ({ type: 'order.paid', hour: hourOf(at) }));
          const { call, kept, now } = world(rows, dead, isFew);
          for (const { after, mostReads, diesAt } of slices) {
            // Time is left to count all that comes late before its records are too old.
            if (now() < start + 12 * day) await call(after, mostReads, diesAt);
          }
          // Until nothing of it is counted any more.
          const over = start + 21 * day;
          while (now() < over) await call(day);
          await call(5 * minute);
          expect(asKept(kept)).toEqual(naively(rows, dead));
          const days = structuredClone(kept.days);
          await call(5 * minute);
          const settled = (all: typeof days) => [...all].filter(([, { isFinal }]) => isFinal);
          expect(settled(kept.days)).toEqual(settled(days));
          expect(settled(days).length).toBeGreaterThan(3);
        },
      ),
      { numRuns: asMany(3, 250) },
    );
  });

  it('are what their hours have, also where records are gone since and a call was cut short or died', async () => {
    const going = fc.tuple(
      recorded,
      fc.option(fc.integer({ min: 1, max: 12 * hour }), { nil: undefined }),
    );
    // Soon enough that what was counted is not counted again.
    const next = fc.integer({ min: minute, max: 20 * hour });
    await fc.assert(
      fc.asyncProperty(
        fc.array(going, { maxLength: 4 }),
        fc.array(fc.tuple(call, next), { maxLength: 20 }),
        fc.boolean(),
        async (drawn, slices, isFew) => {
          const rows = drawn.map(([row, goes]) => ({ ...row, goes }));
          const { call, kept } = world(rows, [], isFew);
          for (const [{ after, mostReads, diesAt }, untilNext] of slices) {
            await call(after, mostReads, diesAt);
            await call(untilNext);
            expect(asKept(kept)).toEqual(asHoursSay(kept));
          }
        },
      ),
      { numRuns: asMany(3, 250) },
    );
  });

  it('are right at each moment, but for what is younger than the last call and what changed since', async () => {
    const rows: Recorded[] = Array.from({ length: 200 }, (_, at) => ({
      ...{ kind: 'event', of: 'order.paid', late: 0, changes: 0, first: 0, last: 0 },
      at: at * 7 * minute,
    }));
    const { call, kept, now } = world(rows);
    while (now() < start + day) {
      await call(20 * minute);
      const so = rows.filter(({ at }) => start + at <= now());
      expect(asKept(kept)).toEqual(naively(so, []));
    }
  });

  it('give the same when they are rolled up again at once', async () => {
    const rows: Recorded[] = [
      { kind: 'email', of: 'a', at: hour, late: 0, changes: 0, first: 6, last: 6 },
    ];
    const { call, kept } = world(rows);
    await call(3 * hour);
    const once = asKept(kept);
    await call(0);
    expect(asKept(kept)).toEqual(once);
  });
});

describe('one call', () => {
  it('stops once it has read enough, and the next ones do the rest, the newest hours first', async () => {
    const { call, kept, now } = world([]);
    await call(0, 11);
    const [newest, ...others] = [...kept.hours.keys()];
    expect(newest).toBe(new Date(now()).toISOString().slice(0, 13));
    expect(others).toHaveLength(9);
    await call(minute, 11);
    expect(kept.hours.size).toBe(19);
  });

  it('asks once for a day of which nothing was recorded, and hour by hour for any other', async () => {
    const long = { late: 0, changes: 0, first: 0, last: 0 };
    const { call, kept, asked } = world([
      { kind: 'event', of: 'order.paid', at: -3 * day, ...long },
    ]);
    await call(0);
    const [today, recorded] = [0, -3 * day].map((at) => hourOf(at).slice(0, 10));
    const hoursOf = (on = '') =>
      asked.filter((one) => one.startsWith(on) && one.length > on.length);
    expect(hoursOf(today)).toHaveLength(22);
    expect(hoursOf(recorded)).toHaveLength(24);
    expect(asked).toHaveLength(22 + 24 + 20);
    expect(kept.days.size).toBe(21);
    const over = [...kept.days.values()].filter(({ isFinal }) => isFinal).map((one) => one.day);
    expect(over.length).toBeGreaterThan(2);
    expect([...kept.hours.keys()].filter((one) => over.includes(one.slice(0, 10)))).toEqual([]);
    expect(asKept(kept)).toEqual({ [`${recorded} events order.paid applied`]: 1 });
  });

  it('asks only for the hours that have anything where that is little, and keeps one row of an empty day', async () => {
    const long = { late: 0, changes: 0, first: 0, last: 0 };
    const row = { kind: 'event', of: 'order.paid', at: -3 * day, ...long } as const;
    const { call, kept, asked } = world([row], [], true);
    await call(0);
    const [today, recorded] = [0, -3 * day].map((at) => hourOf(at).slice(0, 10));
    expect(asked).toEqual([hourOf(-3 * day)]);
    expect(new Set([...kept.hours.keys()].map((one) => one.slice(0, 10)))).toEqual(
      new Set([today, recorded, hourOf(-20 * day).slice(0, 10)]),
    );
    expect(kept.days.size).toBe(21);
    expect(asKept(kept)).toEqual({ [`${recorded} events order.paid applied`]: 1 });
  });

  it.each([
    ['of a stage with few records', true],
    ['of one with many', false],
  ])('counts what comes late on a day that was empty, %s', async (_, isFew) => {
    const late = { late: 4 * day, changes: 0, first: 0, last: 0 };
    const row = { kind: 'event', of: 'order.paid', at: -2 * day, ...late } as const;
    const { call, kept } = world([row], [], isFew);
    await call(0);
    expect(asKept(kept)).toEqual({});
    await call(day);
    expect(asKept(kept)).toEqual({});
    await call(day);
    await call(5 * minute);
    const counted = { [`${hourOf(-2 * day).slice(0, 10)} events order.paid applied`]: 1 };
    expect(asKept(kept)).toEqual(counted);
  });

  const stays = { changes: 0, first: 0, last: 0 };
  const purchase = { kind: 'event', of: 'order.paid', ...stays } as const;

  it('shows what came late on a day that was empty before it has read all its hours again', async () => {
    const row = { ...purchase, at: -2 * day, late: 2 * day + hour };
    const { call, kept } = world([row]);
    await call(0);
    await call(day, 35);
    const on = hourOf(row.at).slice(0, 10);
    const counted = [...kept.hours.keys()].filter((one) => one.startsWith(on));
    expect(counted.length).toBeGreaterThan(2);
    expect(counted.length).toBeLessThan(24);
    expect(asKept(kept)).toEqual({ [`${on} events order.paid applied`]: 1 });
  });

  it('counts what comes late on an empty day of which the first hours are not counted again', async () => {
    // At half past eleven in the evening, and there fifteen days later, when all but the last hours are over.
    const row = { ...purchase, at: 110 * minute - day, late: settles + 15 * minute };
    const { call, kept } = world([row]);
    await call(hour);
    for (let days = 1; days <= 17; days += 1) await call(day);
    const on = hourOf(row.at).slice(0, 10);
    expect([...kept.hours.keys()].filter((one) => one.startsWith(on))).toHaveLength(2);
    expect(asKept(kept)).toEqual({ [`${on} events order.paid applied`]: 1 });
  });

  it.each([
    ['of a stage with few records', true],
    ['of one with many', false],
  ])('keeps what only an hour tells of a day whose records are gone, %s', async (_, isFew) => {
    const row = { ...purchase, at: -2 * day, late: 0, goes: 2 * day + minute };
    const { call, kept } = world([row], [], isFew);
    // It dies after 22 hours of today, an empty day and the three hours up to that of the record.
    await call(0, 10_000, 22 + 1 + 3 + 1);
    expect([...kept.hours.keys()].at(-1)).toBe(hourOf(row.at));
    expect(asKept(kept)).toEqual({});
    await call(5 * minute);
    expect(asKept(kept)).toEqual({
      [`${hourOf(row.at).slice(0, 10)} events order.paid applied`]: 1,
    });
  });

  it.each([
    ['of a stage with few records', true],
    ['of one with many', false],
  ])(
    'keeps the events of days whose records are gone when they are to be kept longer, %s',
    async (_, isFew) => {
      const gone = { ...purchase, late: 0, goes: 5 * day };
      const rows: Recorded[] = [1, 8, 12, 20].map((days) => ({ ...gone, at: days * day }));
      const { call, kept, now, deployedWith } = world(rows, [], isFew);
      deployedWith(5);
      while (now() < start + 26 * day) await call(6 * hour);
      const counted = naively(rows, []);
      expect(asKept(kept)).toEqual(counted);
      // As DynamoDB lets rows of hours expire.
      for (const [hour, { countedAt }] of kept.hours) {
        if (Date.parse(countedAt) < now() - 20 * day) kept.hours.delete(hour);
      }
      deployedWith(90);
      while (now() < start + 28 * day) await call(6 * hour);
      expect(asKept(kept)).toEqual(counted);
    },
  );
});
