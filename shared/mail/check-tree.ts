import type { Finding } from './check-variables.ts';
import { tagsIn } from './liquid-in-tree.ts';
import type { MarkdownNode } from './markdown-tree.ts';
import type { Slots } from './slots.ts';
import { tagOutOfPlace } from './tag-order.ts';

/**
 * What is wrong with the Liquid and the links of a body. Every block of Liquid must end in the element it began in, so
 * that the HTML is whole whichever way its conditions turn out.
 */
export function checkTree(nodes: readonly MarkdownNode[], slots: Slots): Finding[] {
  return [
    ...unbalanced(nodes, slots),
    ...nodes.flatMap((node) => [
      ...(isCode(node) ? unbalanced([{ ...node, type: 'text' }], slots) : []),
      ...ofTarget(node, slots),
      ...ofRawHtml(node),
      ...checkTree(node.children, slots),
    ]),
  ];
}

const isCode = ({ type }: MarkdownNode) => type === 'code_inline' || type === 'fence';

function unbalanced(nodes: readonly MarkdownNode[], slots: Slots): Finding[] {
  const tag = tagOutOfPlace(tagsIn(nodes, slots));
  return tag ? [apart(tag.source, tag.line)] : [];
}

function apart(source: string, line: number): Finding {
  const text = `${source} must begin and end in the same paragraph, list item, table cell or emphasis.`;
  return { kind: 'problem', line, text };
}

const allowedTarget = /^(?:https?:\/\/[^/?#]|mailto:(?!\/))/i;

function ofTarget({ type, attributes, line, content }: MarkdownNode, slots: Slots): Finding[] {
  const target = attributes['href'] ?? attributes['src'];
  if (target === undefined) return [];
  const problem = (text: string): Finding[] => [{ kind: 'problem', line, text }];
  const attached = [target, attributes['title'] ?? '', type === 'image' ? content : ''];
  if (attached.flatMap(slots.tagsOf).length > 0) {
    return problem('A tag cannot stand inside a link or an image; put the whole link inside it.');
  }
  const [first] = slots.split(target);
  if (first === undefined) return problem('A link has no target.');
  if (typeof first !== 'string') return [];
  if (/^https?:\/\/[^/?#]*$/i.test(first) && slots.split(target).length > 1) {
    return problem('A variable cannot be part of the host name in a link.');
  }
  if (!allowedTarget.test(first)) {
    return problem(`A link or image leads to ${first}; only http, https and mailto can be used.`);
  }
  return [];
}

function ofRawHtml({ type, content, line }: MarkdownNode): Finding[] {
  const tag =
    type === 'text' ? /<\/?[a-z][a-z0-9]*(?:\s[^<>]*)?\/?>/i.exec(content)?.[0] : undefined;
  if (tag === undefined) return [];
  return [{ kind: 'warning', line, text: `HTML is not used in emails: ${tag} is shown as text.` }];
}
