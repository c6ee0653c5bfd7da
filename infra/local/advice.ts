/** A failure that its message fully explains to the person at the keyboard: shown alone, without a stack. */
export class Advice extends Error {
  override readonly name = 'Advice';
}
