import type { SendMail } from './ses.ts';

/** The same sender, whose calls begin at least `intervalMs` apart when they are made one after another. */
export function paced(
  send: SendMail,
  {
    intervalMs,
    nowMs,
    sleep,
  }: { intervalMs: number; nowMs: () => number; sleep: (ms: number) => Promise<unknown> },
): SendMail {
  let nextAtMs = 0;
  return async (mail) => {
    const waitMs = nextAtMs - nowMs();
    if (waitMs > 0) await sleep(waitMs);
    nextAtMs = nowMs() + intervalMs;
    return send(mail);
  };
}
