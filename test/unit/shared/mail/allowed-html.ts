import { parsedHtml } from './parsed-html.ts';

/**
 * What Gmail, Outlook and Apple Mail keep, after caniemail.com (November 2026). What Outlook for Windows ignores, such as
 * round corners, a greatest width or a display of inline-block, may only make a mail look plainer there.
 */
const elements = [
  ...['html', 'head', 'meta', 'title', 'style', 'body'],
  ...['table', 'thead', 'tbody', 'tr', 'th', 'td'],
  ...['div', 'p', 'h1', 'h2', 'h3', 'h4', 'h5', 'ul', 'ol', 'li', 'blockquote', 'pre', 'hr'],
  ...['a', 'img', 'span', 'strong', 'em', 's', 'code', 'br'],
];

const attributes = [
  ...['style', 'class', 'dir', 'lang', 'title', 'role', 'aria-label', 'aria-roledescription'],
  ...['align', 'width', 'height', 'bgcolor', 'cellpadding', 'cellspacing', 'border'],
  ...['href', 'src', 'alt', 'scope', 'start', 'name', 'content', 'charset'],
];

const properties = [
  ...['color', 'background-color', 'opacity', 'display', 'overflow', 'vertical-align'],
  ...['margin', 'padding', 'width', 'max-width', 'height', 'max-height', 'box-sizing'],
  ...['border', 'border-top', 'border-bottom', 'border-left', 'border-radius', 'border-collapse'],
  ...['font-family', 'font-size', 'font-weight', 'line-height'],
  ...['text-align', 'text-decoration', 'white-space', 'overflow-wrap', 'word-break'],
  ...['mso-hide', 'mso-padding-alt', '-webkit-text-size-adjust'],
];

/** In the one style sheet. */
const inStyleSheet = [...properties, 'color-scheme', 'supported-color-schemes', 'border-color'];

/** Gmail drops a whole style that has any of these. */
const functions = /\b(?:url|var|calc|expression|env|attr)\(|!ie|@import|javascript:/i;

const displays = ['none', 'inline-block'];

/** What of a mail some of the programs would drop. */
export function droppedIn(html: string): string[] {
  const parsed = parsedHtml(html);
  return [
    ...parsed.errors,
    ...parsed.elements.flatMap(({ tag, attributes: given }) => [
      ...(elements.includes(tag) ? [] : [`<${tag}>`]),
      ...Object.keys(given).flatMap((name) =>
        attributes.includes(name) ? [] : [`${name} of <${tag}>`],
      ),
      ...declarations(given['style'] ?? '', properties),
      ...addressOf(given),
    ]),
    ...parsed.named('style').flatMap(({ text }) => styleSheet(text)),
  ];
}

function declarations(style: string, allowed: readonly string[]): string[] {
  if (functions.test(style)) return [style];
  return style.split(';').flatMap((declaration) => {
    const [property = '', value = ''] = declaration.split(':').map((part) => part.trim());
    const shown = value.replace('!important', '');
    if (property === 'display' && !displays.includes(shown)) return [declaration];
    return property === '' || (allowed.includes(property) && value !== '') ? [] : [declaration];
  });
}

function addressOf({ href, src }: Readonly<Record<string, string>>): string[] {
  const wrong = [
    href !== undefined && !/^(?:https:|http:|mailto:|#$)/.test(href) && href,
    src !== undefined && !src.startsWith('https:') && src,
  ];
  return wrong.filter((one) => typeof one === 'string');
}

/** Outlook and some Gmail apps skip it; it may only repaint for dark mode. */
function styleSheet(text: string): string[] {
  const atRules = text.match(/@[^{]*/g) ?? [];
  const blocks = [...text.matchAll(/\{([^{}]*)\}/g)].map(([, block = '']) => block);
  return [
    ...atRules.filter((rule) => rule.trim() !== '@media (prefers-color-scheme:dark)'),
    ...blocks.flatMap((block) => declarations(block, inStyleSheet)),
  ];
}
