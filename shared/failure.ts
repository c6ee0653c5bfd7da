/**
 * A failure that no retry can mend. The message is kept as the reason of a dead letter: it names fields and errors
 * and never holds personal data.
 */
export class Unprocessable extends Error {
  override readonly name = 'Unprocessable';
}

/** Name and message of an error, without anything that looks like an address. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? describe(error) : 'An unknown error';
  return withoutAddresses(text).slice(0, 500);
}

const words = /"[^"]*"@[^\s"'<>(),;:]+|[^\s"<>(),;:]+/g;
const address = /^(?:"[^"]*"|.+)@[^']+/;

/** A text without anything that looks like an address. Word by word: looked for at each character, it would take minutes. */
export function withoutAddresses(text: string): string {
  return text.replace(words, (word) => word.replace(address, '[address]'));
}

function describe(error: Error): string {
  return error instanceof Unprocessable || error.name === 'Error'
    ? error.message
    : `${error.name}: ${error.message}`;
}
