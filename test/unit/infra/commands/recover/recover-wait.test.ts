import { expect, it, vi } from 'vitest';
import { untilSecretCounts } from '#infra/commands/recover/run.ts';

const now = new Date('2026-11-29T10:00:00Z');
const before = (ms: number) => new Date(now.getTime() - ms);

it.each([
  ['was changed this moment', before(0), 65],
  ['was changed a while ago', before(20_500), 45],
  ['was changed by a clock ahead of ours', before(-600_000), 65],
  ['counts everywhere', before(65_000), 0],
  ['was changed nobody knows when', undefined, 0],
])('recover waits until a secret that %s counts everywhere', async (_, changedAt, seconds) => {
  const waiting = vi.fn();
  let waitedMs = 0;
  await untilSecretCounts(
    {
      polar: { webhookSecrets: { changedAt: async () => changedAt } },
      now: () => now,
      pause: async (ms) => {
        waitedMs += ms;
      },
      isStopped: () => false,
    },
    { waiting },
  );
  expect(waiting.mock.calls).toEqual(seconds === 0 ? [] : [[seconds]]);
  expect(Math.ceil(waitedMs / 1_000)).toBe(seconds);
});
