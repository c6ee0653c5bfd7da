import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultSettings, type Settings } from '#shared/audience/settings/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { polarEvent } from '#shared/polar/event.ts';
import { lifeOf } from '#test/prove/runs/lives.ts';
import { sequences } from '#test/prove/runs/workflows.ts';
import { workflows as ofOneEmail } from '#test/prove/scenarios.ts';
import { asMany } from '#test/support/as-many.ts';
import {
  recordOf,
  startWorkerByBatches,
  type Webhook,
} from '#test/support/audience/worker-by-batches.ts';
import {
  eventsOf,
  happeningsArbitrary,
  settingsArbitrary,
  webhookBody,
} from '#test/support/polar/polar-history.ts';
import { created, deleted, updated } from '#test/support/polar/told.ts';
import { cases } from './batches.ts';

type Work = Awaited<ReturnType<typeof startWorkerByBatches>>;
let joint: Work;
let single: Work;
beforeAll(async () => {
  joint = await startWorkerByBatches();
  single = await startWorkerByBatches();
});
afterAll(() => Promise.all([joint.stop(), single.stop()]));

const [dunning] = sequences;
if (!dunning) throw new Error('There are no sequences.');
const all: readonly Workflow[] = [
  ...sequences,
  ...ofOneEmail().map((one) => ({ ...one, maxAgeHours: 24 * 400 })),
];

/** Each begins a run for whoever is deleted, which stops when somebody else takes the contact over. */
const parting: readonly Workflow[] = Array.from({ length: 7 }, (_, n) => ({
  ...{ ...dunning, workflowId: `parting-${n}`, exitWhen: [] },
  trigger: { event: 'customer.deleted', conditions: [] },
}));

/** Hands the batches to one worker as they are, and to another each message by itself. */
async function bothLeave(
  batches: readonly (readonly Webhook[])[],
  settings: Settings,
  workflows = all,
) {
  const circumstances = { settings, workflows };
  const [whole, one] = [await joint.fresh(circumstances), await single.fresh(circumstances)];
  let messages = 0;
  for (const batch of batches) {
    const records = batch.map((webhook) => {
      messages += 1;
      return recordOf(webhook, `message ${messages}`);
    });
    expect(await whole(records)).toEqual([]);
    for (const record of records) expect(await one([record])).toEqual([]);
  }
  const left = await joint.everything();
  expect(left).toEqual(await single.everything());
  expect(single.along().filter((count) => count > 0)).toEqual([]);
  return { rows: left.rows, along: joint.along(), apart: joint.apart() };
}

/** Of so many events, those of each customer together: nobody else's come in between. */
function batchesOf(webhooks: readonly Webhook[], size: number): Webhook[][] {
  const batches: Webhook[][] = [];
  for (let from = 0; from < webhooks.length; from += size) {
    const some = webhooks.slice(from, from + size);
    batches.push(...Map.groupBy(some, customerOf).values());
  }
  return batches;
}

function customerOf({ body }: Webhook): string {
  const parsed = polarEvent(body);
  if (parsed.kind === 'unreadable') throw new Error(parsed.reason);
  return parsed.event.customer.id;
}

const lives = readdirSync(new URL('../../../fixtures/lives/', import.meta.url)).length - 1;

function keptLife(nth: number): Webhook[] {
  const begin = Date.parse('2026-09-01T09:00:00.000Z');
  const { events } = lifeOf(() => (nth + 0.5) / lives, `ann-${nth}`, begin);
  return events.map(({ type, body }, n) => ({ webhookId: `life-${nth}-${n}`, type, body }));
}

describe('a batch that is handled at once, and message by message', () => {
  it.each(cases)(
    'leaves the same rows and emails of $title',
    async ({ batches, along, settings }) => {
      const left = await bothLeave(batches, settings ?? defaultSettings);
      expect({ along: left.along, apart: left.apart }).toEqual({ along, apart: [] });
    },
  );

  it('leaves the same where it changes too many rows for one transaction', async () => {
    const bobs = Array.from({ length: 9 }, (_, n) => [
      created(`bob-${n}`, n),
      deleted(`bob-${n}`, 20),
    ]);
    const moves = bobs.map((_, n) => updated('ann', 30 + n, { email: `bob-${n}@example.com` }));
    const left = await bothLeave(
      [...bobs, [created('ann', 21), ...moves]],
      defaultSettings,
      parting,
    );
    expect(left.apart).toEqual([
      expect.objectContaining({ level: 'WARN', later: 9, reason: expect.stringContaining('100.') }),
    ]);
    expect(Math.max(...left.along)).toBe(0);
  });

  it('leaves the same where its payloads are nearly the largest that are kept', async () => {
    const noise = () => randomBytes(217_000).toString('base64');
    const bodies = Array.from({ length: 10 }, (_, n) => updated('ann', n, { noise: noise() }));
    const left = await bothLeave([bodies], defaultSettings);
    expect({ along: left.along, apart: left.apart }).toEqual({ along: [9], apart: [] });
    expect(left.rows['Events']?.every((row) => 'payload' in row)).toBe(true);
  });

  it.each(Array.from({ length: lives }, (_, nth) => nth))(
    'leaves the same of kept life %i',
    async (nth) => {
      const settings = structuredClone(defaultSettings);
      for (const event of Object.values(settings.events)) event.enabled = true;
      const left = await bothLeave(batchesOf(keptLife(nth), 10), settings);
      expect(left.apart).toEqual([]);
      expect(Math.max(...left.along)).toBeGreaterThan(0);
    },
  );

  it('leaves the same of random histories', async () => {
    await fc.assert(
      fc.asyncProperty(
        happeningsArbitrary,
        settingsArbitrary,
        fc.integer({ min: 2, max: 25 }),
        fc.array(fc.nat({ max: 1_000 })),
        async (happenings, settings, size, order) => {
          const events = eventsOf(happenings);
          const shuffled = events
            .map((event, n) => ({ event, rank: order[n] === undefined ? n : order[n] % 40 }))
            .toSorted((a, b) => a.rank - b.rank);
          const webhooks = shuffled.flatMap(({ event, rank }) => {
            const { webhookId, type } = event;
            const webhook = { webhookId, type, body: webhookBody(event) };
            return rank % 7 === 3 ? [webhook, webhook] : [webhook];
          });
          const { apart } = await bothLeave(batchesOf(webhooks, size), settings);
          expect(apart).toEqual([]);
        },
      ),
      { numRuns: asMany(8, 600) },
    );
  });
});
