import tlds from 'tlds' with { type: 'json' };
import { cleanName, isTitle, splitName } from '#shared/audience/person/name.ts';
import type { Contact } from '#shared/audience/person/person.ts';
import type { EmailVariables } from './render-email.ts';

const topLevelLabels: ReadonlySet<string> = new Set(tlds);

/** Schemes, shares, `www.`, mailboxes, numeric addresses, and telephone numbers (seven digits and more). */
const surely =
  /:\/\/|\\\\\S|\b(?:https?|mailto|tel|callto|sips?|sms|s?ftp|ssh|file|ldap|news|data|javascript|webcal|skype|facetime|whatsapp|xmpp):|\bwww\d*\.|\S@\S|(?<!\d)\d{1,3}(?:\.\d{1,3}){3}(?!\d)|(?:\p{Nd}[^\p{L}\p{N}]*){7}/iu;

/**
 * Degrees, written without a space at the end of names. A program may make links of them, too: these six are tolerated,
 * so that who has such a degree is called by their name.
 */
const degree = /^[bmd]\.(?:sc|com)\.?$/;

const invisible = /\p{Default_Ignorable_Code_Point}/gu;

/**
 * Whether a mail program would make a link of something in this text, or of its look-alikes. Programs do not agree on
 * what invisible characters and compatible forms end or join, so it is read in each way. The text should be short:
 * normalising is quadratic in combining marks.
 */
function holdsLink(text: string): boolean {
  const plain = text.normalize('NFKC');
  const readings = [
    text,
    text.replace(invisible, ' '),
    plain.replace(invisible, ' '),
    plain.replace(invisible, ''),
  ];
  return readings.some((one) => surely.test(one) || words(one).some(holdsHost));
}

function words(text: string): string[] {
  return text.toLowerCase().split(/[^\p{L}\p{M}\p{N}_.。-]+/u);
}

/** `J.R.R.` is none: what stands behind a dot must be a top-level label, as it is in `evil.com`. */
function holdsHost(word: string): boolean {
  if (degree.test(word)) return false;
  const labels = word.split(/[.。]/);
  return labels.some((label, n) => n > 0 && labels[n - 1] !== '' && isTopLevel(label));
}

/** Programs end a host where a hyphen, a mark or another script follows. */
const beginning = /^[a-z]+(?![\p{Script=Latin}\d])/u;

function isTopLevel(label: string): boolean {
  const [begun = ''] = beginning.exec(label) ?? [];
  return topLevelLabels.has(label) || topLevelLabels.has(begun) || label.startsWith('xn--');
}

/** In characters. A longer one is a message rather than a name. */
export const longestName = 40;

const marksOfSentences = /[<>{}[\]=|\\^~#%$€£¥*!?:;]/u;

/**
 * Anyone can sign up with any name and the address of a stranger, so a merchant's welcome must not carry a message: a
 * name is short, has a letter, few words, and nothing that a mail program makes a link of.
 */
function readsAsName(name: string): boolean {
  const words = name.split(' ');
  const small = words.filter((word) => /^\p{Ll}/u.test(word)).length;
  // A script without letter case writes what others have in small letters ("bin", "de la") like the rest of a name.
  const caseless = words.filter((word) => /^\p{Lo}/u.test(word)).length;
  return (
    !isTooLong(name) &&
    /\p{L}/u.test(name) &&
    !marksOfSentences.test(name) &&
    words.length - small - caseless <= 5 &&
    small <= 3 &&
    caseless <= 8 &&
    !holdsLink(name) &&
    !holdsLink(withDigitsForLookAlikes(name))
  );
}

function isTooLong(name: string): boolean {
  return [...name].length > longestName;
}

/** "8OO-555-OI99" is read as a telephone number. */
function withDigitsForLookAlikes(name: string): string {
  if ((name.match(/\p{Nd}/gu) ?? []).length < 3) return name;
  return name.replaceAll(/[oO]/g, '0').replaceAll(/[iIl]/g, '1');
}

type Names = { firstName?: string | undefined; lastName?: string | undefined };

/** An initial that is written without a space would be read as a host: "J.Kim" is Kim. */
function withoutGluedInitials(name: string | undefined): string | undefined {
  return name
    ?.split(' ')
    .map((word) =>
      holdsHost(word.toLowerCase()) ? word.replace(/^\p{Lu}\.(?=\p{Lu}\p{Ll})/u, '') : word,
    )
    .join(' ');
}

/**
 * What a person typed is taken as it is. What came from Polar is split again where only an older version can have split
 * it so: into "Doe," and "Jane", or "Dr." and "Jane Doe".
 */
function namesIn({ firstName, lastName, customerId, byHand }: Contact): Names {
  const isTyped =
    customerId === undefined || byHand?.firstName !== undefined || byHand?.lastName !== undefined;
  const isSplitWrong =
    !isTyped &&
    firstName !== undefined &&
    (isTitle(firstName) || splitName(firstName).firstName !== firstName);
  const names = isSplitWrong
    ? splitName([firstName, lastName].filter(Boolean).join(' '))
    : { firstName, lastName };
  return {
    firstName: withoutGluedInitials(names.firstName),
    lastName: withoutGluedInitials(names.lastName),
  };
}

/** Why no mail carries the name that a contact has; `undefined` where there is none, or it does. */
export function whyNameLeftOut(contact: Contact): 'too-long' | 'no-name' | undefined {
  const name = joined(namesIn(contact));
  if (name === '' || readsAsName(name)) return undefined;
  return isTooLong(name) ? 'too-long' : 'no-name';
}

/** Whether the contact has a name that no mail carries, because it does not read as one. */
export function isNameLeftOut(contact: Contact): boolean {
  return whyNameLeftOut(contact) !== undefined;
}

type Values = EmailVariables['contact'];

/** What templates know of a contact: no name that is left out of mails. */
export function contactValues(contact: Contact): Values {
  const { address, externalId, userGroup } = contact;
  return { ...namesOf(contact), email: address, externalId, userGroup };
}

function namesOf(contact: Contact): Values {
  const names = namesIn(contact);
  const name = joined(names);
  return name === '' || !readsAsName(name) ? {} : { ...names, name };
}

function joined({ firstName, lastName }: Names): string {
  return cleanName([firstName, lastName].filter(Boolean).join(' '));
}
