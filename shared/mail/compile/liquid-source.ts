import { LiquidError, Tokenizer, TokenKind } from 'liquidjs';
import { authorEngine, availableFilters, availableTags } from '#shared/mail/liquid-engine.ts';
import { nearestName } from '#shared/mail/nearest-name.ts';

/** A slot as Liquid again. */
export function liquidOf(slot: Slot): string {
  return slot.kind === 'tag' ? slot.source : `${slot.left}${slot.value}${slot.right}`;
}

/** Literal text that must not become Liquid: `{\{ x }}` in Markdown is meant to show two braces. */
export function plainLiteral(text: string): string {
  return text.replaceAll('{', '{{ "{" }}');
}

/**
 * A link target: a value that is its beginning must be a whole, harmless address, one further in is percent-encoded.
 * `url_encode` as the last filter has done so already.
 */
export function targetLiquid(
  parts: readonly (string | Slot)[],
  literal: (text: string) => string,
): string {
  return parts
    .map((part, index) => {
      if (typeof part === 'string') return literal(part);
      if (part.kind === 'tag') return part.source;
      if (index > 0 && /\|\s*url_encode\s*$/.test(part.value)) return liquidOf(part);
      const filter = index === 0 ? 'whole_url' : 'url_part';
      return `${part.left}${part.value.trimEnd()} | ${filter} ${part.right}`;
    })
    .join('');
}

/** What a template is made of. `role` says whether a tag begins, divides or ends a block, or stands alone. */
export type LiquidPiece =
  | Readonly<{ kind: 'text'; text: string; line: number }>
  | Readonly<{ kind: 'output'; left: string; value: string; right: string; line: number }>
  | TagPiece;
export type TagPiece = Readonly<{
  kind: 'tag';
  name: string;
  role: TagRole;
  source: string;
  line: number;
}>;
type TagRole = 'begin' | 'middle' | 'end' | 'single';

type LiquidProblem = Readonly<{ line: number; problem: string }>;

type LiquidSource =
  | { kind: 'pieces'; pieces: readonly LiquidPiece[] }
  | { kind: 'problem'; problem: LiquidProblem };

const blocks = ['if', 'unless', 'case', 'for'];
const dividers = ['else', 'elsif', 'when'];

/** Takes a template apart after it was proved to be Liquid that emails may use. Comments are gone. */
export function liquidSource(source: string): LiquidSource {
  try {
    authorEngine.parse(source);
    return { kind: 'pieces', pieces: withoutComments(piecesOf(source)) };
  } catch (error) {
    if (error instanceof UnreadableValue) return { kind: 'problem', problem: error.details };
    if (!LiquidError.is(error)) throw error;
    return {
      kind: 'problem',
      problem: { line: error.token.getPosition()[0] ?? 1, problem: sentence(error) },
    };
  }
}

class UnreadableValue extends Error {
  readonly details: LiquidProblem;
  constructor(details: LiquidProblem) {
    super(details.problem);
    this.details = details;
  }
}

function piecesOf(source: string): LiquidPiece[] {
  const tokens = new Tokenizer(source).readTopLevelTokens(authorEngine.options);
  let line = 1;
  return tokens.map((token) => {
    const text = token.getText();
    const piece = pieceOf(token.kind, text, line);
    line += text.split('\n').length - 1;
    return piece;
  });
}

function pieceOf(kind: TokenKind, text: string, line: number): LiquidPiece {
  if (kind === TokenKind.HTML) return { kind: 'text', text, line };
  const inner = /^(\{[{%]-?)(.*?)(-?[}%]\})$/s.exec(text);
  const [, left = '', content = '', right = ''] = inner ?? [];
  if (kind === TokenKind.Output) {
    return { kind: 'output', left, value: lenient(content, line), right, line };
  }
  const name = /^\s*(\w+|#)/.exec(content)?.[1] ?? '';
  const assignment = /^(\s*assign\s+[^=]+=)(.*)$/s.exec(content);
  const source = assignment
    ? `${left}${assignment[1]}${lenient(assignment[2] ?? '', line)}${right}`
    : text;
  return { kind: 'tag', name, role: roleOf(name), source, line };
}

function roleOf(name: string): TagRole {
  if (blocks.includes(name)) return 'begin';
  if (dividers.includes(name)) return 'middle';
  return name.startsWith('end') ? 'end' : 'single';
}

/**
 * Liquid forgives a missing value only where `default` is the first filter. People also write it last, as in
 * `periodEnd | date: "%B" | default: "soon"`; then a `default` without effect goes in front.
 */
function lenient(value: string, line: number): string {
  const tokenizer = new Tokenizer(value);
  const { filters } = tokenizer.readFilteredValue();
  tokenizer.skipBlank();
  if (!tokenizer.end()) {
    throw new UnreadableValue({ line, problem: `\`${value.trim()}\` isn't a single value.` });
  }
  const [first] = filters;
  if (!first || first.name === 'default' || !filters.some(({ name }) => name === 'default')) {
    return value;
  }
  return `${value.slice(0, first.begin)}default: nil | ${value.slice(first.begin)}`;
}

function withoutComments(pieces: readonly LiquidPiece[]): LiquidPiece[] {
  let isComment = false;
  return pieces.flatMap((piece) => {
    const name = piece.kind === 'tag' ? piece.name : '';
    const isInside = isComment;
    if (name === 'comment') isComment = true;
    if (name === 'endcomment') isComment = false;
    if (isInside) return [];
    if (piece.kind === 'tag' && (name === 'comment' || name === '#')) {
      return [{ ...piece, role: 'single' as const, source: '' }];
    }
    return [piece];
  });
}

function sentence(error: LiquidError): string {
  const message = error.originalError?.message ?? error.message.replace(/, line:\d+, col:\d+$/, '');
  const tag = /^tag "(.*)" not found$/.exec(message)?.[1];
  if (tag !== undefined) return strayTag(tag);
  const filter = /^undefined filter: (.*)$/.exec(message)?.[1];
  if (filter !== undefined) return strayFilter(filter);
  const unclosed = /^(?:tag|output) (.*) not closed$/.exec(message)?.[1];
  if (unclosed !== undefined) return `${unclosed.replace(/^"|"$/g, '').trim()} is not closed.`;
  return `The Liquid couldn't be read: ${message}.`;
}

function strayTag(name: string): string {
  if (roleOf(name) === 'middle' || roleOf(name) === 'end') {
    return `{% ${name} %} has no opening tag before it.`;
  }
  const tags = availableTags.filter((tag) => tag !== '#').join(', ');
  return `The tag ${name} isn't available in emails; use one of: ${tags}.`;
}

function strayFilter(name: string): string {
  const nearest = nearestName(name, availableFilters);
  const advice = nearest
    ? `did you mean ${nearest}?`
    : `use one of: ${availableFilters.join(', ')}.`;
  return `The filter ${name} isn't available in emails; ${advice}`;
}

type Slot = Exclude<LiquidPiece, { kind: 'text' }>;

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

/** The first tag that divides or ends what did not begin among these, or else one that begins what does not end. */
export function tagOutOfPlace(tags: readonly TagPiece[]): TagPiece | undefined {
  const open: TagPiece[] = [];
  for (const tag of tags) {
    if (tag.role === 'begin') open.push(tag);
    if ((tag.role === 'middle' || tag.role === 'end') && open.length === 0) return tag;
    if (tag.role === 'end') open.pop();
  }
  return open[0];
}
