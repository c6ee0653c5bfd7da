import { setTimeout } from 'node:timers/promises';

/**
 * The result of `action`, or an error when it takes longer than `patienceMs`, so that a Lambda function can still say
 * what went wrong. What has begun is not stopped: the action must be safe to repeat.
 */
export async function within<T>(patienceMs: number, action: () => Promise<T>): Promise<T> {
  if (patienceMs <= 0) throw new Error('There was no time left to begin.');
  const done = new AbortController();
  const late = setTimeout(patienceMs, undefined, { signal: done.signal }).then(() => {
    throw new Error(`It took longer than the ${patienceMs} ms that were left.`);
  });
  // The timer that is given up when the action is done.
  late.catch(() => undefined);
  try {
    return await Promise.race([action(), late]);
  } finally {
    done.abort();
  }
}
