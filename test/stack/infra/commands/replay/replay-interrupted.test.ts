import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunParts } from '#infra/commands/replay/run.ts';
import { readMailMessage } from '#shared/queue/read-mail-message.ts';
import { asMany } from '#test/support/as-many.ts';
import { approvedMail } from '#test/support/audience/approved-mail.ts';
import {
  customerCreated,
  noonOfCreation,
  startDeadLetters,
} from '#test/support/audience/dead-letters-at-work.ts';
import { clockSetTo } from '#test/support/process/clock-set-to.ts';
import { replaying } from './replaying.ts';

let dead: Awaited<ReturnType<typeof startDeadLetters>>;
let replays: ReturnType<typeof replaying>;
beforeAll(async () => {
  dead = await startDeadLetters({ now: clockSetTo(noonOfCreation) });
  replays = replaying(dead);
  const { workflow } = approvedMail();
  if (workflow) dead.workflows.push(workflow);
});
afterAll(() => dead.stop());

class Interrupted extends Error {}

/** A run that ends at its nth message: just before it is queued, or just after, or by Ctrl-C. */
function endingAt(last: number, how: 'before' | 'after' | 'asked'): Partial<RunParts> {
  let calls = 0;
  return {
    send: async (message, delaySeconds) => {
      calls += 1;
      const isLast = how !== 'asked' && calls >= last;
      if (isLast && (calls > last || how === 'before')) throw new Interrupted();
      await replays.parts.send(message, delaySeconds);
      if (isLast) throw new Interrupted();
    },
    isStopped: () => how === 'asked' && calls >= last,
  };
}

let story = 0;

it('wherever a run is interrupted, gone on with under its id it replays each event once and mails each once', async () => {
  const interruptions = fc.array(
    fc.record({
      at: fc.integer({ min: 1, max: 30 }),
      how: fc.constantFrom('before', 'after', 'asked'),
      isWorked: fc.boolean(),
    }),
    { minLength: 1, maxLength: 3 },
  );
  await fc.assert(
    fc.asyncProperty(interruptions, fc.integer({ min: 1, max: 20 }), async (all, count) => {
      await dead.empty();
      story += 1;
      const since = dead.audience.now().toISOString();
      const ids = Array.from({ length: count }, (_, n) => `evt-${story}-${n}`);
      for (const id of ids) await dead.queueWebhook(id, customerCreated(`c-${id}`));
      await dead.work();
      await dead.empty();
      const given = { choice: replays.lately({ since }), triggers: true, yes: true };
      const run = `run-${story}`;
      for (const [n, { at, how, isWorked }] of all.entries()) {
        const changed = { ...endingAt(at, how), newRun: () => run };
        await replays.run({ ...given, run: n === 0 ? undefined : run }, changed).catch((error) => {
          if (!(error instanceof Interrupted)) throw error;
        });
        if (isWorked) await dead.work();
      }
      replays.printed.length = 0;
      await replays.run({ ...given, run });
      expect(replays.output()).toMatch(new RegExp(`^${count} replays? recorded:$`, 'm'));
      for (const id of ids) {
        const { replays: entries } = await replays.recordOf(id);
        expect(entries?.map(({ replayId }) => replayId)).toEqual([`${run}-triggers`]);
      }
      const mails = await dead.visible(dead.mail.sourceUrl);
      const asked = mails.map(({ Body = '' }) => readMailMessage(Body));
      expect(new Set(asked.map((mail) => mail?.webhookId))).toEqual(new Set(ids));
      expect(new Set(asked.map((mail) => mail?.ledgerKey)).size).toBe(count);
    }),
    { numRuns: asMany(2, 125) },
  );
}, 600_000);

it('a run that is gone on with says how much was done before', async () => {
  await dead.empty();
  const since = dead.audience.now().toISOString();
  for (let n = 0; n < 12; n++) await dead.queueWebhook(`again-${n}`, customerCreated(`a-${n}`));
  await dead.work();
  const given = { choice: replays.lately({ since }), yes: true };
  const ended = endingAt(5, 'before');
  await expect(replays.run(given, ended)).rejects.toThrow(Interrupted);
  expect(replays.output()).toContain('Nothing is lost');
  await dead.work();
  await replays.run({ ...given, run: 'run-1' });
  expect(replays.output()).toMatch(
    /^\d+ replays queued\. \d+ were replayed before the interruption\.$/m,
  );
  expect(replays.output()).toContain('12 replays recorded:');
});
