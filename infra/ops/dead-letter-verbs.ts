import { Advice } from '#infra/local/advice.ts';
import { type DeadLetter, isMeant } from '#shared/dead-letters/dead-letter.ts';
import { discardDeadLetters } from '#shared/dead-letters/discard-dead-letters.ts';
import type { ExplainedLetter } from '#shared/dead-letters/explain-dead-letters.ts';
import { findDeadLetters } from '#shared/dead-letters/find-dead-letters.ts';
import { lastReasonOf } from '#shared/dead-letters/letter-reasons.ts';
import type { ReceivedMessage } from '#shared/dead-letters/received-message.ts';
import {
  noneYet,
  type Resent,
  resendDeadLetters,
  type Wanted,
} from '#shared/dead-letters/resend-dead-letters.ts';
import type { DeadLetterParts } from './dead-letter-parts.ts';
import { deadLetterLines, deadLetterRows, reasonRows } from './dead-letter-text.ts';
import { keepDiscarded } from './discarded-letter.ts';

export type ResendChoice =
  | { kind: 'all' }
  | { kind: 'id'; id: string }
  | { kind: 'reason'; text: string };

const nothingTaken: ReadonlySet<ReceivedMessage> = new Set();
const mostReasonsShown = 20;
const mostReasonsKept = 1_000;
const otherReasons = 'other reasons';

/** What `npm run deadletters` does, one function for each verb. All throw Advice about what cannot be done. */
export function deadLetterVerbs(parts: DeadLetterParts) {
  const { print, now, address } = parts;
  const npm = (words: string) => `  npm run deadletters -- ${words}${parts.options}`;

  /** All with this id, without their bodies. */
  async function found(id: string): Promise<ExplainedLetter[]> {
    const letters: ExplainedLetter[] = [];
    const isOne = (letter: DeadLetter) => isMeant(letter, id);
    const { isWhole } = await findDeadLetters(parts, isOne, async (page) => {
      letters.push(...page.map(([letter]) => letter));
      return nothingTaken;
    });
    if (letters.length > 0) return letters;
    throw new Advice(isWhole ? noSuch(id) : 'Interrupted before it was found.');
  }

  return {
    async list(limit: number) {
      const rows: ExplainedLetter[] = [];
      const reasons = new Map<string, number>();
      let count = 0;
      const { isWhole } = await findDeadLetters(
        parts,
        () => true,
        async (page) => {
          for (const [letter] of page) {
            count += 1;
            if (rows.length < limit) rows.push(letter);
            const reason = lastReasonOf(letter);
            const isKept = reasons.has(reason) || reasons.size < mostReasonsKept;
            const name = isKept ? reason : otherReasons;
            reasons.set(name, (reasons.get(name) ?? 0) + 1);
          }
          return nothingTaken;
        },
      );
      if (count === 0) return print(isWhole ? 'There are no dead letters.' : 'Interrupted.');
      rows.sort((a, b) => a.since.getTime() - b.since.getTime());
      deadLetterRows(rows, { now: now(), address }).forEach(print);
      if (count > rows.length) {
        print(`… and ${count - rows.length} more; --limit shows more, --queue fewer.`);
      }
      print(`\n${count} in all${isWhole ? '' : ', as far as was read before the interruption'}:`);
      reasonRows(reasons, mostReasonsShown).forEach(print);
      print(`\nNext:\n${npm(`show ${rows[0]?.id}`)}\n${npm('resend --all')}`);
    },

    async show(id: string) {
      const letters = await found(id);
      for (const letter of letters) {
        deadLetterLines(letter, { now: now(), address }).forEach(print);
        print('');
      }
      const why = letters[0]?.webhookId;
      print(`Next:\n${npm(`resend ${id}`)}\n${npm(`discard ${id}`)}`);
      if (why !== undefined) print(`  npm run why -- ${why}${parts.options}`);
    },

    async resend(choice: ResendChoice) {
      const total = noneYet();
      let isWhole = true;
      let unseen = 0;
      try {
        for (const queue of parts.queues) {
          if (parts.isStopped()) break;
          const resent = await resendDeadLetters(queue, wantedBy(choice), parts, total);
          isWhole &&= resent.isWhole;
          unseen += resent.unseen;
        }
      } catch (error) {
        outcomeLines(total, choice).forEach(print);
        print('An error ended it. Nothing is lost: once that is mended, run the same again.\n');
        throw error;
      }
      outcomeLines(total, choice).forEach(print);
      const done = total.moved + total.copied + total.refused;
      if (done + total.newer === 0) print('There was nothing to resend.');
      const isInterrupted = !isWhole || parts.isStopped();
      if (isInterrupted) {
        print('\nIt ended before it had seen them all. Run the same command again.');
      }
      if (unseen > 0 && !isInterrupted) {
        print(
          `\nAbout ${unseen} more may be with another reader or an interrupted run. Look again in a minute.`,
        );
      }
      if (choice.kind === 'id' && done === 0) {
        throw new Advice(noSuch(choice.id));
      }
    },

    async discard(id: string, isSure: boolean) {
      const letters = await found(id);
      for (const letter of letters) {
        deadLetterLines(letter, { now: now(), address }).forEach(print);
        print('');
      }
      const what = letters.length === 1 ? 'this dead letter' : `these ${letters.length} letters`;
      const question = `Discard ${what}, so that it is never applied?`;
      if (!isSure && !(await parts.confirmed(question))) return print('Nothing was discarded.');
      // Read once more, because while a person thinks nothing should be hidden from others.
      const agreed = new Set(letters.map(({ messageId }) => messageId));
      const keep = async (letter: DeadLetter, message: ReceivedMessage) =>
        print(`Kept in ${await keepDiscarded(parts.folder, letter, message)}`);
      const discarded = await discardDeadLetters({ ...parts, keep }, agreed);
      print(`${discarded} discarded.`);
      if (discarded < agreed.size) {
        throw new Advice(`${agreed.size - discarded} are no longer there, or with another reader.`);
      }
    },
  };
}

function wantedBy(choice: ResendChoice): Wanted {
  if (choice.kind === 'all') return choice;
  if (choice.kind === 'id') {
    return { kind: 'chosen', isChosen: (letter) => isMeant(letter, choice.id) };
  }
  const text = choice.text.toLowerCase();
  const isChosen = (letter: ExplainedLetter) =>
    [letter.failure?.firstReason, lastReasonOf(letter)].some((reason) =>
      reason?.toLowerCase().includes(text),
    );
  return { kind: 'explained', isChosen };
}

function outcomeLines(counts: Resent['counts'], { kind }: ResendChoice): string[] {
  const left = kind === 'reason' ? 'left: they died for another reason' : 'left: not meant';
  const lines: [number, string][] = [
    [counts.moved, 'resent'],
    [
      counts.copied,
      'resent, but still among the dead letters too: run it again (applied once all the same)',
    ],
    [counts.refused, 'refused by SQS: left as they are'],
    [counts.newer, 'left: they died, or died again, since this run began. Look at them first'],
    [counts.left, left],
  ];
  return lines.flatMap(([count, what]) => (count > 0 ? [`${count} ${what}.`] : []));
}

function noSuch(id: string): string {
  return `There is no dead letter ${id} that can be seen now. "list" shows what there is.`;
}
