import fc from 'fast-check';
import type { WebhookRequest } from '#functions/ingest/ingest.ts';
import { anyText } from '#test/support/any-text.ts';
import { secret } from '#test/support/audience/ingest-at-work.ts';
import { requestWith, signedHeadersFor } from '#test/support/polar/signed-request.ts';
import { hostileBody } from './body.ts';
import { changedTexts } from './text.ts';

export type Hostile = Readonly<{
  request: WebhookRequest;
  /** A payload of Polar's schema, signed, and touched in no way that the schema forbids: it must be accepted and read. */
  isGenuine: boolean;
}>;

type Headers = Record<string, string | undefined>;
type HeaderChange = (headers: Headers) => Headers;

const oddText = fc.oneof(
  anyText({ maxLength: 60 }),
  fc.constantFrom('', ' ', '\0', '\r\nx: y', '٣', 'null', '__proto__', '\u{1F600}', '\uD800'),
  fc.nat({ max: 10_000 }).map((length) => 'x'.repeat(length)),
);
const headerName = fc.constantFrom('webhook-id', 'webhook-timestamp', 'webhook-signature');

const oddTimestamp = fc.oneof(
  fc.constantFrom('0', '-1', '1e9', '0x10', ' 1', '1 ', '9'.repeat(400), '1.5', 'NaN'),
  fc
    .integer({ min: -700, max: 700 })
    .map((seconds) => String(Math.floor(Date.now() / 1_000) + seconds)),
  fc.integer({ min: 0, max: 3 }).map((n) => '0'.repeat(n) + Math.floor(Date.now() / 1_000)),
);
const oddId = fc.oneof(
  oddText,
  fc.constantFrom('x'.repeat(2_048), 'x'.repeat(2_049), 'constructor', '../..', '#', "';--"),
);

const junkSignature = fc.oneof(
  fc.base64String({ maxLength: 60 }).map((text) => `v1,${text}`),
  fc.base64String({ maxLength: 60 }).map((text) => `v1a,${text}`),
  fc.constantFrom('v1,', ',', 'v1', 'v2,AAAA', 'v1,AAAA,BBBB', 'v1,%%%%'),
);

/** Letter by letter. */
const otherCase = (name: string) =>
  fc
    .array(fc.boolean(), { minLength: name.length, maxLength: name.length })
    .map((upper) => [...name].map((one, n) => (upper[n] ? one.toUpperCase() : one)).join(''));

/** Each changes headers that fitted the body. */
const headerChange: fc.Arbitrary<HeaderChange> = fc.oneof(
  headerName.map(
    (name): HeaderChange =>
      (headers) => ({ ...headers, [name]: undefined }),
  ),
  fc.tuple(headerName, oddText).map(
    ([name, value]): HeaderChange =>
      (headers) => ({ ...headers, [name]: value }),
  ),
  fc.tuple(headerName, oddText).map(
    ([name, value]): HeaderChange =>
      (headers) => ({ ...headers, [name.toUpperCase()]: value }),
  ),
  headerName.map(
    (name): HeaderChange =>
      ({ [name]: value, ...rest }) => ({ ...rest, [name.toUpperCase()]: value }),
  ),
  oddTimestamp.map(
    (value): HeaderChange =>
      (headers) => ({ ...headers, 'webhook-timestamp': value }),
  ),
  fc
    .tuple(
      fc.array(junkSignature, { maxLength: 400 }),
      fc.array(junkSignature, { maxLength: 3 }),
      fc.boolean(),
    )
    .map(
      ([before, after, isKept]): HeaderChange =>
        (headers) => {
          const own = isKept ? [String(headers['webhook-signature'])] : [];
          return { ...headers, 'webhook-signature': [...before, ...own, ...after].join(' ') };
        },
    ),
  fc
    .array(fc.tuple(headerName.chain(otherCase), fc.oneof(oddText, fc.constant(null))), {
      minLength: 1,
      maxLength: 6,
    })
    .map(
      (copies): HeaderChange =>
        (headers) =>
          Object.fromEntries([
            ...Object.entries(headers),
            ...copies.map(([name, value]) => [name, value ?? headers[name.toLowerCase()]] as const),
          ]),
    ),
  fc.nat({ max: 2_000 }).map(
    (count): HeaderChange =>
      (headers) => ({
        ...headers,
        ...Object.fromEntries(Array.from({ length: count }, (_, n) => [`webhook-id-${n}`, ''])),
      }),
  ),
  fc.constantFrom<HeaderChange>(
    () => ({}),
    (headers) => Object.fromEntries(Object.keys(headers).map((name) => [name, ''])),
    (headers) => Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, `${v},${v}`])),
  ),
  fc.array(fc.tuple(oddText, oddText), { maxLength: 5 }).map(
    (more): HeaderChange =>
      (headers) => ({ ...Object.fromEntries(more), ...headers }),
  ),
);

