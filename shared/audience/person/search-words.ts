import type { Contact } from './person.ts';

type Searchable = Pick<Contact, 'address' | 'email' | 'firstName' | 'lastName'>;

/** Each is written when a contact is created: enough for whole names and addresses, and a bound for hostile ones. */
const mostWords = 8;
const longestWord = 40;

/**
 * Domains that say nothing about a person: half of an audience would be found by "gmail". The great providers of
 * mailboxes, by their first label.
 */
const providers: ReadonlySet<string> = new Set([
  ...['aol', 'fastmail', 'gmail', 'gmx', 'googlemail', 'hey', 'hotmail', 'icloud', 'live', 'mac'],
  ...['mail', 'me', 'msn', 'naver', 'outlook', 'pm', 'proton', 'protonmail', 'qq', 'web'],
  ...['yahoo', 'yandex', 'ymail', 'zoho', '163', '126'],
]);

/**
 * The words by which a contact is looked up: those of its name and address, folded, each once, without what half of an
 * audience shares. Names come first, so that they are kept where there are too many.
 */
export function searchWords({ address, email, firstName, lastName }: Searchable): string[] {
  const names = wordsIn(`${firstName ?? ''} ${lastName ?? ''}`);
  const local = wordsIn(address.slice(0, address.lastIndexOf('@')));
  const domain = wordsIn(email.slice(email.lastIndexOf('@') + 1));
  const telling = domain.slice(0, -1).filter((word) => !providers.has(word));
  return [...new Set([...names, ...local, ...telling])].slice(0, mostWords);
}

/** What was typed to find a contact. */
export type Typed = Readonly<{
  words: readonly string[];
  /** The word to look up; the others narrow what it finds. */
  lookedUp: string;
}>;

/** `undefined`: there is no word to look up in it. */
export function typedWords(text: string): Typed | undefined {
  const words = [...new Set(wordsIn(text))].slice(0, mostWords);
  const domain = text.includes('@') ? wordsIn(text.slice(text.lastIndexOf('@'))) : [];
  // "a@shop.exam" may be on its way to a top-level domain, which is no word of anybody.
  const telling = words.filter(
    (word) => !providers.has(word) && (domain.length < 2 || word !== domain.at(-1)),
  );
  const [lookedUp] = telling.sort((a, b) => b.length - a.length);
  return lookedUp === undefined ? undefined : { words, lookedUp };
}

/** Whether each typed word begins a word of the contact's name or address. */
export function isFoundBy(contact: Searchable, { words: typed }: Typed): boolean {
  const { address, email, firstName, lastName } = contact;
  const words = wordsIn(`${firstName ?? ''} ${lastName ?? ''} ${address} ${email}`);
  return typed.every((one) => words.some((word) => word.startsWith(one)));
}

/** Letters and digits of every script, in lower case and without accents: "Müller-Lüdenscheidt" has two words. */
function wordsIn(text: string): string[] {
  const folded = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().normalize('NFC');
  return (folded.match(/[\p{L}\p{N}]+/gu) ?? []).map((word) =>
    [...word].slice(0, longestWord).join(''),
  );
}
