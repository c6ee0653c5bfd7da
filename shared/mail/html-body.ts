import { elementStyles, rightAligned } from './email-styles.ts';
import { escapeHtml } from './escape-html.ts';
import { textIn } from './liquid-in-tree.ts';
import { liquidOf, targetLiquid } from './liquid-out.ts';
import type { MarkdownNode } from './markdown-tree.ts';
import type { Slots } from './slots.ts';

/** A Markdown tree as HTML with inlined styles, in which Liquid stands again where it was written. */
export function htmlBody(nodes: readonly MarkdownNode[], slots: Slots): string {
  return nodes.map((node) => htmlOf(node, slots)).join('');
}

function htmlOf(node: MarkdownNode, slots: Slots): string {
  const inner = () => htmlBody(node.children, slots);
  switch (node.type) {
    case 'text':
    case 'liquid':
      return filled(node.content, slots);
    case 'softbreak':
    case 'hardbreak':
      return '<br>\n';
    case 'hr':
      return `${opening('hr')}\n`;
    case 'code_inline':
      return `${opening('code')}${filled(node.content, slots)}</code>`;
    case 'fence':
      return `${opening('pre')}${filled(node.content.replace(/\n$/, ''), slots)}</pre>\n`;
    case 'link':
      return `${opening('a', link(node, slots))}${inner()}</a>`;
    case 'image':
      return opening('img', image(node, slots));
    case 'thead':
      return textIn(node).trim() === '' ? '' : `<thead>${inner()}</thead>`;
    case 'paragraph':
      return node.isHidden ? inner() : `${opening('p')}${inner()}</p>\n`;
    default:
      return `${opening(node.tag, elementAttributes(node))}${inner()}</${node.tag}>${isInline(node) ? '' : '\n'}`;
  }
}

/** Text between tags or in an attribute: literal text is escaped now, values when they are put in. */
function filled(content: string, slots: Slots): string {
  return slots
    .split(content)
    .map((part) => (typeof part === 'string' ? literal(part) : liquidOf(part)))
    .join('');
}

/** Braces become entities, lest literal text is taken for Liquid. */
export function literal(text: string): string {
  return escapeHtml(text).replaceAll('{', '&#123;');
}

function link({ attributes }: MarkdownNode, slots: Slots): Record<string, string> {
  const { href = '', title } = attributes;
  return {
    href: targetLiquid(slots.split(href), literal),
    ...(title && { title: filled(title, slots) }),
  };
}

function image({ attributes, content }: MarkdownNode, slots: Slots): Record<string, string> {
  const { src = '', title } = attributes;
  return {
    src: targetLiquid(slots.split(src), literal),
    alt: filled(content, slots),
    ...(title && { title: filled(title, slots) }),
  };
}

function elementAttributes({ tag, attributes }: MarkdownNode): Record<string, string> {
  const { style, start } = attributes;
  return {
    ...(start && { start: literal(start) }),
    ...(tag === 'th' && { scope: 'col' }),
    ...(style && { style: style.includes('right') ? `${style};${rightAligned}` : style }),
  };
}

const isInline = ({ tag }: MarkdownNode) => ['strong', 'em', 's', 'a'].includes(tag);

/** Attribute values are HTML, or Liquid that gives HTML, already. */
function opening(tag: string, attributes: Readonly<Record<string, string>> = {}): string {
  const { style: ownStyle, ...others } = attributes;
  const style = [elementStyles[tag], ownStyle].filter(Boolean).join(';');
  const all = { ...others, ...(style && { style }) };
  const text = Object.entries(all).map(([name, value]) => ` ${name}="${value}"`);
  return `<${tag}${text.join('')}>`;
}
