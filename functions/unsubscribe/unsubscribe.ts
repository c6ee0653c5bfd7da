import { createHash } from 'node:crypto';
import type { AudienceRefusals, Recipient } from '#shared/audience/refusals.ts';
import { reasonOf } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import type { UnsubscribeTokens } from '#shared/mail/unsubscribe-token.ts';

const style = `
:root { color-scheme: light dark }
body { margin: 0; font: 1.125rem/1.5 system-ui, sans-serif; background: Canvas; color: CanvasText }
main { max-width: 34rem; margin: 0 auto; padding: 4rem 1.5rem }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 1rem }
p { margin: 0 0 1.5rem }
button { font: inherit; font-weight: 600; padding: .75rem 1.75rem; border: 2px solid #1d4ed8; border-radius: .5rem; background: #1d4ed8; color: #fff; cursor: pointer }
button:hover { background: #1e40af; border-color: #1e40af }
button:focus-visible { outline: 3px solid CanvasText; outline-offset: 3px }
`;

const styleHash = createHash('sha256').update(style).digest('base64');

/** Nothing but this style may be loaded, nothing may frame the page, and its form may only go back to where it is. */
const headers = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex, nofollow',
};

export type Page = Readonly<{
  statusCode: number;
  headers: Readonly<Record<string, string>>;
  body: string;
}>;

/** Every page that a recipient can see. None names an address: the link may have been forwarded. */
export const pages = {
  question: page(
    200,
    'Unsubscribe?',
    `<p>You will get no more news and offers from the sender of the email that brought you here. Emails about your purchases, such as receipts, still reach you.</p>
<form method="post"><button type="submit">Unsubscribe</button></form>`,
  ),
  done: page(
    200,
    'You are unsubscribed',
    '<p>No more news and offers go to you from the sender of that email. One that was already on its way may still arrive. You can close this page.</p>',
  ),
  unknown: page(
    404,
    'This link does not work',
    '<p>It may have been cut off or changed on its way to you, and nothing has been changed by it. Please open the link in the email once more, or answer the email and ask to be unsubscribed.</p>',
  ),
  'wrong-method': page(
    405,
    'This link is opened in a browser',
    '<p>Please open the unsubscribe link in the email.</p>',
    { allow: 'GET, HEAD, POST' },
  ),
  unavailable: page(
    503,
    'That did not work just now',
    '<p>The fault is on our side. Please open the link in the email again in a few minutes.</p>',
    { 'retry-after': '120' },
  ),
} as const;

function page(statusCode: number, title: string, content: string, more = {}): Page {
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
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`;
  return { statusCode, headers: { ...headers, ...more }, body };
}

/** The part of an API Gateway event (payload format 2.0) that unsubscribe looks at. */
export type UnsubscribeRequest = Readonly<{
  pathParameters?: Readonly<Record<string, string | undefined>> | undefined;
  body?: string | undefined;
  isBase64Encoded: boolean;
  requestContext: Readonly<{ http: Readonly<{ method: string }> }>;
}>;

export type UnsubscribeParts = Readonly<{
  tokens: () => Promise<UnsubscribeTokens>;
  refusals: AudienceRefusals;
  now: () => Date;
  log: Log;
}>;

/** More than any mail program sends; the rest of a body is not looked at. */
const longestBody = 2_000;

/**
 * Answers an unsubscribe link. Only POST changes anything, from the page's form or from a mail program (RFC 8058): the
 * programs that open every link of an email to look for harm use GET. Never throws.
 */
export function unsubscribe(parts: UnsubscribeParts) {
  return async (request: UnsubscribeRequest): Promise<Page> => {
    const { method } = request.requestContext.http;
    const page = await pageFor(request, parts).catch((error: unknown) => {
      parts.log.error('unsubscribe failed', { method, reason: reasonOf(error) });
      return pages.unavailable;
    });
    return method === 'HEAD' ? { ...page, body: '' } : page;
  };
}

async function pageFor(request: UnsubscribeRequest, parts: UnsubscribeParts): Promise<Page> {
  const { method } = request.requestContext.http;
  if (!['GET', 'HEAD', 'POST'].includes(method)) return pages['wrong-method'];
  const tokens = await parts.tokens();
  const recipient = tokens.read(request.pathParameters?.['token'] ?? '');
  if (!recipient) {
    parts.log.warn('unsubscribe link is not ours', { method });
    return pages.unknown;
  }
  if (method !== 'POST') return pages.question;
  await take(recipient, isOneClick(request), parts);
  return pages.done;
}

async function take(recipient: Recipient, oneClick: boolean, parts: UnsubscribeParts) {
  await parts.refusals.ofRecipient(recipient, {
    reason: 'unsubscribed',
    at: parts.now().toISOString(),
    by: oneClick ? 'the recipient, in the mail program' : 'the recipient, on the unsubscribe page',
  });
  parts.log.info('unsubscribed', { contactId: recipient.contactId, oneClick });
}

/** Tells who acted, not whether: the signed token is all that a "no" needs. */
function isOneClick({ body = '', isBase64Encoded }: UnsubscribeRequest): boolean {
  const start = body.slice(0, longestBody);
  const text = isBase64Encoded ? Buffer.from(start, 'base64').toString() : start;
  return /list-unsubscribe/i.test(text);
}
