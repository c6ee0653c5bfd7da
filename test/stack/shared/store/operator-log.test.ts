import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ActDraft, Actor } from '#shared/audience/operator-act.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import {
  type ActPosition,
  dynamoOperatorLog,
  type OperatorLog,
} from '#shared/store/operator-log.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { createStackTables } from '#test/support/cloud/stack-tables.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let table: string;
let log: OperatorLog;
let now = new Date();
beforeAll(async () => {
  dynamo = await startDynamo();
});
beforeEach(async () => {
  table = (await createStackTables(dynamo.client, 'Acts'))('Acts');
  log = dynamoOperatorLog(documentClient(dynamo.client), table, {
    retentionDays: 90,
    now: () => now,
  });
});
afterAll(() => dynamo.stop());

const ada: Actor = { by: 'arn:aws:iam::1:user/ada', via: 'console' };
const bob: Actor = { by: 'arn:aws:iam::1:user/bob', via: 'command' };

const pausing: ActDraft = {
  what: 'workflow.pause',
  on: { workflowId: 'welcome-x7k2' },
  sentence: 'Pause a workflow.',
};
const holding: ActDraft = { what: 'hold', on: {}, sentence: 'Hold all mail.' };

async function note(at: string, draft: ActDraft, actor: Actor = ada) {
  now = new Date(at);
  await log.end(await log.begin(draft, actor), { outcome: 'done' });
}

async function allPages(limit: number, since: string) {
  const pages: string[][] = [];
  for (let after: ActPosition | undefined; ; ) {
    const { acts, next } = await log.page({}, since, limit, after);
    pages.push(acts.map(({ at }) => at));
    if (!next) return pages;
    after = next;
  }
}

describe('an act', () => {
  it('is written down before it is done, and tells how it ended', async () => {
    now = new Date('2026-11-20T10:00:00.000Z');
    const begun = await log.begin(pausing, ada);
    expect((await log.page({}, '2026-11-20', 10)).acts).toEqual([
      { ...pausing, ...ada, at: now.toISOString(), actId: begun.actId, outcome: 'begun' },
    ]);

    await log.end(begun, { outcome: 'failed', reason: 'The queue is away.' }, { count: 3 });
    expect((await log.page({}, '2026-11-20', 10)).acts).toEqual([
      {
        ...begun,
        ...{ outcome: 'failed', reason: 'The queue is away.' },
        on: { workflowId: 'welcome-x7k2', count: 3 },
      },
    ]);
  });

  it('is kept as long as the record of an event', async () => {
    await note('2026-11-20T10:00:00.000Z', holding);
    const { Items = [] } = await dynamo.client.send(new ScanCommand({ TableName: table }));
    expect(Items.map(({ expiresAt }) => expiresAt)).toEqual([
      Date.parse('2027-02-18T10:00:00.000Z') / 1_000,
    ]);
  });

  it('keeps no address that somebody typed in the place of an id', async () => {
    await note('2026-11-20T10:00:00.000Z', { ...pausing, on: { workflowId: 'ada@example.com' } });
    const { acts } = await log.page({}, '2026-11-20', 10);
    expect(JSON.stringify(acts)).not.toContain('ada@');
  });
});

describe('the log', () => {
  const times = [
    '2026-11-01T08:00:00.000Z',
    '2026-11-19T23:59:59.999Z',
    ...Array.from({ length: 7 }, (_, at) => `2026-11-20T10:00:0${at}.000Z`),
  ];
  beforeEach(async () => {
    for (const at of times) await note(at, holding);
    now = new Date('2026-11-21T00:00:00.000Z');
  });

  it.each([1, 3, 7, 8, 9, 50])('gives each act once, the newest first, by %i', async (limit) => {
    const pages = await allPages(limit, '2026-11-01');
    expect(pages.flat()).toEqual(times.toReversed());
    expect(pages.every((page) => page.length <= limit)).toBe(true);
  });

  it('ends at the time that it is asked for', async () => {
    const { acts, next } = await log.page({}, '2026-11-20T10:00:05.000Z', 10);
    expect(acts.map(({ at }) => at)).toEqual(times.slice(-2).toReversed());
    expect(next).toBeUndefined();
  });
});

describe('an act of days ago', () => {
  // The first and the last of the days that are read side by side: 1, 4, 16, 32 and 32 of them.
  const daysAgo = [0, 1, 4, 5, 20, 21, 52, 53, 84, 85];
  const today = Date.parse('2026-11-20T10:00:00.000Z');
  const times = daysAgo.map((days) => new Date(today - days * 86_400_000).toISOString());

  it.each([1, 3, 50])('is found, the newest first, by %i', async (limit) => {
    for (const at of times) await note(at, holding);
    now = new Date(today);
    expect((await allPages(limit, '2026-08-01')).flat()).toEqual(times);
    expect((await allPages(limit, times[8] ?? '')).flat()).toEqual(times.slice(0, 9));
  });
});

it('is narrowed to who, and to what or a kind of it', async () => {
  await note('2026-11-20T10:00:00.000Z', pausing, ada);
  await note('2026-11-20T10:00:01.000Z', { ...pausing, what: 'workflow.add' }, bob);
  await note('2026-11-20T10:00:02.000Z', holding, bob);
  const found = async (filter: Parameters<OperatorLog['page']>[0]) =>
    (await log.page(filter, '2026-11-01', 10)).acts.map(({ what }) => what);

  expect(await found({ by: 'Bob' })).toEqual(['hold', 'workflow.add']);
  expect(await found({ what: 'workflow' })).toEqual(['workflow.add', 'workflow.pause']);
  expect(await found({ what: 'workflow.add', by: 'ada' })).toEqual([]);
});
