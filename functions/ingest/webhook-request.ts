/** The part of an API Gateway event (payload format 2.0) that ingest looks at. */
export type WebhookRequest = Readonly<{
  rawPath: string;
  headers: Readonly<Record<string, string | undefined>>;
  body?: string | undefined;
  isBase64Encoded: boolean;
  requestContext: Readonly<{ stage: string; http: Readonly<{ method: string }> }>;
}>;

const path = '/webhooks/polar';

/** Whether the request is for the webhook; `undefined` when it is. */
export function misdirection(
  request: WebhookRequest,
): 'not-found' | 'method-not-allowed' | undefined {
  const { stage, http } = request.requestContext;
  const isWebhook = request.rawPath === path || request.rawPath === `/${stage}${path}`;
  if (!isWebhook) return 'not-found';
  return http.method === 'POST' ? undefined : 'method-not-allowed';
}

/** Reads headers by their lower-case names, however they are spelled in the request. */
export function headerReader(request: WebhookRequest): (name: string) => string | undefined {
  const names = Object.keys(request.headers);
  return (name) => {
    const own = names.findLast((one) => one.length === name.length && one.toLowerCase() === name);
    return own === undefined ? undefined : request.headers[own];
  };
}

/** The raw body as text, or `undefined` when it is not UTF-8: nothing may be signed as one text and read as another. */
export function bodyText({ body = '', isBase64Encoded }: WebhookRequest): string | undefined {
  if (!isBase64Encoded) return body.isWellFormed() ? body : undefined;
  try {
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return strict.decode(Buffer.from(body, 'base64'));
  } catch {
    return undefined;
  }
}
