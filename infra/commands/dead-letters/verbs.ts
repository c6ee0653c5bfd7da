import { askedWhy, quoted, reasonRows } from '#infra/commands/words.ts';
import { actedOn } from '#infra/terminal/acted.ts';
import { Advice } from '#infra/terminal/advice.ts';
import type { Output } from '#infra/terminal/output.ts';
import {
  type DeadLetter,
  isMeant,
  keptMessages,
  type ReceivedMessage,
} from '#shared/queue/dead-letters/dead-letter.ts';
import {
  finalText,
  isChosen,
  isFinal,
  type LetterChoice,
} from '#shared/queue/dead-letters/letter-choice.ts';
import {
  type DeadLetterQueues,
  type ExplainedLetter,
  lastReasonOf,
} from '#shared/queue/dead-letters/letter-reasons.ts';
import {
  discardDeadLetters,
  noneYet,
  putBackLetters,
  type Resent,
  resendDeadLetters,
  type Wanted,
} from '#shared/queue/dead-letters/move-letters.ts';
import { findDeadLetters, queueStatus } from '#shared/queue/dead-letters/walk-queue.ts';
import type { Failures } from '#shared/queue/failures.ts';
import { discardedText, keepDiscarded } from './discarded-file.ts';
import { deadLetterLines, deadLetterRows, letterDocument, type ShownHow } from './text.ts';
import { whatNext } from './what-next.ts';

export type DeadLetterParts = DeadLetterQueues &
  Readonly<{
    failures: Pick<Failures, 'clear' | 'putBack'>;
    confirmed: (question: string) => Promise<boolean>;
    /** Where the bodies of what is discarded are kept. */
    folder: string;
    address: ShownHow['address'];
    /** What has to stand behind the next command to mean the same deployment. */
    options: string;
    /** How many letters are looked at, at the most. */
    mostLookedAt?: number;
  }> &
  Output;

const nothingTaken: ReadonlySet<ReceivedMessage> = new Set();
const mostReasonsShown = 20;
const mostReasonsKept = 1_000;
const otherReasons = 'other reasons';
/** SQS has them in no order: the oldest are known once all were met. */
const usuallyLookedAt = 10_000;
const mostShown = 10;

