import { escapeHtml } from '#shared/text.ts';
import { liquidOf, type Slots, targetLiquid } from './liquid-source.ts';
import { type MarkdownNode, textIn } from './markdown-tree.ts';

const font =
  "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const mono = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace";
const heading = 'line-height:1.3;font-weight:600;color:#18181b';
const section = `margin:20px 0 12px;${heading}`;

/** What mail programs that know no style sheets see; the colours are for light mode. */
export const elementStyles: Readonly<Record<string, string>> = {
  p: 'margin:0 0 16px',
  h1: `margin:0 0 16px;${heading};font-size:24px`,
  h2: `${section};font-size:20px`,
  h3: `${section};font-size:17px`,
  h4: `${section};font-size:16px`,
  h5: `${section};font-size:16px`,
  h6: `${section};font-size:16px`,
  ul: 'margin:0 0 16px;padding:0 0 0 24px',
  ol: 'margin:0 0 16px;padding:0 0 0 24px',
  li: 'margin:0 0 4px',
  a: 'color:#1d4ed8;text-decoration:underline',
  img: 'max-width:100%;height:auto;border:0',
  hr: 'margin:24px 0;border:0;border-top:1px solid #e4e4e7',
  blockquote: 'margin:0 0 16px;padding:0 0 0 16px;border-left:3px solid #d4d4d8;color:#52525b',
  code: `${mono};font-size:14px`,
  pre: `${mono};margin:0 0 16px;padding:12px;background-color:#f4f4f5;font-size:14px;line-height:1.4;white-space:pre-wrap;overflow-wrap:anywhere;border-radius:6px`,
  table: 'margin:0 0 16px;width:100%;border-collapse:collapse',
  th: 'padding:8px 12px 8px 0;border-bottom:1px solid #e4e4e7;text-align:left;vertical-align:top;font-weight:600;overflow-wrap:normal;word-break:normal',
  td: 'padding:8px 12px 8px 0;border-bottom:1px solid #e4e4e7;text-align:left;vertical-align:top;overflow-wrap:anywhere',
};

/** Numbers: they are never cut within. */
export const rightAligned = 'overflow-wrap:normal;word-break:normal';

export const layoutStyles = {
  body: 'margin:0;padding:0;background-color:#f4f4f5;-webkit-text-size-adjust:100%',
  preheader:
    'display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;font-size:1px;line-height:1px;color:#f4f4f5;mso-hide:all',
  outer: 'width:100%;background-color:#f4f4f5',
  column: 'padding:24px 12px',
  card: `${font};max-width:600px;box-sizing:border-box;margin:0 auto;padding:32px 28px 16px;background-color:#ffffff;color:#18181b;font-size:16px;line-height:1.5;text-align:left;overflow-wrap:anywhere;word-break:break-word;border-radius:8px`,
  footer: `${font};max-width:600px;box-sizing:border-box;margin:0 auto;padding:16px 28px;color:#52525b;font-size:13px;line-height:1.5;text-align:left;overflow-wrap:anywhere`,
  footerLine: 'margin:0 0 8px',
  footerLink: 'color:#52525b;text-decoration:underline',
} as const;

/** For programs that have a dark mode and keep style sheets; the others keep the light colours, which are whole. */
export const darkMode = [
  ':root{color-scheme:light dark;supported-color-schemes:light dark}',
  '@media (prefers-color-scheme:dark){',
  'body,.page{background-color:#18181b!important}',
  '.card{background-color:#27272a!important;color:#f4f4f5!important}',
  '.card h1,.card h2,.card h3,.card h4,.card h5,.card h6{color:#f4f4f5!important}',
  '.card a{color:#93c5fd!important}',
  '.card pre{background-color:#18181b!important}',
  '.card blockquote{border-color:#52525b!important;color:#d4d4d8!important}',
  '.card hr,.card th,.card td{border-color:#3f3f46!important}',
  '.foot,.foot a{color:#a1a1aa!important}',
  '}',
].join('');

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

/** Keeps the beginning of the body out of the line that mail programs show beside the subject. */
const filler = '&#847;&zwnj;&nbsp;'.repeat(40);

/** A whole HTML document; all three parts are HTML in Liquid. `footer` is there in marketing mail only. */
export function htmlDocument(parts: { title: string; preheader: string; body: string }): string {
  return `<!DOCTYPE html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${parts.title}</title>
<style>${darkMode}</style>
</head>
<body class="page" style="${layoutStyles.body}">
${preheader(parts.preheader)}<table class="page" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="${layoutStyles.outer}"><tr><td align="center" style="${layoutStyles.column}">
<!--[if mso]><table role="presentation" width="600" align="center" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->
<div class="card" role="article" aria-roledescription="email" aria-label="${parts.title}" lang="en" style="${layoutStyles.card}">
${parts.body.trim()}
</div>
${footer}<!--[if mso]></td></tr></table><![endif]-->
</td></tr></table>
</body>
</html>
`;
}

function preheader(text: string): string {
  return text === '' ? '' : `<div style="${layoutStyles.preheader}">${text}${filler}</div>\n`;
}

const footer = `{% if footer %}<div class="foot" role="contentinfo" style="${layoutStyles.footer}">
<p style="${layoutStyles.footerLine}">{% for line in footer.lines %}{{ line }}<br>
{% endfor %}</p>
<p style="${layoutStyles.footerLine}">You get this email because you are subscribed to our news. <a href="{{ footer.unsubscribeUrl | whole_url }}" style="${layoutStyles.footerLink}">Unsubscribe</a></p>
</div>
{% endif %}`;
