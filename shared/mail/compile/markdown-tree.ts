import type { StateBlock, Token } from 'markdown-it';
import MarkdownIt from 'markdown-it';
import { type Slots, type TagPiece, tagOutOfPlace } from './liquid-source.ts';

/** An element, or a leaf with text, of a Markdown document. Of type `liquid`: tags that stand between other blocks. */
export type MarkdownNode = Readonly<{
  type: string;
  tag: string;
  attributes: Readonly<Record<string, string>>;
  content: string;
  /** Where it is in the template. */
  line: number;
  /** A paragraph in a tight list, which makes no element. */
  isHidden: boolean;
  children: readonly MarkdownNode[];
}>;

/** A new line in a paragraph stays one; raw HTML is text; what is indented is no code. */
export function markdownTree(slots: Slots): readonly MarkdownNode[] {
  const parser = new MarkdownIt({ html: false, breaks: true }).disable('code');
  // Links are looked at when the tree is made into HTML, where a problem can be told.
  parser.validateLink = () => true;
  parser.block.ruler.before(
    'table',
    'liquid',
    (state, startLine, _endLine, isSilent) => {
      const line = lineAt(state, startLine);
      if (!isTags(line, slots)) return false;
      if (state.parentType === 'table' && !endsTable(state, startLine, slots)) return false;
      if (isSilent) return true;
      const token = state.push('liquid', '', 0);
      token.content = line;
      token.map = [startLine, startLine + 1];
      state.line = startLine + 1;
      return true;
    },
    { alt: ['paragraph', 'reference', 'blockquote', 'list'] },
  );
  const tokens = parser.parse(slots.text, {}).flatMap(withLines);
  return branches(tokens[Symbol.iterator](), 0, (line) => slots.lines[line] ?? 1);
}

/** Whether a text is nothing but Liquid tags. */
function isTags(text: string, slots: Slots): boolean {
  const parts = slots.split(text).filter((part) => typeof part !== 'string' || part.trim() !== '');
  return parts.length > 0 && parts.every((part) => typeof part !== 'string' && part.kind === 'tag');
}

/** A tag among the rows is a row for now, but what ends a block that began before the table ends the table. */
function endsTable(state: StateBlock, line: number, slots: Slots): boolean {
  const tags: TagPiece[] = [];
  for (let above = line; above >= 0; above -= 1) {
    const text = lineAt(state, above);
    if (/^[\s|:-]*$/.test(text)) break;
    if (isTags(text, slots)) tags.unshift(...slots.tagsOf(text));
  }
  const role = tagOutOfPlace(tags)?.role;
  return role === 'middle' || role === 'end';
}

function lineAt({ src, bMarks, tShift, eMarks }: StateBlock, line: number): string {
  return src.slice((bMarks[line] ?? 0) + (tShift[line] ?? 0), eMarks[line]).trim();
}

type PlacedToken = { token: Token; line: number | undefined };

/** The tokens of a block and of the text in it, each with its line, which Markdown tells of blocks only. */
function withLines(token: Token): PlacedToken[] {
  let line = token.map?.[0];
  if (token.type !== 'inline') return [{ token, line }];
  return (token.children ?? []).map((child) => {
    const placed = { token: child, line };
    if (line !== undefined && child.type.endsWith('break')) line += 1;
    return placed;
  });
}

function branches(
  tokens: Iterator<PlacedToken>,
  parentLine: number,
  lineOf: (line: number) => number,
): readonly MarkdownNode[] {
  const nodes: MarkdownNode[] = [];
  for (let next = tokens.next(); !next.done; next = tokens.next()) {
    const { token, line = parentLine } = next.value;
    if (token.nesting < 0) return nodes;
    nodes.push({
      type: token.type.replace(/_open$/, ''),
      tag: token.tag,
      attributes: Object.fromEntries(
        (token.attrs ?? []).map(([name, value]) => [name, `${value}`]),
      ),
      content: token.content,
      line: lineOf(line),
      isHidden: token.hidden,
      children: token.nesting > 0 ? branches(tokens, line, lineOf) : [],
    });
  }
  return nodes;
}

