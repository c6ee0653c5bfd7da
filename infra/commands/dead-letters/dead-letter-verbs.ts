import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { reasonRows } from '#infra/commands/words.ts';
import { Advice } from '#infra/terminal/advice.ts';
import type { Output } from '#infra/terminal/output.ts';
import {
  type DeadLetter,
  isMeant,
  keptLetter,
  type ReceivedMessage,
} from '#shared/queue/dead-letters/dead-letter.ts';
import {
  type DeadLetterQueues,
  type ExplainedLetter,
  lastReasonOf,
} from '#shared/queue/dead-letters/letter-reasons.ts';
import {
  discardDeadLetters,
  noneYet,
  type Resent,
  resendDeadLetters,
  type Wanted,
} from '#shared/queue/dead-letters/move-letters.ts';
import { findDeadLetters } from '#shared/queue/dead-letters/walk-queue.ts';
import type { Failures } from '#shared/queue/failures.ts';
import {
  deadLetterLines,
  deadLetterRows,
  letterDocument,
  type ShownHow,
} from './dead-letter-text.ts';

export type DeadLetterParts = DeadLetterQueues &
  Readonly<{
    failures: Pick<Failures, 'clear'>;
    confirmed: (question: string) => Promise<boolean>;
    /** Where the bodies of what is discarded are kept. */
    folder: string;
    address: ShownHow['address'];
    /** What has to stand behind the next command to mean the same deployment. */
    options: string;
  }> &
  Output;

/** Outside the project, where neither git nor `npm start -- --fresh` comes. */
export const discardedFolder = join(homedir(), '.polar-audience', 'discarded');

/**
 * Keeps a message, as it could be sent again, in a file that only its owner can read. Gives its name. Safe to repeat:
 * the same message has the same file.
 */
export async function keepDiscarded(
  folder: string,
  letter: DeadLetter,
  message: ReceivedMessage,
): Promise<string> {
  const { fileName, text } = keptLetter(letter, message);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, fileName);
  await writeFile(file, text, { mode: 0o600, flush: true });
  await chmod(file, 0o600);
  return file;
}

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
  const { print, document, now, address } = parts;
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
      rows.sort((a, b) => a.since.getTime() - b.since.getTime());
      if (document) {
        const deadLetters = rows.map((letter) => letterDocument(letter, address));
        const byReason = [...reasons].map(([reason, count]) => ({ reason, count }));
        return document({ isWhole, count, reasons: byReason, deadLetters });
      }
      if (count === 0) return print(isWhole ? 'There are no dead letters.' : 'Interrupted.');
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
      if (document) {
        return document({ deadLetters: letters.map((one) => letterDocument(one, address)) });
      }
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
