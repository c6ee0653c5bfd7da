import { withoutOverrides } from '#shared/safe-text.ts';

const longestName = 256;

/**
 * A name as Polar sends it, made safe for one line: white space and control characters are collapsed, and
 * nothing turns the direction of what follows it on a page. Empty where nothing of it can be seen.
 */
export function cleanName(name: string): string {
  const line = [
    ...withoutOverrides(name)
      .replace(/[\s\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
      .trim(),
  ]
    .slice(0, longestName)
    .join('')
    .trim();
  return isVisible(line) ? line : '';
}

/** U+2800 is a letter of braille without dots: it prints as a space. */
function isVisible(text: string): boolean {
  return /[^\p{Default_Ignorable_Code_Point}\p{C}\p{Z}\u2800]/u.test(text);
}

/** Without their dots; those that are also names count only when they are written with one. */
const titles =
  /^(?:(?:dr|prof|professor|mr|mrs|ms|mx|miss|rev|herr|frau|mme|mlle|phd|ph\.d|dipl\.?-ing)\.?|(?:sr|sra|srta|ing|mag|dott|hon)\.)$/i;

export function isTitle(word: string): boolean {
  return titles.test(word);
}

/** What follows a comma without being a first name. Short first names, as Mary, Ben and Xi, are none of these. */
const suffixes =
  /^(?:[js]r\.?|ii|iii|iv|vii|viii|esq(?:uire|\.)?|m\.?d\.?|d\.?d\.?s\.?|m\.?b\.?a\.?|ph\.?d\.?|[bm]\.\p{L}{1,4}\.?|[bm]sc|[bm]eng|inc\.?|ltd\.?|llc|gmbh|cpa|rn|c[efot]o)$/iu;

/**
 * One word is the first name; otherwise the first word is, and the rest is the last name. "Doe, Jane" is Jane Doe, and
 * a title is no name: "Dr. Jane Doe" is Jane, "Dr. Doe" has a last name only.
 */
export function splitName(name: string): { firstName?: string; lastName?: string } {
  const words = inOrder(cleanName(name).split(' ').filter(isVisible));
  const start = words.findIndex((word) => !isTitle(word));
  const [firstName, ...rest] = start > 0 ? words.slice(start) : words;
  if (firstName === undefined) return {};
  if (rest.length > 0) return { firstName, lastName: rest.join(' ') };
  return start > 0 ? { lastName: firstName } : { firstName };
}

/** One word, or several of which the first is small: "van der Berg". A company or "Jane Doe" is none. */
function isLastName(text: string): boolean {
  return !text.includes(' ') || /^\p{Ll}/u.test(text);
}

/** Last name, comma, first names: the other way round. */
function inOrder(words: readonly string[]): readonly string[] {
  const [last, first, ...others] = words
    .join(' ')
    .split(',')
    .map((part) => part.trim());
  const isTurned =
    last && first && others.length === 0 && isLastName(last) && !suffixes.test(first);
  if (isTurned) return [...first.split(' '), ...last.split(' ')];
  return words.map((word, n) => (n === 0 ? word.replace(/,+$/, '') : word)).filter(Boolean);
}
