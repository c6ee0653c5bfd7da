import { setTimeout } from 'node:timers/promises';
import { dynamoFailures } from '#shared/aws/dynamo-failures.ts';
import { type DeadLetter, isMeant } from '#shared/dead-letters/dead-letter.ts';
import type { DeadLetterQueue } from '#shared/dead-letters/dead-letter-queues.ts';
import { discardDeadLetters } from '#shared/dead-letters/discard-dead-letters.ts';
import { type ExplainedLetter, explainLetters } from '#shared/dead-letters/explain-dead-letters.ts';
import { findDeadLetters } from '#shared/dead-letters/find-dead-letters.ts';
import { queueStatus } from '#shared/dead-letters/queue-status.ts';
import type { ReceivedMessage } from '#shared/dead-letters/received-message.ts';
import type { ConsoleParts } from '../console-parts.ts';

export type LetterWithMessage = readonly [ExplainedLetter, ReceivedMessage];

export type Reading<T> = Readonly<{
  letters: readonly T[];
  /** How many were read. */
  met: number;
  /** About how many were not: there were too many, or another reader had them. */
  more: number;
}>;

const mostRead = 200;
const mostMs = 8_000;

const nothingTaken: ReadonlySet<ReceivedMessage> = new Set();

export type LetterReading = ReturnType<typeof letterReading>;

/** Looks at dead letters for a page: for a few seconds at most, all queues side by side. */
export function letterReading(parts: ConsoleParts) {
  const { db, env, sqs, now } = parts;
  const explain = explainLetters(db, {
    failures: env.FAILURES_TABLE,
    customers: env.CUSTOMERS_TABLE,
  });
  const means = { sqs, explain, now, progress: () => undefined };

  /** When the local SQS shows again what was read here last. */
  let shownAgainAt = 0;

  /**
   * How to wait in a queue, and how many messages it has. SQS may overlook messages in an answer that comes at once.
   * The local one does not; but where it keeps messages on disk it loses sight of one that is to be shown at once.
   */
  async function begin({ url }: DeadLetterQueue) {
    const isLocal = url.startsWith('http:');
    const early = shownAgainAt - now().getTime();
    if (isLocal && early > 0) await setTimeout(early);
    const { visible, hidden } = await queueStatus(sqs, url, now);
    const count = visible + hidden;
    return isLocal
      ? { count, waitSeconds: 0, shownAfterSeconds: 1 }
      : { count, waitSeconds: 1, shownAfterSeconds: 0 };
  }

  function ended() {
    shownAgainAt = now().getTime() + 1_050;
  }

  async function inQueue<T>(
    queue: DeadLetterQueue,
    isChosen: (letter: DeadLetter) => boolean,
    keep: (found: LetterWithMessage) => T,
    isEnough: (met: number, found: number) => boolean,
  ): Promise<Reading<T>> {
    const { count, ...waiting } = await begin(queue);
    const end = now().getTime() + mostMs;
    const letters: T[] = [];
    let seen = 0;
    const { met } = await findDeadLetters(
      {
        ...means,
        ...waiting,
        queues: [queue],
        isStopped: () => now().getTime() > end || isEnough(seen, letters.length),
      },
      (letter) => {
        seen += 1;
        return isChosen(letter);
      },
      async (page) => {
        letters.push(...page.map(keep));
        return nothingTaken;
      },
    );
    if (met > 0) ended();
    return { letters, met, more: Math.max(0, count - met) };
  }

  async function inQueues<T>(
    queues: readonly DeadLetterQueue[],
    ...how: [
      (letter: DeadLetter) => boolean,
      (found: LetterWithMessage) => T,
      (met: number, found: number) => boolean,
    ]
  ): Promise<Reading<T>> {
    const readings = await Promise.all(queues.map((queue) => inQueue(queue, ...how)));
    return {
      letters: readings.flatMap(({ letters }) => letters),
      met: readings.reduce((sum, { met }) => sum + met, 0),
      more: readings.reduce((sum, { more }) => sum + more, 0),
    };
  }

  return {
    means,
    begin,
    ended,

    /** The oldest first, of as many as are read at once. */
    async some(queues: readonly DeadLetterQueue[]): Promise<Reading<ExplainedLetter>> {
      const mostOfEach = Math.ceil(mostRead / queues.length);
      const reading = await inQueues(
        queues,
        () => true,
        ([letter]) => letter,
        (met) => met >= mostOfEach,
      );
      const letters = [...reading.letters].sort((a, b) => a.since.getTime() - b.since.getTime());
      return { ...reading, letters };
    },

    /** All with this id, which may be that of the message, of its reason or of its webhook. */
    found: (id: string): Promise<Reading<LetterWithMessage>> =>
      inQueues(
        parts.queues,
        (letter) => isMeant(letter, id),
        (found) => found,
        () => false,
      ),

    /** The one with this message id. */
    async one(messageId: string): Promise<LetterWithMessage | undefined> {
      const { letters } = await inQueues(
        parts.queues,
        (letter) => letter.messageId === messageId,
        (found) => found,
        (_, found) => found > 0,
      );
      return letters[0];
    },

    /** `false`: it is not there any more, or with another reader. */
    async discard(queue: DeadLetterQueue, messageId: string): Promise<boolean> {
      const end = now().getTime() + mostMs;
      const { count: _, ...waiting } = await begin(queue);
      const discarded = await discardDeadLetters(
        {
          ...means,
          ...waiting,
          queues: [queue],
          isStopped: () => now().getTime() > end,
          failures: dynamoFailures(db, env.FAILURES_TABLE, now),
          keep: async () => undefined,
        },
        new Set([messageId]),
      );
      ended();
      return discarded > 0;
    },
  };
}
