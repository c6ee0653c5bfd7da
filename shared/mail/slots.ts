import type { LiquidPiece, TagPiece } from './liquid-source.ts';

export type Slot = Exclude<LiquidPiece, { kind: 'text' }>;

/** A template in which every piece of Liquid is one plain word, so that Markdown leaves it as it is. */
export type Slots = Readonly<{
  text: string;
  /** The line in the template of each line of `text` (they differ after Liquid that runs over lines). */
  lines: readonly number[];
  /** Literal text and slots of a part of what became of `text`, in turn. */
  split: (part: string) => readonly (string | Slot)[];
  tagsOf: (part: string) => TagPiece[];
  wordOf: (slot: Slot) => string;
}>;

export function slotsOf(pieces: readonly LiquidPiece[]): Slots {
  const literal = pieces.flatMap((piece) => (piece.kind === 'text' ? [piece.text] : [])).join('\n');
  const word = unusedWord(literal);
  const slots: Slot[] = [];
  const lines = [1];
  let text = '';
  for (const piece of pieces) {
    if (piece.kind === 'text') {
      text += piece.text;
      const breaks = piece.text.split('\n').length - 1;
      for (let index = 1; index <= breaks; index += 1) lines.push(piece.line + index);
    } else {
      text += `${word}${slots.length}q`;
      slots.push(piece);
    }
  }
  const marker = new RegExp(`${word}(\\d+)q`);
  const split = (part: string) =>
    part
      .split(marker)
      .map((one, index) => (index % 2 === 0 ? one : (slots[Number(one)] ?? '')))
      .filter((one) => one !== '');
  return {
    text,
    lines,
    split,
    tagsOf: (part) =>
      split(part).flatMap((one) => (typeof one !== 'string' && one.kind === 'tag' ? [one] : [])),
    wordOf: (slot) => `${word}${slots.indexOf(slot)}q`,
  };
}

/** Lower-case letters and digits only: a host name or a percent-encoding would change anything else. */
function unusedWord(text: string): string {
  const lower = text.toLowerCase();
  let word = 'liquid';
  for (let count = 0; lower.includes(word); count += 1) word = `liquid${count}x`;
  return word;
}
