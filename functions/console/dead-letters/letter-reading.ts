import { setTimeout } from 'node:timers/promises';
import { reasonOf } from '#shared/failure.ts';
import {
  type DeadLetter,
  isMeant,
  type ReceivedMessage,
} from '#shared/queue/dead-letters/dead-letter.ts';
import { isFiltered, type LetterFilter } from '#shared/queue/dead-letters/letter-choice.ts';
import {
  type DeadLetterQueue,
  type ExplainedLetter,
  explainLetters,
  lastReasonOf,
} from '#shared/queue/dead-letters/letter-reasons.ts';
import {
  discardDeadLetters,
  noneYet,
  type Resent,
  resendDeadLetters,
  type Wanted,
} from '#shared/queue/dead-letters/move-letters.ts';
import { findDeadLetters, queueStatus } from '#shared/queue/dead-letters/walk-queue.ts';
import { dynamoFailures } from '#shared/queue/failures.ts';
import type { ConsoleParts } from '../parts.ts';

export type LetterWithMessage = readonly [ExplainedLetter, ReceivedMessage];

export type Reading<T> = Readonly<{
  letters: readonly T[];
  /** How many were read. */
  met: number;
  /** About how many were not: there were too many, or another reader had them. */
  more: number;
}>;

const mostRead = 200;
/** Of each queue, where a filter needs all of them. */
const mostFiltered = 10_000;
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

    /** The oldest first, of as many as are read at once; with a filter those that fit, of all that time allows. */
    async some(
      queues: readonly DeadLetterQueue[],
      filter?: LetterFilter,
    ): Promise<Reading<ExplainedLetter>> {
      const mostOfEach = filter ? mostFiltered : Math.ceil(mostRead / queues.length);
      const reading = await inQueues(
        queues,
        () => true,
        ([letter]) => letter,
        (met) => met >= mostOfEach,
      );
      const letters = reading.letters
        .filter((letter) => !filter || isFiltered(letter, filter, now()))
        .sort((a, b) => a.since.getTime() - b.since.getTime());
      return { ...reading, letters };
    },

    /** Those with these message ids, as far as they can be seen. */
    async chosen(messageIds: ReadonlySet<string>): Promise<readonly LetterWithMessage[]> {
      const { letters } = await inQueues(
        parts.queues,
        ({ messageId }) => messageIds.has(messageId),
        (found) => found,
        (_, found) => found >= messageIds.size,
      );
      return letters;
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

    /** Gives how many went. The others are not there any more, or with another reader. */
    async discard(
      queues: readonly DeadLetterQueue[],
      messageIds: ReadonlySet<string>,
    ): Promise<number> {
      const end = now().getTime() + mostMs;
      let discarded = 0;
      for (const queue of queues) {
        const { count: _, ...waiting } = await begin(queue);
        const run = {
          ...{ ...means, ...waiting, queues: [queue] },
          isStopped: () => now().getTime() > end,
          failures: dynamoFailures(db, env.FAILURES_TABLE, now),
          keep: async () => undefined,
        };
        discarded += await discardDeadLetters(run, messageIds);
        if (discarded >= messageIds.size) break;
      }
      ended();
      return discarded;
    },
  };
}

export type ResendChoice =
  | { kind: 'all' }
  | { kind: 'reason'; reason: string }
  | { kind: 'filter'; filter: LetterFilter }
  | { kind: 'one'; messageId: string };

export type Resending = Readonly<{
  counts: Resent['counts'];
  /** About how many it has not come to. */
  left: number;
  /** When the run began; what dies again since then is left alone by whoever goes on with it. */
  since: Date | undefined;
  /** Why it ended before its time, if an error ended it. */
  failure: string | undefined;
}>;

const mostResent = 500;
const mostResendingMs = 15_000;

/** Sends dead letters through again, as many as one request has time for. Safe to repeat. */
export async function resendSome(
  { means, begin, ended }: LetterReading,
  queues: readonly DeadLetterQueue[],
  choice: ResendChoice,
  given: Date | undefined,
): Promise<Resending> {
  const most = choice.kind === 'one' ? 1 : mostResent;
  const end = means.now().getTime() + mostResendingMs;
  const counts = noneYet();
  const done = () => counts.moved + counts.copied + counts.refused;
  const isStopped = () => done() >= most || means.now().getTime() > end;
  const starts = await Promise.all(
    queues.map(async (queue) => ({ queue, start: await begin(queue) })),
  );
  let since = given;
  let failure: string | undefined;
  try {
    for (const { queue, start } of starts) {
      if (isStopped()) break;
      const { count: _, ...waiting } = start;
      const run = { ...means, ...waiting, isStopped, since };
      const which = wanted(choice, means.now());
      since = (await resendDeadLetters(queue, which, run, counts)).startedAt;
    }
  } catch (error) {
    failure = reasonOf(error);
  }
  if (counts.moved < done() + counts.left + counts.newer) ended();
  const all = starts.reduce((sum, { start }) => sum + start.count, 0);
  const seen = done() + counts.left + counts.newer;
  return { counts, left: Math.max(0, all - seen), since, failure };
}

function wanted(choice: ResendChoice, now: Date): Wanted {
  switch (choice.kind) {
    case 'all':
      return choice;
    case 'one':
      return { kind: 'chosen', isChosen: (letter) => isMeant(letter, choice.messageId) };
    case 'filter':
      return {
        kind: 'explained',
        isChosen: (letter) => isFiltered(letter, choice.filter, now),
      };
    case 'reason':
      return {
        kind: 'explained',
        isChosen: (letter) => lastReasonOf(letter) === choice.reason,
      };
  }
}

/** What became of them, in sentences. */
export function resendingText({ counts, left, failure }: Resending, choice: ResendChoice): string {
  const { moved, copied, refused, newer } = counts;
  const sentences: [number, string][] = [
    [
      moved,
      `${moved} sent again. One that fails again comes back here: a final one within a minute, others after about 90 minutes.`,
    ],
    [
      copied,
      `${copied} sent again, but still listed here. Send them once more: each is applied only once.`,
    ],
    [refused, `SQS refused ${refused}; they are unchanged.`],
    [newer, `${newer} skipped: they failed since this run began. Look at them first.`],
  ];
  const told = sentences.flatMap(([count, sentence]) => (count > 0 ? [sentence] : []));
  if (told.length === 0) told.push('Nothing to send again.');
  if (failure) told.push(`Then an error stopped it: ${failure} Nothing is lost.`);
  if (left > 0 && choice.kind !== 'one') told.push(`About ${left} are left.`);
  return told.join(' ');
}
