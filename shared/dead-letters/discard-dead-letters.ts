import type { Failures } from '#shared/aws/dynamo-failures.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { DeadLetterQueues } from './dead-letter-queues.ts';
import { findDeadLetters } from './find-dead-letters.ts';
import { removeMessages } from './move-messages.ts';
import type { ReceivedMessage } from './received-message.ts';

type Discarding = Parameters<typeof findDeadLetters>[0] &
  Pick<DeadLetterQueues, 'queues'> &
  Readonly<{
    failures: Pick<Failures, 'clear'>;
    /** Keeps the content, before it goes. */
    keep: (letter: DeadLetter, message: ReceivedMessage) => Promise<unknown>;
  }>;

/**
 * Takes the dead letters with these message ids away for good, and what was kept of why they died. Gives how many
 * went: one that is with another reader at the moment stays.
 */
export async function discardDeadLetters(
  parts: Discarding,
  messageIds: ReadonlySet<string>,
): Promise<number> {
  let discarded = 0;
  await findDeadLetters(
    { ...parts, isStopped: () => parts.isStopped() || discarded >= messageIds.size },
    ({ messageId }) => messageIds.has(messageId),
    async (page) => {
      for (const [letter, message] of page) await parts.keep(letter, message);
      const messages = page.map(([, message]) => message);
      const url = parts.queues.find(({ name }) => name === page[0]?.[0].queue)?.url ?? '';
      const left = await removeMessages(parts.sqs, url, messages);
      const gone = page.filter(([, message]) => !left.has(message));
      discarded += gone.length;
      // A row that stays behind says nothing wrong, and goes by itself after a month.
      for (const [{ failureId }] of gone) await parts.failures.clear(failureId).catch(() => {});
      return new Set(gone.map(([, message]) => message));
    },
  );
  return discarded;
}
