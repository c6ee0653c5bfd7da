import { type DeadLetter, deadLetterOf } from './dead-letter.ts';
import type { DeadLetterQueues } from './dead-letter-queues.ts';
import type { ExplainedLetter } from './explain-dead-letters.ts';
import type { ReceivedMessage } from './received-message.ts';
import { type Walked, walkQueue } from './walk-queue.ts';

/** One page of dead letters that were found, each with its message. */
export type FoundPage = readonly (readonly [ExplainedLetter, ReceivedMessage])[];

/**
 * Goes through the dead letters of all queues and takes those that are chosen, page by page, explained. `take` gives
 * those that it removed; all others stay.
 */
export async function findDeadLetters(
  parts: Pick<
    DeadLetterQueues,
    'sqs' | 'queues' | 'explain' | 'isStopped' | 'progress' | 'waitSeconds' | 'shownAfterSeconds'
  >,
  isChosen: (letter: DeadLetter) => boolean,
  take: (page: FoundPage) => Promise<ReadonlySet<ReceivedMessage>>,
): Promise<Walked> {
  const { sqs, explain, isStopped, progress, waitSeconds, shownAfterSeconds } = parts;
  const total = { met: 0, isWhole: true };
  for (const { name, url } of parts.queues) {
    let met = 0;
    const visit = async (messages: readonly ReceivedMessage[]) => {
      met += messages.length;
      progress(`${name}: ${met} read`);
      const letters = new Map(messages.map((message) => [message, deadLetterOf(name, message)]));
      const chosen = [...letters].filter(([, letter]) => isChosen(letter));
      if (chosen.length === 0) return messages;
      const explained = await explain(chosen.map(([, letter]) => letter));
      const removed = await take(
        chosen.flatMap(([message], index) => {
          const letter = explained[index];
          return letter ? [[letter, message] as const] : [];
        }),
      );
      return messages.filter((message) => !removed.has(message));
    };
    const how = { queueUrl: url, waitSeconds, shownAfterSeconds, isStopped };
    const walked = await walkQueue(sqs, { ...how, visit });
    total.met += walked.met;
    total.isWhole &&= walked.isWhole;
  }
  return total;
}
