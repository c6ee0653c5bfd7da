import { reasonOf } from '#shared/aws/reason.ts';
import { isMeant } from '#shared/dead-letters/dead-letter.ts';
import type { DeadLetterQueue } from '#shared/dead-letters/dead-letter-queues.ts';
import { lastReasonOf } from '#shared/dead-letters/letter-reasons.ts';
import {
  noneYet,
  type Resent,
  resendDeadLetters,
  type Wanted,
} from '#shared/dead-letters/resend-dead-letters.ts';
import type { LetterReading } from './letter-reading.ts';

export type ResendChoice =
  | { kind: 'all' }
  | { kind: 'reason'; reason: string }
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
const mostMs = 15_000;

/** Sends dead letters through again, as many as one request has time for. Safe to repeat. */
export async function resendSome(
  { means, begin, ended }: LetterReading,
  queues: readonly DeadLetterQueue[],
  choice: ResendChoice,
  given: Date | undefined,
): Promise<Resending> {
  const most = choice.kind === 'one' ? 1 : mostResent;
  const end = means.now().getTime() + mostMs;
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
      since = (await resendDeadLetters(queue, wanted(choice), run, counts)).startedAt;
    }
  } catch (error) {
    failure = reasonOf(error);
  }
  if (counts.moved < done() + counts.left + counts.newer) ended();
  const all = starts.reduce((sum, { start }) => sum + start.count, 0);
  const seen = done() + counts.left + counts.newer;
  return { counts, left: Math.max(0, all - seen), since, failure };
}

function wanted(choice: ResendChoice): Wanted {
  switch (choice.kind) {
    case 'all':
      return choice;
    case 'one':
      return { kind: 'chosen', isChosen: (letter) => isMeant(letter, choice.messageId) };
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
    [moved, `${moved} sent through again.`],
    [
      copied,
      `${copied} sent through again, but still among the dead letters too: send them again (each is applied once all the same).`,
    ],
    [refused, `${refused} refused by SQS, and left as they are.`],
    [newer, `${newer} left alone: they died since this run began. Look at them first.`],
  ];
  const told = sentences.flatMap(([count, sentence]) => (count > 0 ? [sentence] : []));
  if (told.length === 0) told.push('There was nothing to send again.');
  if (failure) told.push(`Then an error ended it: ${failure} Nothing is lost.`);
  if (left > 0 && choice.kind !== 'one') told.push(`About ${left} were not looked at yet.`);
  return told.join(' ');
}
