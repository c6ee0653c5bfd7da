import { describe, expect, it } from 'vitest';
import {
  afterFailure,
  begun,
  continued,
  finished,
  type Import,
  ImportRefused,
  otherOrganizations,
  putAside,
  stoppedByHand,
  taken,
} from '#shared/audience/backfill/import.ts';
import { PolarRefused, PolarUnavailable } from '#shared/polar/api-error.ts';

const now = new Date('2026-11-29T12:00:00Z');
const later = (seconds: number) => new Date(now.getTime() + seconds * 1_000);
const connection = { organizationId: 'org-1', organizationName: 'Northlight' };
const wish = { kind: 'import', connection, by: 'me', importId: 'i2' } as const;

const running: Import = {
  importId: 'i1',
  revision: 7,
  kind: 'import',
  state: 'running',
  organizationId: 'org-1',
  organizationName: 'Northlight',
  by: 'me',
  startedAt: now.toISOString(),
  changedAt: now.toISOString(),
  tries: 0,
};

describe('an import begins', () => {
  it.each<[string, Import['state'] | undefined, boolean]>([
    ['where there was none', undefined, true],
    ['after one that is done', 'done', true],
    ['after one that was stopped', 'stopped', true],
    ['after one that failed', 'failed', true],
    ['not beside one that runs', 'running', false],
  ])('%s', (_, state, isBegun) => {
    const before = state && { ...running, state };
    expect(begun(wish, before, now) !== undefined).toBe(isBegun);
  });

  it('from the start, with how many customers a look has counted', () => {
    const before: Import = { ...running, state: 'done', kind: 'look', customers: 60 };
    expect(begun(wish, before, now)).toMatchObject({ importId: 'i2', revision: 8, customers: 60 });
    expect(begun(wish, { ...before, organizationId: 'org-2' }, now)?.customers).toBeUndefined();
  });
});

describe('the turn', () => {
  it('belongs to one at a time, and to the next when it is over', () => {
    const first = taken(running, 'one', now);
    if (!first) throw new Error('Nobody has the turn.');
    expect(first).toMatchObject({ revision: 8, turn: { owner: 'one' }, tries: running.tries });
    expect(first.brokeOff).toBeUndefined();
    expect(taken(first, 'two', later(89))).toBeUndefined();
    expect(taken(first, 'two', later(91))).toMatchObject({
      turn: { owner: 'two' },
      brokeOff: true,
    });
  });

  it.each(['done', 'stopped', 'failed'] as const)('is nobody’s once it is %s', (state) => {
    expect(taken({ ...running, state }, 'one', now)).toBeUndefined();
  });

  it('is given back by a step that ends, however it ends', () => {
    const mine = { ...running, turn: { owner: 'one', until: later(90).toISOString() } };
    const ends = [
      putAside(mine, true, now),
      finished(mine, now),
      stoppedByHand(mine, now),
      afterFailure(mine, new Error('It broke.'), now),
    ];
    for (const end of ends) expect(end).toMatchObject({ revision: 8, turn: undefined });
  });
});

describe('a step that fails', () => {
  it.each<[string, unknown, string]>([
    ['because Polar is not there', new PolarUnavailable('Polar is away.'), 'Polar is away.'],
    ['on our side', new Error('secret'), 'It failed on our side.'],
  ])('%s, is tried for a quarter of an hour, and then given up', (_, error, reason) => {
    let known = running;
    for (let tries = 1; tries < 15; tries += 1) {
      known = afterFailure(known, error, later(tries * 60));
      expect(known).toMatchObject({ state: 'running', tries });
    }
    expect(afterFailure(known, error, later(900))).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining(reason),
    });
  });

  it.each([
    ['because Polar says no', new PolarRefused('It lacks a scope.'), 'It lacks a scope.'],
    ['because it must not be done', new ImportRefused('Of another.'), 'Of another.'],
  ])('%s, is not tried again', (_, error, reason) => {
    expect(afterFailure(running, error, now)).toMatchObject({ state: 'failed', reason });
  });

  it('notes whether Polar refused the access, until it is continued', () => {
    const failed = afterFailure(running, new PolarRefused('It lacks a scope.'), now);
    expect(failed.isAccessRefused).toBe(true);
    expect(continued(failed, now)?.isAccessRefused).toBeUndefined();
    const other = afterFailure(running, new ImportRefused('Of another.'), now);
    expect(other.isAccessRefused).toBeUndefined();
  });

  it('for want of time, having got nowhere, counts as a try', () => {
    expect(putAside(running, false, now)).toMatchObject({ state: 'running', tries: 1 });
    expect(putAside({ ...running, tries: 14 }, false, now)).toMatchObject({ state: 'failed' });
    expect(putAside({ ...running, tries: 14 }, true, now)).toMatchObject({ state: 'running' });
  });
});

describe('a person', () => {
  it('stops what runs, and nothing that is over', () => {
    expect(stoppedByHand(running, now)).toMatchObject({ state: 'stopped' });
    expect(stoppedByHand({ ...running, state: 'done' }, now)).toBeUndefined();
  });

  it.each<[Import['state'], boolean]>([
    ['stopped', true],
    ['failed', true],
    ['running', false],
    ['done', false],
  ])('continues one that is %s: %s', (state, isContinued) => {
    const known = { ...running, state, tries: 15, reason: 'Polar is away.' };
    const next = continued(known, now);
    expect(next !== undefined).toBe(isContinued);
    if (next) expect(next).toMatchObject({ state: 'running', tries: 0, reason: undefined });
  });
});

it('names the other organizations, and how to go on', () => {
  const southlight = { id: 'org-2', name: 'Southlight' };
  expect(otherOrganizations({ others: new Map() }, running, [])).toBeUndefined();
  expect(otherOrganizations({ others: new Map([['org-2', 3]]) }, running, [southlight])).toBe(
    'Customers here belong to another Polar organization than Northlight: 3 of Southlight. Nothing was imported. If this deployment moved from one to the other, run: npm run backfill -- --organization org-1',
  );
});
