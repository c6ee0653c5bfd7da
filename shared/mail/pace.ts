import type { SendMail } from './ses.ts';

/** How SES's rate is shared: among how many mailers, and what is for each of them. */
export type Mailers = Readonly<{
  atOnce: number;
  /** Of each: all of them together keep the rate. */
  mailsPerSecond: number;
  /** How many emails one call gets at most. */
  batchSize: number;
}>;

/** SQS lets no fewer work on a queue. */
const fewestMailers = 2;

/** An email takes up to 25 ms of processor time, and a mailer has less than a third of a processor. */
const mostMailsPerSecondOfOne = 10;

/** The end of a batch, when its last emails are on their way and none begins, is a small part of so long. */
const secondsOfBatch = 10;

export function mailersFor(mailsPerSecond: number): Mailers {
  const atOnce = Math.max(fewestMailers, Math.ceil(mailsPerSecond / mostMailsPerSecondOfOne));
  const share = mailsPerSecond / atOnce;
  return { atOnce, mailsPerSecond: share, batchSize: Math.ceil(share * secondsOfBatch) };
}

/** An email takes a fraction of it, from the first read to what is written after SES's answer. */
const mostSecondsOfMail = 2;

/**
 * How many emails of its batch a mailer has in its hands. Enough that the pace alone limits it; no more, because an
 * email that was judged and reserved must not wait long for its turn.
 */
export function mailsSideBySide(mailsPerSecond: number): number {
  return Math.max(1, Math.ceil(mailsPerSecond * mostSecondsOfMail));
}

type Pace = Readonly<{
  intervalMs: number;
  nowMs: () => number;
  sleep: (ms: number) => Promise<unknown>;
}>;

/** The same sender, whose calls begin at least `intervalMs` apart, however many are made at the same time. */
export function paced(send: SendMail, { intervalMs, nowMs, sleep }: Pace): SendMail {
  let nextAtMs = 0;
  let lastTurn = Promise.resolve();
  const turn = async () => {
    const waitMs = nextAtMs - nowMs();
    if (waitMs > 0) await sleep(waitMs);
    // From when it began, and not from when it should have: after a busy moment there is no burst.
    nextAtMs = nowMs() + intervalMs;
  };
  return async (mail) => {
    lastTurn = lastTurn.then(turn);
    await lastTurn;
    return send(mail);
  };
}
