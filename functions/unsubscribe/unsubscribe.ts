import type { AudienceRefusals, Recipient } from '#shared/aws/audience-refusals.ts';
import { reasonOf } from '#shared/aws/reason.ts';
import type { UnsubscribeTokens } from '#shared/aws/unsubscribe-token.ts';
import type { Log } from '#shared/log.ts';
import { type Page, pages } from './pages.ts';

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