/** What `npm run deadletters` does, one function for each verb. All throw Advice about what cannot be done. */
export function deadLetterVerbs(parts: DeadLetterParts) {
  const { print, document, now, address, mostLookedAt = usuallyLookedAt } = parts;
  const npm = (words: string) => `  npm run deadletters -- ${words}${parts.options}`;

  /** The dead letters that are chosen, without their bodies, the oldest first. */
  async function look(choice: LetterChoice) {
    const letters: ExplainedLetter[] = [];
    let met = 0;
    const isFull = () => met >= mostLookedAt;
    // The reason shows later only: all others are passed over before it is looked up.
    const maybe = (letter: DeadLetter) => {
      met += 1;
      return choice.kind !== 'id' || isMeant(letter, choice.id);
    };
    const isStopped = () => parts.isStopped() || isFull();
    const { isWhole } = await findDeadLetters({ ...parts, isStopped }, maybe, async (page) => {
      for (const [letter] of page) if (isChosen(letter, choice, now())) letters.push(letter);
      return nothingTaken;
    });
    letters.sort((a, b) => a.since.getTime() - b.since.getTime());
    return { letters, isWhole, isFull: isFull(), met };
  }

  /** All with this id. */
  async function found(id: string): Promise<ExplainedLetter[]> {
    const { letters, isWhole } = await look({ kind: 'id', id });
    if (letters.length > 0) return letters;
    throw new Advice(isWhole ? noSuch(id) : 'It was not found among those that were read.');
  }

  /** About how many there are beside those that were looked at. */
  async function notLookedAt(met: number): Promise<number> {
    const counts = await Promise.all(
      parts.queues.map(({ url }) => queueStatus(parts.sqs, url, now)),
    );
    const all = counts.reduce((sum, { visible, hidden }) => sum + visible + hidden, 0);
    return Math.max(0, all - met);
  }

  /** Shows what is chosen, and asks. */
  async function isAgreed(
    letters: readonly ExplainedLetter[],
    question: string,
    isSure: boolean,
  ): Promise<boolean> {
    const how = { now: now(), address };
    const [only, ...others] = letters;
    if (only && others.length === 0) {
      for (const line of [...deadLetterLines(only, how), '']) print(line);
      return isSure || parts.confirmed(question);
    }
    deadLetterRows(letters.slice(0, mostShown), how).forEach(print);
    if (letters.length > mostShown) print(`… and ${letters.length - mostShown} more.`);
    print(`\n${letters.length} in all:`);
    reasonRows(reasonsOf(letters), mostReasonsShown).forEach(print);
    if (letters.some(isFinal)) print(finalText(letters.filter(isFinal).length));
    return isSure || parts.confirmed(question);
  }

  return {
    async list(limit: number) {
      const { letters, isWhole, isFull, met } = await look({ kind: 'all' });
      const count = letters.length;
      const rows = letters.slice(0, limit);
      const reasons = reasonsOf(letters);
      const left = isFull ? await notLookedAt(met) : 0;
      if (document) {
        const deadLetters = rows.map((letter) => letterDocument(letter, address));
        const byReason = [...reasons].map(([reason, count]) => ({ reason, count }));
        return document({ isWhole, count, notLookedAt: left, reasons: byReason, deadLetters });
      }
      if (count === 0) return print(isWhole ? 'There are no dead letters.' : 'Interrupted.');
      deadLetterRows(rows, { now: now(), address }).forEach(print);
      if (count > rows.length) {
        print(`… and ${count - rows.length} more; --limit shows more, --queue fewer.`);
      }
      const isCut = !isWhole && !isFull;
      print(`\n${count} in all${isCut ? ', as far as was read before the interruption' : ''}:`);
      reasonRows(reasons, mostReasonsShown).forEach(print);
      if (isFull) {
        print(
          `\nThese are as many as are looked at. About ${left} more were not, and may be older: "npm run status" counts all reasons.`,
        );
      }
      const finals = letters.filter(isFinal).length;
      if (finals > 0) {
        const them = finals === 1 ? 'it' : 'them';
        print(`${finalText(finals)} Discard ${them} instead: a file keeps each body.`);
      }
      print(`\nNext:\n${whatNext(letters, left).map(npm).join('\n')}`);
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
      const verbs = letters.every(isFinal) ? ['discard', 'resend'] : ['resend', 'discard'];
      print(`Next:\n${verbs.map((verb) => npm(`${verb} ${quoted(id)}`)).join('\n')}`);
      if (why !== undefined) print(`  ${askedWhy(why)}${parts.options}`);
    },

    async resend(choice: LetterChoice, isSure = false) {
      if (choice.kind === 'filter') {
        const { letters } = await look(choice);
        if (letters.length === 0) return print('There was nothing to resend.');
        const question = `Resend ${letters.length === 1 ? 'it' : `these ${letters.length}`}?`;
        if (!(await isAgreed(letters, question, isSure))) return print('Nothing was resent.');
      }
      const total = noneYet();
      const finals = new Set<string>();
      const wanted = wantedBy(choice, now(), (letter) => finals.add(letter.messageId));
      let isWhole = true;
      let unseen = 0;
      try {
        for (const queue of parts.queues) {
          if (parts.isStopped()) break;
          const resent = await resendDeadLetters(queue, wanted, parts, total);
          isWhole &&= resent.isWhole;
          unseen += resent.unseen;
        }
      } catch (error) {
        outcomeLines(total, choice).forEach(print);
        print('An error ended it. Nothing is lost: once that is mended, run the same again.\n');
        throw error;
      }
      outcomeLines(total, choice).forEach(print);
      if (finals.size > 0) print(finalText(finals.size));
      actedOn({ count: total.moved + total.copied });
      const done = total.moved + total.copied + total.refused;
      if (done + total.newer === 0) print('There was nothing to resend.');
      const isInterrupted = !isWhole || parts.isStopped();
      if (isInterrupted) {
        print('\nIt ended before it had seen them all. Run the same command again.');
      }
      if (unseen > 0 && !isInterrupted) {
        print(
          `\nAbout ${unseen} more may be in the hands of someone else, or of a run that was interrupted. Try again in a minute.`,
        );
      }
      if (choice.kind === 'id' && done === 0) {
        throw new Advice(noSuch(choice.id));
      }
    },

    async discard(choice: LetterChoice, isSure: boolean) {
      const letters = choice.kind === 'id' ? await found(choice.id) : (await look(choice)).letters;
      if (letters.length === 0) return print('There was nothing to discard.');
      const what = letters.length === 1 ? 'this dead letter' : `these ${letters.length} letters`;
      const question = `Discard ${what}, so that ${letters.length === 1 ? 'it is' : 'they are'} never applied?`;
      if (!(await isAgreed(letters, question, isSure))) return print('Nothing was discarded.');
      // Read once more, because while a person thinks nothing should be hidden from others.
      const agreed = new Set(letters.map(({ messageId }) => messageId));
      const keep = async (letter: ExplainedLetter, message: ReceivedMessage) =>
        print(`Kept in ${await keepDiscarded(parts.folder, letter, message)}`);
      const discarded = await discardDeadLetters({ ...parts, keep }, agreed);
      actedOn({ count: discarded });
      print(`${discarded} discarded. To put one back: "npm run deadletters -- put-back <file>".`);
      if (discarded < agreed.size) {
        throw new Advice(`${agreed.size - discarded} are gone, or being read by someone else.`);
      }
    },

    /** Among the dead letters, where they can be looked at and resent. The file stays. */
    async putBack(file: string) {
      const all = keptMessages(await discardedText(file));
      if (!all) throw new Advice(`${file} holds no dead letter that was discarded here.`);
      const put = await putBackLetters(parts, all);
      if (put.kind === 'other-queue') {
        throw new Advice(`It belongs to the queue ${put.queue}: leave --queue.`);
      }
      actedOn({ count: all.length });
      const [first] = all;
      const them = all.length === 1 ? 'It is' : `All ${all.length} are`;
      print(`${them} among the dead letters again.`);
      const finals = all.filter(({ reason }) => reason?.failure.isFinal).length;
      if (finals > 0) print(finalText(finals));
      const next = first && all.length === 1 ? first.id : undefined;
      print(`Next:\n${npm(next ? `show ${quoted(next)}` : 'list')}`);
      if (next) print(npm(`resend ${quoted(next)}`));
    },
  };
}

function wantedBy(
  choice: LetterChoice,
  now: Date,
  noteFinal: (letter: ExplainedLetter) => void,
): Wanted {
  return {
    kind: 'explained',
    isChosen: (letter) => {
      const isOne = isChosen(letter, choice, now);
      if (isOne && isFinal(letter)) noteFinal(letter);
      return isOne;
    },
  };
}

function reasonsOf(letters: readonly ExplainedLetter[]): Map<string, number> {
  const reasons = new Map<string, number>();
  for (const letter of letters) {
    const reason = lastReasonOf(letter);
    const isKept = reasons.has(reason) || reasons.size < mostReasonsKept;
    const name = isKept ? reason : otherReasons;
    reasons.set(name, (reasons.get(name) ?? 0) + 1);
  }
  return reasons;
}

function outcomeLines(counts: Resent['counts'], { kind }: LetterChoice): string[] {
  const left = kind === 'filter' ? 'left: not meant by the filter' : 'left: not meant';
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
