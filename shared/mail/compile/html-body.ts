import { button } from '#shared/mail/layout.ts';
import { escapeHtml } from '#shared/safe-text.ts';
import { liquidOf, type Slots, targetLiquid } from './liquid-source.ts';
import { isNamesAndValues, type MarkdownNode, textIn } from './markdown-tree.ts';

const mono = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace";
const heading = 'line-height:1.3;font-weight:600;color:#18181b';
const section = `margin:20px 0 12px;${heading}`;

/** What mail programs that know no style sheets see; the colours are for light mode. */
const elementStyles: Readonly<Record<string, string>> = {
  p: 'margin:0 0 16px',
  h1: 'margin:0 0 16px;line-height:1.2;font-weight:700;color:#18181b;font-size:30px',
  h2: `${section};font-size:20px`,
  h3: `${section};font-size:17px`,
  h4: `${section};font-size:16px`,
  h5: `${section};font-size:16px`,
  h6: 'margin:0 0 4px;color:#52525b;font-size:14px',
  ul: 'margin:0 0 16px;padding:0 0 0 24px',
  ol: 'margin:0 0 16px;padding:0 0 0 24px',
  li: 'margin:0 0 4px',
  a: 'color:#18181b;text-decoration:underline',
  img: 'max-width:100%;height:auto;border:0',
  hr: 'margin:24px 0;border:0;border-top:1px solid #e4e4e7',
  blockquote: 'margin:0 0 16px;padding:0 0 0 16px;border-left:3px solid #d4d4d8;color:#52525b',
  code: `${mono};font-size:14px`,
  pre: `${mono};margin:0 0 16px;padding:12px;background-color:#f4f4f5;font-size:14px;line-height:1.4;white-space:pre-wrap;overflow-wrap:anywhere;border-radius:6px`,
  table: 'margin:0 0 16px;width:100%;border-collapse:collapse',
  th: 'padding:8px 12px 8px 0;border-bottom:1px solid #e4e4e7;text-align:left;vertical-align:top;font-weight:600;overflow-wrap:normal;word-break:normal',
  td: 'padding:8px 12px 8px 0;border-bottom:1px solid #e4e4e7;text-align:left;vertical-align:top;overflow-wrap:anywhere',
};

/** A table of names and values: lines between the rows, values at the end of them. */
const rowStyles = {
  name: 'width:35%;padding:10px 16px 10px 0;text-align:left;vertical-align:top;overflow-wrap:anywhere',
  soft: 'color:#52525b',
  value:
    'padding:10px 0;text-align:right;vertical-align:top;overflow-wrap:anywhere;word-break:break-word',
  line: 'border-top:1px solid #e4e4e7',
} as const;

/** Numbers: they are never cut within. */
const rightAligned = 'overflow-wrap:normal;word-break:normal';

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
    case 'button':
      return button(targetLiquid(slots.split(node.attributes['href'] ?? ''), literal), inner());
    case 'heading':
      // A small line above a heading is no heading itself.
      if (node.tag === 'h6')
        return `<div class="soft" style="${elementStyles['h6']}">${inner()}</div>\n`;
      return element(node, slots);
    case 'table':
      return isNamesAndValues(node) ? rows(node, slots) : element(node, slots);
    case 'thead':
      return textIn(node).trim() === '' ? '' : `<thead>${inner()}</thead>`;
    case 'paragraph':
      return node.isHidden ? inner() : `${opening('p')}${inner()}</p>\n`;
    default:
      return element(node, slots);
  }
}

function element(node: MarkdownNode, slots: Slots): string {
  const { tag, children } = node;
  const inner = htmlBody(children, slots);
  return `${opening(tag, elementAttributes(node))}${inner}</${tag}>${isInline(node) ? '' : '\n'}`;
}

function rows(table: MarkdownNode, slots: Slots): string {
  const found = table.children
    .filter(({ type }) => type === 'tbody')
    .flatMap((one) => one.children);
  const first = found.find(({ type }) => type === 'tr');
  const html = found.map((row) => {
    if (row.type !== 'tr') return htmlOf(row, slots);
    const line = row === first ? '' : `;${rowStyles.line}`;
    const [name, value] = row.children.map((cell) => htmlBody(cell.children, slots));
    // The total, say, is written in bold as a whole.
    const isBold = row.children[0]?.children[0]?.type === 'strong';
    const soft = isBold ? '' : ' class="soft"';
    const colour = isBold ? '' : `;${rowStyles.soft}`;
    return `<tr><td${soft} style="${rowStyles.name}${colour}${line}">${name}</td><td dir="auto" style="${rowStyles.value}${line}">${value}</td></tr>\n`;
  });
  return `${opening('table')}<tbody>${html.join('')}</tbody></table>\n`;
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