/**
 * Moves tags out of what they are about: a table row that holds nothing but tags becomes the tags, and a paragraph that
 * is one condition as a whole stands inside the condition, so that nothing is left where it does not hold.
 */
export function liftedTags(nodes: readonly MarkdownNode[], slots: Slots): MarkdownNode[] {
  return nodes.flatMap((node) => {
    const children = liftedTags(node.children, slots);
    if (node.type === 'tr') {
      const text = textIn(node);
      if (isTags(text, slots)) return [liquidNode(node, text)];
    }
    if (node.type === 'paragraph' && !node.isHidden) return liftedCondition(node, slots);
    return [{ ...node, children }];
  });
}

/** What is written behind a link to make a button of it. */
const buttonMark = '{button}';

/** A paragraph that is nothing but a link with the mark of a button becomes a node of type `button`. */
export function withButtons(nodes: readonly MarkdownNode[]): MarkdownNode[] {
  return nodes.map((node) => {
    // A condition that was lifted out leaves empty text behind.
    const [link, mark, ...more] = node.children.filter((one) => textIn(one) !== '');
    const isButton =
      node.type === 'paragraph' &&
      link?.type === 'link' &&
      mark?.content.trim() === buttonMark &&
      more.length === 0;
    if (isButton) return { ...link, type: 'button', tag: '' };
    return { ...node, children: withButtons(node.children) };
  });
}

/** Whether a text has the mark of a button and is none. */
export function isLostButton({ type, content }: MarkdownNode): boolean {
  return type === 'text' && content.includes(buttonMark);
}

/** Two columns without a header are names and values. */
export function isNamesAndValues({ children: [head] }: MarkdownNode): boolean {
  return head?.children[0]?.children.length === 2 && textIn(head).trim() === '';
}

export function textIn({ content, children }: MarkdownNode): string {
  return content + children.map(textIn).join('');
}

function liquidNode(of: MarkdownNode, content: string): MarkdownNode {
  return { ...of, type: 'liquid', tag: '', content, children: [] };
}

function liftedCondition(node: MarkdownNode, slots: Slots): MarkdownNode[] {
  const first = node.children[0];
  const last = node.children.at(-1);
  if (!first || !last || first.type !== 'text' || last.type !== 'text') return [node];
  const wordAtStart = wordOf(first.content, slots, 0);
  const wordAtEnd = wordOf(last.content, slots, -1);
  const isWhole = wordAtStart && wordAtEnd && isOneCondition(tagsIn(node.children, slots));
  if (!isWhole) return [node];
  const children = node.children.map((child) => {
    const from = child === first ? wordAtStart.length : 0;
    const to = child.content.length - (child === last ? wordAtEnd.length : 0);
    return { ...child, content: child.content.slice(from, to) };
  });
  return [
    liquidNode(node, wordAtStart),
    ...liftedCondition({ ...node, children }, slots),
    liquidNode(node, wordAtEnd),
  ];
}

/** The word of the tag with which a text begins (0) or ends (-1). */
function wordOf(text: string, slots: Slots, at: 0 | -1): string | undefined {
  const slot = slots.split(text).at(at);
  if (slot === undefined || typeof slot === 'string' || slot.kind !== 'tag') return undefined;
  const word = slots.wordOf(slot);
  return (at === 0 ? text.startsWith(word) : text.endsWith(word)) ? word : undefined;
}

function isOneCondition(tags: readonly TagPiece[]): boolean {
  let depth = 0;
  return (
    (tags[0]?.name === 'if' || tags[0]?.name === 'unless') &&
    tags.every(({ role }, index) => {
      if (role === 'begin') depth += 1;
      if (role === 'end') depth -= 1;
      if (role === 'middle' && depth === 1) return false;
      return index === tags.length - 1 ? depth === 0 : depth > 0;
    })
  );
}

/** The tags directly in these nodes, not those in an element among them. */
export function tagsIn(nodes: readonly MarkdownNode[], slots: Slots): TagPiece[] {
  return nodes
    .filter(({ type }) => type === 'text' || type === 'liquid')
    .flatMap(({ content }) => slots.tagsOf(content));
}
