/**
 * A failure that no retry can mend. The message is kept as the reason of a dead letter: it names fields and errors
 * and never holds personal data.
 */
export class Unprocessable extends Error {
  override readonly name = 'Unprocessable';
}
