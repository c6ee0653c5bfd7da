import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { backfillStates } from '#infra/commands/backfill/run.ts';
import { noCounts } from '#shared/audience/backfill/page.ts';

const state = {
  phase: 'orders',
  counts: { ...noCounts(), customers: 8 },
  organizationId: 'o-1',
  since: null,
  savedAt: '2026-11-23T12:00:00.000Z',
} as const;

async function statesIn(now: string = state.savedAt) {
  const folder = await mkdtemp(join(tmpdir(), 'backfill-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return { folder, states: backfillStates(folder, 'Customers', () => new Date(now)) };
}

it('a state is read as it was saved', async () => {
  const { states } = await statesIn();
  expect(await states.read()).toBeUndefined();
  await states.save(state);
  expect(await states.read()).toMatchObject(state);
});

it.each(['customers', 'orders', 'extra'])(
  'a state of version 0.1.0 in the phase %s is not resumed: who was deleted came last then',
  async (phase) => {
    const { folder, states } = await statesIn();
    await states.save(state);
    const [file = ''] = await readdir(folder);
    await writeFile(join(folder, file), JSON.stringify({ ...state, phase }));
    expect(await states.read()).toBe('older');
  },
);

it.each([
  ['the next morning is resumed', '2026-11-24T11:59:00.000Z', expect.objectContaining(state)],
  [
    'weeks later is not: what it had compared may differ again',
    '2026-12-20T12:00:00.000Z',
    'stale',
  ],
])('a state that is found %s', async (_, now, read) => {
  const { states } = await statesIn(now);
  await states.save(state);
  expect(await states.read()).toEqual(read);
});
