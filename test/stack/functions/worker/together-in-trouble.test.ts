import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AudienceStore } from '#shared/audience/rows/unit-of-work.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { workflows } from '#test/prove/scenarios.ts';
import {
  recordOf,
  startWorkerByBatches,
  type Webhook,
} from '#test/support/audience/worker-by-batches.ts';
import { created, told, updated } from '#test/support/polar/told.ts';

let work: Awaited<ReturnType<typeof startWorkerByBatches>>;
let undisturbed: Awaited<ReturnType<typeof startWorkerByBatches>>;
beforeAll(async () => {
  work = await startWorkerByBatches();
  undisturbed = await startWorkerByBatches();
});
afterAll(() => Promise.all([work.stop(), undisturbed.stop()]));

/** No key of an email follows from the id of a contact, which another attempt makes anew. */
const everyTime = workflows().map((one) => ({ ...one, frequency: 'every-time' as const }));
const circumstances = { settings: defaultSettings, workflows: everyTime };

const batch = [
  created('ann', 0),
  told('order.paid', 'ann', 1),
  updated('ann', 2, { name: 'Ida' }),
  told('order.paid', 'ann', 3),
];
const ids = batch.map(({ webhookId }) => webhookId);
const first = batch.map((webhook) => recordOf(webhook));
const again = (wanted: readonly string[]) =>
  batch
    .filter(({ webhookId }) => wanted.includes(webhookId))
    .map((webhook) => recordOf(webhook, webhook.webhookId, 2));

/** The worker whose store answers commits like this. */
const committing = (commit: AudienceStore['commit']) =>
  work.fresh(circumstances, { store: { ...work.store, commit } });

/** What one of these leaves that nothing disturbs. */
async function expected(webhooks: readonly Webhook[] = batch) {
  const handle = await undisturbed.fresh(circumstances);
  expect(await handle(webhooks.map((webhook) => recordOf(webhook)))).toEqual([]);
  return undisturbed.everything();
}

/** Emails may be asked for twice: whoever takes the messages minds that. */
function once({ rows, asked }: Awaited<ReturnType<typeof work.everything>>) {
  return { rows, asked: new Set(asked.map((one) => JSON.stringify(one))) };
}

