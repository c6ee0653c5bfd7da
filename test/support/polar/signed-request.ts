import { createHmac, randomBytes, randomUUID } from 'node:crypto';

export const keyReadings = {
  'the decoded remainder': (secret: string) => Buffer.from(secret.slice('whsec_'.length), 'base64'),
  'the whole text': (secret: string) => Buffer.from(secret, 'utf8'),
};

export type KeyReading = keyof typeof keyReadings;

export function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

/** Signed with Node's own HMAC, not with the library that the code under test verifies with. */
export function signature(
  key: Buffer,
  id: string,
  timestamp: string | number,
  body: string | Buffer,
): string {
  const hmac = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body);
  return `v1,${hmac.digest('base64')}`;
}

type Options = { secret: string; reading?: KeyReading; id?: string; timestamp?: number | string };

/** The headers that Polar sends with this body. */
export function signedHeadersFor(body: string | Buffer, options: Options) {
  const {
    secret,
    reading = 'the decoded remainder',
    id = randomUUID(),
    timestamp = Math.floor(Date.now() / 1000),
  } = options;
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signature(keyReadings[reading](secret), id, timestamp, body),
  };
}

/** A request as API Gateway hands it over. */
export function signedRequest(body: string | Buffer, options: Options) {
  const isText = typeof body === 'string';
  return {
    ...requestWith(signedHeadersFor(body, options)),
    body: isText ? body : body.toString('base64'),
    isBase64Encoded: !isText,
  };
}

export function requestWith(headers: Record<string, string | undefined>) {
  return {
    rawPath: '/webhooks/polar',
    headers,
    isBase64Encoded: false,
    requestContext: { stage: '$default', http: { method: 'POST' } },
  };
}
