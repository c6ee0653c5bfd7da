import { quoted } from '#infra/commands/words.ts';
import { allWouldFailAgain, isFinal } from '#shared/queue/dead-letters/letter-choice.ts';
import { type ExplainedLetter, lastReasonOf } from '#shared/queue/dead-letters/letter-reasons.ts';

/** What helps with these dead letters, the oldest first: words for `npm run deadletters`. `unread`: how many more there are. */
export function whatNext(letters: readonly ExplainedLetter[], unread: number): string[] {
  const finals = letters.filter(isFinal);
  const others = letters.filter((letter) => !isFinal(letter));
  const isMixed = finals.length > 0 && others.length > 0;
  const resending = isMixed ? chosen('resend', others) : ['resend --all'];
  return [
    ...letters.slice(0, 1).map(({ id }) => `show ${quoted(id)}`),
    ...(allWouldFailAgain(letters, unread) ? [] : resending),
    ...chosen('discard', finals),
  ];
}

/** The only one by its id, else those of the most frequent reason. */
function chosen(verb: 'resend' | 'discard', letters: readonly ExplainedLetter[]): string[] {
  const [oldest] = letters;
  if (!oldest) return [];
  const groups = [...Map.groupBy(letters, lastReasonOf)].sort(
    ([, a], [, b]) => b.length - a.length,
  );
  const reason = groups[0] && quotable(groups[0][0]);
  return [
    letters.length > 1 && reason ? `${verb} --reason "${reason}"` : `${verb} ${quoted(oldest.id)}`,
  ];
}

const fewestCharacters = 8;
const mostCharacters = 60;

/** The beginning of a reason that means the same between double quotes in every shell; `undefined`: it is too short to tell it. */
function quotable(reason: string): string | undefined {
  const [plain = ''] = /^[\p{L}\p{N} .,:;()'/_-]*/u.exec(reason) ?? [];
  const beginning = plain.length > mostCharacters ? wholeWords(plain) : plain.trim();
  return beginning.length < fewestCharacters ? undefined : beginning;
}

function wholeWords(text: string): string {
  return text.slice(0, text.lastIndexOf(' ', mostCharacters));
}