const keysOfObjects: Headers = Object.fromEntries([
  ['__proto__', 'v1,AAAA'],
  ['constructor', 'x'],
  ['toString', 'x'],
]);

type Encoding = (raw: Buffer) => Pick<WebhookRequest, 'body' | 'isBase64Encoded'>;
const encodings: readonly Encoding[] = [
  (raw) => ({ body: raw.toString(), isBase64Encoded: false }),
  (raw) => ({ body: raw.toString('base64'), isBase64Encoded: true }),
];
const oddEncodings: readonly Encoding[] = [
  (raw) => ({ body: raw.toString('base64url'), isBase64Encoded: true }),
  (raw) => ({ body: raw.toString('base64').replace(/(.{76})/g, '$1\r\n'), isBase64Encoded: true }),
  (raw) => ({ body: raw.toString('base64'), isBase64Encoded: false }),
  (raw) => ({ body: raw.toString(), isBase64Encoded: true }),
  (raw) => ({ body: raw.toString('latin1'), isBase64Encoded: false }),
  (raw) => ({ body: raw.toString('hex'), isBase64Encoded: true }),
  (raw) => ({ body: raw.toString('utf16le'), isBase64Encoded: false }),
  (raw) => ({ body: raw.toString('base64').replace(/.{9}/, '$&=!\0'), isBase64Encoded: true }),
  (raw) => ({ body: raw.toString('base64').slice(0, -1), isBase64Encoded: true }),
  (raw) => ({ body: `${raw}\ud800`, isBase64Encoded: false }),
];

function mostly<T, U>(usual: T, usually: number, odd: fc.Arbitrary<U>, seldom: number) {
  return fc.oneof(
    { arbitrary: fc.constant(usual), weight: usually },
    { arbitrary: odd, weight: seldom },
  );
}

/** A request as API Gateway could hand it over, from payloads of this pool: most of them changed somewhere. */
export function hostileRequest(pool: readonly string[]): fc.Arbitrary<Hostile> {
  return fc
    .record({
      payload: fc.nat({ max: pool.length - 1 }).map((index) => pool[index] ?? ''),
      texts: mostly(null, 1, changedTexts, 1),
      body: mostly(null, 2, hostileBody, 3),
      isSignedLater: mostly(true, 4, fc.constant(false), 1),
      reading: fc.constantFrom('the decoded remainder', 'the whole text'),
      id: mostly(null, 9, oddId, 1),
      usualId: fc.uuid(),
      timestamp: mostly(null, 9, oddTimestamp, 1),
      headers: mostly<HeaderChange[], HeaderChange[]>(
        [],
        4,
        fc.array(headerChange, { minLength: 1, maxLength: 2 }),
        1,
      ),
      hasKeysOfObjects: fc.constantFrom(true, false, false),
      encoding: fc.oneof(
        { arbitrary: fc.constantFrom(...encodings), weight: 4 },
        { arbitrary: fc.constantFrom(...oddEncodings), weight: 1 },
      ),
      path: mostly('/webhooks/polar', 40, fc.constantFrom('/webhooks/polar/', '//', ''), 1),
      method: mostly('POST', 40, fc.constantFrom('GET', 'post', ''), 1),
    })
    .map(({ body, reading, headers, encoding, path, method, ...drawn }) => {
      const payload = drawn.texts?.(drawn.payload) ?? drawn.payload;
      const original = Buffer.from(payload);
      const raw = body ? body(payload) : original;
      const signed = drawn.isSignedLater ? raw : original;
      const own: Headers = signedHeadersFor(signed, {
        secret,
        reading,
        id: drawn.id ?? drawn.usualId,
        ...(drawn.timestamp !== null && { timestamp: drawn.timestamp }),
      });
      const changed = headers.reduce((so, change) => change(so), own);
      const all = drawn.hasKeysOfObjects ? { ...keysOfObjects, ...changed } : changed;
      return {
        request: {
          ...requestWith(all),
          ...encoding(raw),
          rawPath: path,
          requestContext: { stage: '$default', http: { method } },
        },
        isGenuine:
          body === null &&
          headers.length === 0 &&
          drawn.id === null &&
          drawn.timestamp === null &&
          encodings.includes(encoding) &&
          path === '/webhooks/polar' &&
          method === 'POST',
      };
    });
}
