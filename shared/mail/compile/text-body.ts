import { liquidOf, plainLiteral, type Slots, targetLiquid } from './liquid-source.ts';
import { isNamesAndValues, type MarkdownNode, textIn } from './markdown-tree.ts';

/** A Markdown tree as plain text for people, in which Liquid stands again where it was written. */
export function textBody(nodes: readonly MarkdownNode[], slots: Slots): string {
  return nodes.map((node) => textOf(node, slots)).join('');
}

function textOf(node: MarkdownNode, slots: Slots): string {
  const inner = () => textBody(node.children, slots);
  switch (node.type) {
    case 'text':
    case 'code_inline':
    case 'liquid':
      return filled(node.content, slots);
    case 'softbreak':
    case 'hardbreak':
      return '\n';
    case 'paragraph':
      return `${inner()}${node.isHidden ? '\n' : '\n\n'}`;
    case 'heading':
      return `${inner()}${node.tag === 'h6' ? '\n' : '\n\n'}`;
    case 'fence':
      return `${filled(node.content, slots)}\n`;
    case 'hr':
      return '----------\n\n';
    case 'link':
      return link(node, slots);
    case 'button':
      return `${inner()}: ${targetLiquid(slots.split(node.attributes['href'] ?? ''), plainLiteral)}\n\n`;
    case 'image':
      return filled(node.content, slots);
    case 'bullet_list':
      return `${items(node, slots, () => '- ')}\n`;
    case 'ordered_list': {
      const first = Number(node.attributes['start'] ?? 1);
      return `${items(node, slots, (index) => `${first + index}. `)}\n`;
    }
    case 'blockquote':
      return `${prefixed(inner().trimEnd(), '> ', '> ')}\n\n`;
    case 'table':
      return `${table(node, slots)}\n`;
    default:
      return inner();
  }
}

function filled(content: string, slots: Slots): string {
  return slots
    .split(content)
    .map((part) => (typeof part === 'string' ? plainLiteral(part) : liquidOf(part)))
    .join('');
}

function link(node: MarkdownNode, slots: Slots): string {
  const { href = '' } = node.attributes;
  const target = targetLiquid(slots.split(href), plainLiteral);
  const label = textBody(node.children, slots);
  return textIn(node) === href || label === '' ? target : `${label} <${target}>`;
}

function items(
  { children }: MarkdownNode,
  slots: Slots,
  marker: (index: number) => string,
): string {
  return children
    .map((item, index) => {
      const text = textBody(item.children, slots).trimEnd();
      return `${prefixed(text, marker(index), '  ')}\n`;
    })
    .join('');
}

function prefixed(text: string, first: string, others: string): string {
  return text
    .split('\n')
    .map((line, index) => `${index === 0 ? first : others}${line}`.trimEnd())
    .join('\n');
}

/** Names and values have a colon between them; anything else has bars between its cells. */
function table(node: MarkdownNode, slots: Slots): string {
  const [head, ...rest] = node.children;
  const isNameless = head === undefined || textIn(head).trim() === '';
  const between = isNamesAndValues(node) ? ': ' : ' | ';
  return [...(isNameless || !head ? [] : [head]), ...rest]
    .flatMap(({ children }) => children)
    .map((row) =>
      row.type === 'liquid'
        ? filled(row.content, slots)
        : `${row.children.map((cell) => textBody(cell.children, slots)).join(between)}\n`,
    )
    .join('');
}