describe('the events of a batch that are written together', () => {
  it('lose only the one that can never be written, which is dead', async () => {
    const poison = { ...updated('ann', 2), webhookId: 'p'.repeat(3_000) };
    const handle = await work.fresh(circumstances);
    const records = [...batch.slice(0, 2), poison, ...batch.slice(2)].map((one) => recordOf(one));
    expect(await handle(records)).toEqual([]);
    expect(work.failed()).toEqual([{ webhookId: poison.webhookId, fate: 'dead' }]);
    expect(once(await work.everything())).toEqual(once(await expected()));
    // Of those that failed together, none tries that again.
    expect(work.apart()).toEqual([
      expect.objectContaining({ level: 'WARN', webhookId: ids[0], later: 4 }),
    ]);
  });

  it('come again when nothing can be written, after one attempt more than there are events', async () => {
    let commits = 0;
    const handle = await committing(async () => {
      commits += 1;
      throw new Error('The table is away.');
    });
    expect(await handle(first)).toEqual(ids);
    expect(commits).toBe(ids.length + 1);
    expect(work.apart()).toHaveLength(1);
    expect((await work.everything()).rows['Events']).toEqual([]);
  });

  it('come again where they were not written, and only those', async () => {
    const handle = await committing(async (commit) => {
      const written = [commit.record, ...(commit.later ?? []).map(({ record }) => record)];
      if (written.some((one) => one?.webhookId === ids[2])) throw new Error('Not this one.');
      return work.store.commit(commit);
    });
    expect(await handle(first)).toEqual([ids[2]]);
    expect(work.failed()).toEqual([{ webhookId: ids[2], fate: 'retry' }]);
    const { rows } = await work.everything();
    expect(rows['Events']?.map(({ webhookId }) => webhookId)).toEqual(
      ids.filter((id) => id !== ids[2]).sort(),
    );
  });

  it('are applied by themselves after a lost race, which is nothing to tell', async () => {
    let isLost = false;
    const handle = await committing(async (commit) => {
      if (isLost || !commit.later?.length) return work.store.commit(commit);
      isLost = true;
      return { kind: 'conflict' };
    });
    expect(await handle(first)).toEqual([]);
    expect(work.apart()).toEqual([]);
    // The second takes the others along again.
    expect(work.along()).toEqual([0, 2]);
    expect(once(await work.everything())).toEqual(once(await expected()));
  });

  it('were written although the answer was lost, and ask for their emails once more', async () => {
    let isLost = false;
    const handle = await committing(async (commit) => {
      const result = await work.store.commit(commit);
      if (isLost) return result;
      isLost = true;
      throw new Error('The connection was reset.');
    });
    expect(await handle(first)).toEqual([]);
    expect(work.along()).toEqual([3]);
    expect(once(await work.everything())).toEqual(once(await expected()));
  });

  it('come again one by one where what follows from them fails', async () => {
    let isAway = true;
    const asked: unknown[] = [];
    const handle = await work.fresh(circumstances, {
      sendMail: async (mail) => {
        if (isAway && mail.webhookId === ids[1]) throw new Error('The queue is away.');
        asked.push(mail);
      },
    });
    expect(await handle(first)).toEqual([ids[1]]);
    expect(work.along()).toEqual([3]);
    isAway = false;
    expect(await handle(again([ids[1] ?? '']))).toEqual([]);
    const left = await work.everything();
    expect(once({ ...left, asked: JSON.parse(JSON.stringify(asked)) }).asked.size).toBe(
      (await expected()).asked.length,
    );
  });

  it('come again where the time is up before what follows from them', async () => {
    const handle = await work.fresh(circumstances);
    let looks = 0;
    const time = {
      getRemainingTimeInMillis: () => {
        looks += 1;
        return looks === 1 ? 60_000 : 9_000;
      },
    };
    expect(await handle(first, time)).toEqual(ids.slice(1));
    expect(work.along()).toEqual([3]);
    expect(await handle(again(ids.slice(1)))).toEqual([]);
    expect(once(await work.everything())).toEqual(once(await expected()));
  });

  it('come again where the time is up while they are written', async () => {
    const { promise: written, resolve } = Promise.withResolvers<void>();
    const handle = await committing(async (commit) => {
      await setTimeout(300);
      const result = await work.store.commit(commit);
      resolve();
      return result;
    });
    const until = Date.now() + 10_100;
    const time = { getRemainingTimeInMillis: () => until - Date.now() };
    expect(await handle(first, time)).toEqual(ids);
    await written;
    expect(await handle(again(ids))).toEqual([]);
    expect(work.along()).toEqual([3]);
    expect(once(await work.everything())).toEqual(once(await expected()));
  });

  it('end as their versions say where two workers have some of them each at the same time', async () => {
    const names = Array.from({ length: 12 }, (_, n) => updated('ann', n, { name: `Ida N${n}` }));
    const handle = await work.fresh(circumstances);
    const records = names.map((one) => recordOf(one));
    const failed = await Promise.all([
      handle(records.filter((_, n) => n % 2 === 0)),
      handle(records.filter((_, n) => n % 2 === 1)),
    ]);
    expect(failed).toEqual([[], []]);
    const { rows } = await work.everything();
    expect(rows['Events']).toHaveLength(names.length);
    expect(rows['Contacts']).toEqual([expect.objectContaining({ lastName: 'N11' })]);
    expect(rows['Words']?.map(({ wordAndEmail }) => wordAndEmail).sort()).toEqual(
      ['ann', 'example', 'ida', 'n11'].map((word) => `${word} ann@example.com`),
    );
  });
});
