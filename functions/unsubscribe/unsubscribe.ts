import type { AudienceRefusals, Recipient } from '#shared/audience/consent/refusals.ts';
import { isOnlyUnsubscribed, type WayBack } from '#shared/audience/consent/way-back.ts';
import type { Brand } from '#shared/audience/settings/brand.ts';
import { reasonOf } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { testToken, type UnsubscribeTokens } from '#shared/mail/unsubscribe-token.ts';
import { type Page, pages, wayBackField } from './pages.ts';

/** The part of an API Gateway event (payload format 2.0) that unsubscribe looks at. */
type UnsubscribeRequest = Readonly<{
  pathParameters?: Readonly<Record<string, string | undefined>> | undefined;
  body?: string | undefined;
  isBase64Encoded: boolean;
  requestContext: Readonly<{ http: Readonly<{ method: string }> }>;
}>;

type UnsubscribeParts = Readonly<{
  tokens: () => Promise<UnsubscribeTokens>;
  refusals: AudienceRefusals;
  wayBack: WayBack;
  brand: () => Promise<Brand>;
  now: () => Date;
  log: Log;
}>;

type Pages = ReturnType<typeof pages>;

/** More than any mail program sends; the rest of a body is not looked at. */
const longestBody = 2_000;

/**
 * Answers an unsubscribe link. Only POST changes anything, from the page's forms or from a mail program (RFC 8058): the
 * programs that open every link of an email to look for harm use GET. Whoever has the signed token may unsubscribe, and
 * take that back. Never throws.
 */
export function unsubscribe(parts: UnsubscribeParts) {
  return async (request: UnsubscribeRequest): Promise<Page> => {
    const { method } = request.requestContext.http;
    const failed = (what: string, error: unknown) =>
      parts.log.error(what, { method, reason: reasonOf(error) });
    // Without its brand the page does all that it promises.
    const brand = await parts.brand().catch((error: unknown) => {
      failed('brand not read', error);
      return {};
    });
    const all = pages(brand);
    const page = await pageFor(request, all, parts).catch((error: unknown) => {
      failed('unsubscribe failed', error);
      return all.unavailable();
    });
    return method === 'HEAD' ? { ...page, body: '' } : page;
  };
}

async function pageFor(
  request: UnsubscribeRequest,
  all: Pages,
  parts: UnsubscribeParts,
): Promise<Page> {
  const { method } = request.requestContext.http;
  if (!['GET', 'HEAD', 'POST'].includes(method)) return all['wrong-method']();
  const token = request.pathParameters?.['token'] ?? '';
  if (token === testToken) return all.test();
  const tokens = await parts.tokens();
  const recipient = tokens.read(token);
  if (!recipient) {
    parts.log.warn('unsubscribe link is not ours', { method });
    return all.unknown();
  }
  if (method !== 'POST') {
    const { isOut, canComeBack } = await standingOf(recipient, parts);
    return isOut ? all.already(canComeBack) : all.question();
  }
  const text = textOf(request);
  if (isWayBack(text)) {
    return (await comeBack(recipient, parts)) ? all.back() : all['no-way-back']();
  }
  await take(recipient, isOneClick(text), parts);
  return all.done((await standingOf(recipient, parts)).canComeBack);
}

/** What the page says of the person; where that cannot be read it offers what always works, to unsubscribe. */
async function standingOf(recipient: Recipient, { wayBack, log }: UnsubscribeParts) {
  const suppression = await wayBack.standing(recipient).catch((error: unknown) => {
    log.error('suppression not read', { reason: reasonOf(error) });
    return undefined;
  });
  const { unsubscribed, complained } = suppression?.reasons ?? {};
  return {
    isOut: unsubscribed !== undefined || complained !== undefined,
    canComeBack: suppression !== undefined && isOnlyUnsubscribed(suppression),
  };
}

async function take(recipient: Recipient, oneClick: boolean, parts: UnsubscribeParts) {
  await parts.refusals.ofRecipient(recipient, {
    reason: 'unsubscribed',
    at: parts.now().toISOString(),
    by: oneClick ? 'the recipient, in the mail program' : onPage,
  });
  parts.log.info('unsubscribed', { contactId: recipient.contactId, oneClick });
}

const onPage = 'the recipient, on the unsubscribe page';

async function comeBack(recipient: Recipient, parts: UnsubscribeParts): Promise<boolean> {
  const act = { at: parts.now().toISOString(), by: onPage };
  const isBack = await parts.wayBack.take(recipient, act);
  parts.log.info('subscribed again', { contactId: recipient.contactId, isBack });
  return isBack;
}

function textOf({ body = '', isBase64Encoded }: UnsubscribeRequest): string {
  const start = body.slice(0, longestBody);
  return isBase64Encoded ? Buffer.from(start, 'base64').toString() : start;
}

/** Tells who acted, not whether: the signed token is all that a "no" needs. */
function isOneClick(text: string): boolean {
  return /list-unsubscribe/i.test(text);
}

/** Only the very form of the page: whatever else comes is a "no". */
function isWayBack(text: string): boolean {
  return text === `${wayBackField.name}=${wayBackField.value}`;
}
