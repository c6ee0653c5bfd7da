import { createHash } from 'node:crypto';
import { type Brand, contrast, textOn } from '#shared/audience/settings/brand.ts';
import { escapeHtml } from '#shared/safe-text.ts';

const styleFor = (accent: string) => `
:root { color-scheme: light dark }
body { margin: 0; font: 1.125rem/1.5 system-ui, sans-serif; background: Canvas; color: CanvasText; overflow-wrap: anywhere }
main { max-width: 34rem; margin: 0 auto; padding: 4rem 1.5rem }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 1rem; text-wrap: balance }
p { margin: 0 0 1.5rem; text-wrap: pretty }
.shop { display: flex; align-items: center; gap: .75rem; font-weight: 600 }
.shop img { display: block; height: 1.75rem; max-width: 12rem }
button { font: inherit; font-weight: 600; padding: .75rem 1.75rem; border: 2px solid ${accent}; border-radius: .5rem; background: ${accent}; color: ${textOn(accent)}; cursor: pointer }
button:hover { filter: brightness(.92) }
button:focus-visible { outline: 3px solid CanvasText; outline-offset: 3px }
button.back { background: transparent; color: CanvasText; border-color: currentColor }
${contrast(accent, darkCanvas) < leastFromCanvas ? '@media (prefers-color-scheme: dark) { button { border-color: currentColor } }\n' : ''}`;

/** What browsers paint behind a dark page, more or less. */
const darkCanvas = '#121212';

/** Below this a button can hardly be told from the page it is on. */
const leastFromCanvas = 2;

export type Page = Readonly<{
  statusCode: number;
  headers: Readonly<Record<string, string>>;
  body: string;
}>;

type Words = Readonly<{
  statusCode: number;
  title: string;
  content: string;
  more?: Readonly<Record<string, string>>;
}>;

/** What a form of the page sends along to have the mails again; the other one sends nothing. */
export const wayBackField = { name: 'act', value: 'subscribe' } as const;

const comeBack = `<form method="post"><input type="hidden" name="${wayBackField.name}" value="${wayBackField.value}"><button type="submit" class="back">Subscribe again</button></form>`;

/** Every page that a recipient can see, in the shop's name. None names an address: the link may have been forwarded. */
export function pages(brand: Brand) {
  const name = brand.name && escapeHtml(brand.name);
  const sender = name ?? 'the sender of the email that brought you here';
  const page = (words: Words) => pageOf(words, brand);
  return {
    question: () =>
      page({
        statusCode: 200,
        title: name ? `Unsubscribe from ${name}?` : 'Unsubscribe?',
        content: `<p>You’ll stop getting news and offers from ${sender}. You’ll still get emails about your purchases, such as receipts.</p>
<form method="post"><button type="submit">Unsubscribe</button></form>`,
      }),
    /** `canComeBack`: nothing but their own "no" keeps them from mail. */
    done: (canComeBack: boolean) =>
      page({
        statusCode: 200,
        title: 'You’re unsubscribed',
        content: `<p>You won’t get any more news and offers from ${sender}. An email that’s already on its way may still arrive. You can close this page.</p>
${canComeBack ? comeBack : ''}`,
      }),
    already: (canComeBack: boolean) =>
      page({
        statusCode: 200,
        title: 'You’re already unsubscribed',
        content: `<p>You don’t get news and offers from ${sender}. You can close this page.</p>
${canComeBack ? comeBack : ''}`,
      }),
    back: () =>
      page({
        statusCode: 200,
        title: 'You’re subscribed again',
        content: `<p>You’ll get news and offers from ${sender}. Every email has an unsubscribe link.</p>
<form method="post"><button type="submit" class="back">Unsubscribe</button></form>`,
      }),
    'no-way-back': () =>
      page({
        statusCode: 409,
        title: 'You can’t subscribe here',
        content:
          '<p>Nothing has changed. Emails to this address bounced or were reported as spam, or the account was closed. To get news and offers again, please reply to one of our emails and ask.</p>',
      }),
    test: () =>
      page({
        statusCode: 200,
        title: 'This was a test',
        content:
          '<p>You came here from a test email. Its link belongs to nobody, so nothing has changed. In a real email, this page asks if you want to unsubscribe.</p>',
      }),
    unknown: () =>
      page({
        statusCode: 404,
        title: 'This link doesn’t work',
        content:
          '<p>It may have been cut off or altered on its way to you. Nothing has changed. Please open the link in the email again, or reply and ask to be unsubscribed.</p>',
      }),
    'wrong-method': () =>
      page({
        statusCode: 405,
        title: 'Open this link in your browser',
        content: '<p>Please open the unsubscribe link from the email.</p>',
        more: { allow: 'GET, HEAD, POST' },
      }),
    unavailable: () =>
      page({
        statusCode: 503,
        title: 'That didn’t work',
        content:
          '<p>Something went wrong on our side. Please open the link in the email again in a few minutes.</p>',
        more: { 'retry-after': '120' },
      }),
  } as const;
}

const plainAccent = '#1d4ed8';

/** Nothing but its style and the shop's logo may be loaded, nothing may frame the page, and its form goes nowhere else. */
function pageOf({ statusCode, title, content, more = {} }: Words, brand: Brand): Page {
  const style = styleFor(brand.accent ?? plainAccent);
  const hash = createHash('sha256').update(style).digest('base64');
  const images = logosOf(brand).map((logo) => new URL(logo).origin);
  const imagesFrom = images.length > 0 ? ` img-src ${[...new Set(images)].join(' ')};` : '';
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<main>
${shop(brand)}<h1>${title}</h1>
${content}
</main>
</body>
</html>
`;
  return {
    statusCode,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; style-src 'sha256-${hash}';${imagesFrom} form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-robots-tag': 'noindex, nofollow',
      ...more,
    },
    body,
  };
}

/** The dark one is for a page that has another one in the light, as in emails. */
function logosOf({ logo, logoDark }: Brand): string[] {
  return logo ? [logo, ...(logoDark ? [logoDark] : [])] : [];
}

function shop(brand: Brand): string {
  const { name, logoAlt = '' } = brand;
  const [logo, dark] = logosOf(brand);
  if (!name && !logo) return '';
  const img = logo ? `<img src="${escapeHtml(logo)}" alt="${escapeHtml(logoAlt)}">` : '';
  const image = dark
    ? `<picture><source srcset="${escapeHtml(dark)}" media="(prefers-color-scheme: dark)">${img}</picture>`
    : img;
  return `<p class="shop">${image}${name ? `<span dir="auto">${escapeHtml(name)}</span>` : ''}</p>\n`;
}
