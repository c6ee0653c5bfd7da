import type { TagPiece } from './liquid-source.ts';
import { isTags, type MarkdownNode } from './markdown-tree.ts';
import type { Slots } from './slots.ts';

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
