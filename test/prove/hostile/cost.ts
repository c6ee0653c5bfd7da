import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WebhookRequest } from '#functions/ingest/ingest.ts';
import { newSecret, signedRequest } from '#test/support/polar/signed-request.ts';
import { bundledIngest } from './bundle.ts';

/** Up to what API Gateway and Lambda let through: 6 MiB of JSON that holds the body as text. */
export const sizes = [1_000, 10_000, 100_000, 1_000_000, 6_200_000] as const;

/** Two secrets, read in two ways. */
export const keyCount = 4;

const start = '{"type":"order.paid","timestamp":"2026-11-01T00:00:00Z","data":';
const filled = (before: string, unit: string, after: string) => (bytes: number) => {
  const times = (bytes - Buffer.byteLength(start + before + after)) / Buffer.byteLength(unit);
  return `${start}${before}${unit.repeat(Math.max(1, Math.floor(times)))}${after}`;
};

/** Bodies of about so many bytes. */
export const contents: Readonly<Record<string, (bytes: number) => string>> = {
  'a long text': filled('{"customer":{"email":"', 'x', '"}}}'),
  'a text of emoji': filled('{"customer":{"name":"', '😀', '"}}}'),
  'a text that cannot be compressed': (bytes) =>
    `${start}"${randomBytes(bytes * 0.72).toString('base64')}"}`,
  'deep lists': (bytes) => {
    const depth = Math.floor((bytes - start.length) / 2);
    return `${start}${'['.repeat(depth)}${']'.repeat(depth)}}`;
  },
  'deep objects': (bytes) => {
    const depth = Math.floor((bytes - start.length) / 6);
    return `${start}${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`;
  },
  'many keys': (bytes) => {
    const keys = Array.from({ length: Math.ceil(bytes / 14) }, (_, n) => `"key${n}":0`);
    return `${start}{${keys.join(',')}}}`;
  },
  'one key many times': filled('{"__proto__":0', ',"__proto__":0', '}}'),
  'a number of many digits': filled('', '9', '}'),
  'many escapes': filled('"', '\\ud83d', '"}'),
};

/** Of the form of a signature, and none. */
const forged = () => `v1,${randomBytes(32).toString('base64')}`;
const listOf = (count: number, entry: () => string) =>
  Array.from({ length: count }, entry).join(' ');
const keyOfOthers = newSecret();

/** Requests that nobody signed who may, over a body of so many bytes. API Gateway lets 10,240 bytes of headers through. */
export const forgeries: Readonly<Record<string, (bytes: number) => WebhookRequest>> = {
  'signed with another secret': (bytes) => signedRequest(text(bytes), { secret: keyOfOthers }),
  'as bytes': (bytes) => signedRequest(Buffer.from(text(bytes)), { secret: keyOfOthers }),
  'with 200 signatures': (bytes) => listing(bytes, listOf(200, forged)),
  'with 2,000 entries that can be none': (bytes) =>
    listing(
      bytes,
      listOf(2_000, () => 'v1,A'),
    ),
  'with 10,000 spaces for signatures': (bytes) => listing(bytes, `${' '.repeat(10_000)}v1,A`),
  'with one endless signature': (bytes) => listing(bytes, `v1,${'A'.repeat(10_000)}`),
  'with an endless id': (bytes) => having(bytes, 'webhook-id', ' '.repeat(10_000)),
  'with an endless time': (bytes) => having(bytes, 'webhook-timestamp', '9'.repeat(10_000)),
  'of long ago': (bytes) => having(bytes, 'webhook-timestamp', '1500000000'),
  'with 1,500 headers': (bytes) => {
    const request = signedRequest(text(bytes), { secret: keyOfOthers });
    const more = Array.from({ length: 1_500 }, (_, n) => [`x${n}`, ''] as const);
    return { ...request, headers: { ...Object.fromEntries(more), ...request.headers } };
  },
  'that is not UTF-8': (bytes) => signedRequest(Buffer.alloc(bytes, 0xff), { secret: keyOfOthers }),
  'with a lone surrogate at its end': (bytes) => ({
    ...signedRequest('x', { secret: keyOfOthers }),
    body: `${text(bytes)}\ud800`,
  }),
};

const text = filled('"', 'x', '"}');

function having(bytes: number, name: string, value: string): WebhookRequest {
  const request = signedRequest(text(bytes), { secret: keyOfOthers });
  return { ...request, headers: { ...request.headers, [name]: value } };
}

function listing(bytes: number, list: string): WebhookRequest {
  return having(bytes, 'webhook-signature', list);
}

export type IngestUnderLoad = Awaited<ReturnType<typeof ingestUnderLoad>>;

/** Ingest as it ships, warm, with two secrets. */
export async function ingestUnderLoad() {
  const directory = await mkdtemp(join(tmpdir(), 'polar-audience-hostile-'));
  const { ingestAtWork } = await bundledIngest(directory);
  await rm(directory, { recursive: true });
  const [secret, previous] = [newSecret(), newSecret()];
  let readings = 0;
  const { ask, sent, lines } = ingestAtWork({
    readDocument: async () => {
      readings += 1;
      return JSON.stringify({ current: secret, previous });
    },
  });
  const answered = async (request: WebhookRequest) => {
    const { statusCode } = await ask(request);
    const queued = sent.length;
    sent.length = 0;
    lines.length = 0;
    return { statusCode, queued };
  };
  const genuine = (body: string) => signedRequest(body, { secret });
  await answered(genuine(text(1_000)));
  await answered(signedRequest(text(1_000), { secret: keyOfOthers }));
  return { answered, genuine, readings: () => readings };
}
