import { expect, it } from 'vitest';
import { isClosed, recover, rehearseRecovery } from '#infra/commands/recover/run.ts';
import { hooks, nothing, startRecovery } from './recovery-at-work.ts';

const rehearsalHooks = { ...hooks, undelivered: nothing, found: nothing };

const brokenOff = { kind: 'unfinished', reason: expect.stringMatching(/^Interrupted/) };

it('a recovery that is interrupted while it looks at all once more does not say that the gap is closed', async () => {
  const { parts } = await startRecovery();
  let isStopped = false;
  const stopping = { ...parts, isStopped: () => isStopped };
  const stop = () => {
    isStopped = true;
  };
  expect(await recover(stopping, undefined, { ...hooks, backfilled: stop })).toMatchObject(
    brokenOff,
  );
  isStopped = false;
  expect(await recover(stopping, undefined, { ...hooks, lost: stop })).toMatchObject(brokenOff);

  const whole = await recover(parts, undefined, hooks);
  if (whole.kind !== 'proved') throw new Error(whole.reason);
  expect([isClosed(whole.proof), whole.proof.due]).toEqual([false, 1]);
});

it('nor does a dry run that is interrupted while it looks for lost orders', async () => {
  const { parts } = await startRecovery();
  await recover(parts, undefined, hooks);
  let isStopped = false;
  const stopping = { ...parts, isStopped: () => isStopped };
  const backfilled = () => {
    isStopped = true;
  };
  expect(
    await rehearseRecovery(stopping, undefined, { ...rehearsalHooks, backfilled }),
  ).toMatchObject(brokenOff);
  expect(await rehearseRecovery(parts, undefined, rehearsalHooks)).toEqual({
    kind: 'shown',
    isLeft: true,
  });
});
