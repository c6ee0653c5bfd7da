import { describe, expect, it, onTestFinished } from 'vitest';
import type { FakePolarOptions } from '#infra/local/polar-server/polar-server.ts';
import { northlight } from '#infra/local/polar-server/polar-state.ts';
import { begun, continued, type Import, stoppedByHand } from '#shared/audience/backfill/import.ts';
import { type ImportParts, workOnImport } from '#shared/audience/backfill/import-step.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { memoryImports } from '#test/fakes/memory-imports.ts';
import {
  contentOf,
  memoryAudience,
  startBackfillAtWork,
} from '#test/unit/infra/commands/backfill/backfill-at-work.ts';

const minuteMs = 60_000;

/** A Polar with customers, an audience that has not heard of them, and an import of them. */
async function started(options: FakePolarOptions = {}) {
  const at = await startBackfillAtWork(options);
  onTestFinished(() => at.polar.stop());
  const { imports, now: stored } = memoryImports();
  let time = Date.parse('2026-11-29T12:00:00Z');
  const { api, store, living, newId, pause } = at.partsOf(at.audience);
  const parts: ImportParts = {
    ...{ imports, store, living, newId, pause },
    now: () => new Date(time),
    connection: async () => ({ organizationId: northlight.id, server: 'production', url: '' }),
    apiOf: () => api,
    settings: async () => defaultSettings,
  };
  const known = (): Import => {
    const row = stored();
    if (!row) throw new Error('There is no import.');
    return row;
  };
  const connection = { organizationId: northlight.id, organizationName: northlight.name };
  async function begin(kind: Import['kind'] = 'import') {
    const before = await imports.read();
    const importId = `import-${(before?.revision ?? 0) + 1}`;
    const next = begun({ kind, connection, by: 'me', importId }, before, parts.now());
    if (!next || !(await imports.put(next, before))) throw new Error('It did not begin.');
  }
  return {
    ...at,
    parts,
    imports,
    known,
    begin,
    pass: (ms: number) => {
      time += ms;
    },
    step: (more: Partial<ImportParts> = {}, forMs = 30_000) =>
      workOnImport({ ...parts, ...more }, forMs),
  };
}

/** A clock that moves on with each look at it, so that a step has time for so much and no more. */
function runningOut(at: Awaited<ReturnType<typeof started>>, eachMs: number) {
  return () => {
    at.pass(eachMs);
    return at.parts.now();
  };
}

it('brings in all that Polar lists, as npm run backfill does', async () => {
  const at = await started({ customers: 230, subscriptions: 40, orders: 120 });
  await at.begin();
  await at.step();
  expect(at.known()).toMatchObject({
    state: 'done',
    customers: 230,
    turn: undefined,
    place: { counts: { customers: 230, purchases: 160, repaired: 230, refused: {} } },
  });
  const byCommand = memoryAudience();
  await at.run({}, byCommand);
  expect(contentOf(at.audience)).toEqual(contentOf(byCommand));
});

it('says first what an import would do, and changes nothing', async () => {
  const at = await started({ customers: 120, orders: 50 });
  await at.begin('look');
  const { commit } = at.audience.calls;
  await at.step();
  expect(at.audience.calls.commit).toBe(commit);
  expect(at.known()).toMatchObject({
    ...{ kind: 'look', state: 'done', customers: 120 },
    place: { counts: { customers: 120, drift: { missing: 120 }, repaired: 0 } },
  });
});

it('goes on step by step where it was, and counts each customer once', async () => {
  const at = await started({ customers: 450, subscriptions: 110, orders: 110 });
  await at.begin();
  let steps = 0;
  const seen = new Set<string>();
  while (at.known().state === 'running') {
    await at.step({ now: runningOut(at, 1_000) }, 12_000);
    seen.add(`${at.known().progress?.phase} ${at.known().progress?.looked}`);
    // Whoever gets on has not tried in vain, and purchases are no customers.
    expect(at.known()).toMatchObject({ tries: 0, customers: 450 });
    steps += 1;
  }
  expect(steps).toBeGreaterThan(2);
  expect(seen.size).toBeGreaterThan(2);
  expect(at.known()).toMatchObject({
    state: 'done',
    place: { counts: { customers: 450, purchases: 220, repaired: 450, drift: { missing: 450 } } },
  });
});

it('after a crash between a page and its place, repeats the page, and does nothing twice', async () => {
  const at = await started({ customers: 250 });
  await at.begin();
  // What is not saved when the process dies is not saved when it has died, either.
  let isDead = false;
  const dying: ImportParts['imports'] = {
    ...at.imports,
    async put(next, before) {
      isDead ||= next.place?.page === 2;
      if (isDead) throw new Error('The process was ended');
      return at.imports.put(next, before);
    },
  };
  await expect(at.step({ imports: dying })).rejects.toThrow('The process was ended');
  expect(at.audience.rows.contacts.size).toBe(100);
  const { turn } = at.known();
  expect(turn).toBeDefined();

  await at.step();
  expect(at.known().turn).toEqual(turn);
  at.pass(2 * minuteMs);
  await at.step();
  expect(at.known()).toMatchObject({
    ...{ state: 'done', brokeOff: true },
    place: { counts: { customers: 250, inStep: 100, repaired: 150 } },
  });
  expect(at.audience.rows.contacts.size).toBe(250);
  expect(at.audience.records.size).toBe(250);
});

it('fails with a reason where every step is ended before its first page is done', async () => {
  const at = await started({ customers: 3 });
  await at.begin();
  // What ends the process ends it for good: nobody notes why.
  let isDead = false;
  const dying: ImportParts['imports'] = {
    ...at.imports,
    async put(next, before) {
      isDead ||= next.place !== undefined;
      if (isDead) throw new Error('The process was ended');
      return at.imports.put(next, before);
    },
  };
  let deaths = 0;
  while (at.known().state === 'running' && deaths < 30) {
    isDead = false;
    await at.step({ imports: dying }).then(
      () => undefined,
      () => {
        deaths += 1;
      },
    );
    at.pass(2 * minuteMs);
  }
  expect(deaths).toBe(15);
  expect(at.known()).toMatchObject({
    state: 'failed',
    turn: undefined,
    reason: expect.stringContaining('A step stopped before it finished.'),
  });
});

it('is worked on by one at a time', async () => {
  const at = await started({ customers: 150 });
  await at.begin();
  await Promise.all([at.step(), at.step(), at.step()]);
  expect(at.known()).toMatchObject({ state: 'done', place: { counts: { repaired: 150 } } });
  // Organizations, customers, subscriptions and orders: nobody asked twice.
  expect(at.polar.requests).toHaveLength(1 + 2 + 1 + 1);
});

it('ends at the next page once a person has stopped it, and continues from there', async () => {
  const at = await started({ customers: 350 });
  await at.begin();
  let pages = 0;
  const stopping: ImportParts['imports'] = {
    ...at.imports,
    async put(next, before) {
      const isPut = await at.imports.put(next, before);
      if (next.place?.page !== undefined) pages += 1;
      const stopped = pages === 1 && stoppedByHand(next, at.parts.now());
      if (stopped) await at.imports.put(stopped, next);
      return isPut;
    },
  };
  await at.step({ imports: stopping });
  expect(at.known()).toMatchObject({ state: 'stopped', progress: { looked: 100, total: 350 } });
  const contacts = at.audience.rows.contacts.size;
  expect(contacts).toBeLessThan(350);

  await at.step();
  expect(at.audience.rows.contacts.size).toBe(contacts);
  const next = continued(at.known(), at.parts.now());
  if (!next) throw new Error('It does not continue.');
  await at.imports.put(next, at.known());
  await at.step();
  expect(at.known()).toMatchObject({ state: 'done', place: { counts: { customers: 350 } } });
  expect(at.audience.rows.contacts.size).toBe(350);
});

it('waits while Polar is away, and goes on where it was', async () => {
  const at = await started({ customers: 250 });
  await at.begin();
  const goingDown: ImportParts['imports'] = {
    ...at.imports,
    async put(next, before) {
      if (next.place?.page === 2) at.polar.goDown();
      return at.imports.put(next, before);
    },
  };
  await at.step({ imports: goingDown });
  expect(at.known()).toMatchObject({ state: 'running', tries: 1, progress: { looked: 100 } });
  expect(at.known().reason).toContain('Polar did not list the customers');
  at.polar.comeBack();
  await at.step();
  expect(at.known()).toMatchObject({ state: 'done', tries: 0, reason: undefined });
  expect(at.known().place?.counts).toMatchObject({ customers: 250, repaired: 250 });
});

it('does not begin where customers of another organization are here', async () => {
  const at = await started({ customers: 3 });
  await at.hear('customer.created', {
    ...{ id: 'theirs', email: 'theirs@example.com', created_at: '2026-11-01T00:00:00Z' },
    organization_id: 'org-other',
  });
  await at.begin('look');
  await at.step();
  expect(at.known()).toMatchObject({
    state: 'failed',
    reason: expect.stringContaining(
      '1 of the organization with the id org-other. Nothing was imported.',
    ),
  });
  expect(at.audience.rows.contacts.size).toBe(1);
});

it('takes nobody for deleted, whatever Polar leaves out of its lists', async () => {
  const at = await started({ customers: 40 });
  await at.begin();
  await at.step();
  at.polar.state.customers.splice(0, 39);
  await at.begin();
  await at.step();
  expect(at.known()).toMatchObject({ state: 'done', customers: 1 });
  const deleted = [...at.audience.rows.customers.values()].filter(({ row }) => row.deletion);
  expect(deleted).toEqual([]);
});

it.each<[string, Partial<ImportParts>, string]>([
  [
    'another organization is connected meanwhile',
    { connection: async () => ({ organizationId: 'org-other', server: 'production', url: '' }) },
    'Polar is no longer connected to Northlight.',
  ],
  [
    'nothing is connected anymore',
    { connection: async () => undefined },
    'is no longer connected to',
  ],
])('fails with a reason where %s', async (_, parts, reason) => {
  const at = await started({ customers: 3 });
  await at.begin();
  await at.step(parts);
  expect(at.known()).toMatchObject({ state: 'failed', reason: expect.stringContaining(reason) });
  expect(at.audience.rows.contacts.size).toBe(0);
});

it('counts whose the customers here are to the end, or once more from the start', async () => {
  const at = await started({ customers: 3 });
  await at.begin();
  await at.step({ now: runningOut(at, 20_000) }, 30_000);
  expect(at.known()).toMatchObject({ state: 'running', tries: 1 });
  expect(at.known().place).toBeUndefined();
  at.pass(minuteMs);
  await at.step();
  expect(at.known()).toMatchObject({ state: 'done', place: { counts: { repaired: 3 } } });
});

describe('while it looks through many customers here, whose they are,', () => {
  /** Pages that take so long each; the last one has a customer of another organization. */
  async function* slowly(at: Awaited<ReturnType<typeof started>>, eachMs: number) {
    for (let page = 1; page <= 5; page += 1) {
      at.pass(eachMs);
      const organizationId = page === 5 ? 'org-other' : northlight.id;
      yield [{ customerId: `customer-${page}`, organizationId, addresses: ['ann@example.com'] }];
      // Somebody else looks for work meanwhile.
      await at.step({ living: () => slowly(at, 0) });
    }
  }

  it.each([
    ['slow pages keep the turn', 25_000],
    ['quick ones need not', 1_000],
  ])('%s, and the last page counts', async (_, eachMs) => {
    const at = await started({ customers: 3 });
    await at.begin();
    const puts: string[] = [];
    const noting: ImportParts['imports'] = {
      ...at.imports,
      put(next, before) {
        puts.push(String(next.turn?.owner));
        return at.imports.put(next, before);
      },
    };
    await at.step({ imports: noting, living: () => slowly(at, eachMs) }, 10 * minuteMs);
    expect(at.known()).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining(
        '1 of the organization with the id org-other. Nothing was imported.',
      ),
    });
    expect(at.known().brokeOff).toBeUndefined();
    // It takes the turn, keeps it where a page took long, and ends.
    expect(puts).toHaveLength(eachMs > 20_000 ? 1 + 5 + 1 : 1 + 1);
  });
});
