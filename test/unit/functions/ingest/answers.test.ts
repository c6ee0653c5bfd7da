import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { WebhookRequest } from '#functions/ingest/ingest.ts';
import { type AnswerName, answers } from '#shared/polar/answers.ts';
import {
  body,
  down,
  having,
  ingestAtWork,
  routed,
  type Services,
  secret,
  signed,
} from '#test/support/audience/ingest-at-work.ts';
import { newSecret, requestWith, signedRequest } from '#test/support/polar/signed-request.ts';

function event(note: string) {
  return JSON.stringify({ type: 'order.paid', note });
}

function inCapitals(request: WebhookRequest): WebhookRequest {
  const headers = Object.entries(request.headers).map(([name, value]) => [
    name.toUpperCase(),
    value,
  ]);
  return { ...request, headers: Object.fromEntries(headers) };
}

describe('the answer', () => {
  it.each<[AnswerName, string, () => WebhookRequest, Services?]>([
    ['accepted', 'a supported event', () => signed(body)],
    ['accepted', 'a body that came in base64', () => signed(Buffer.from(body))],
    ['accepted', 'a body above 1 MiB that compresses', () => signed(event('x'.repeat(2_000_000)))],
    [
      'accepted',
      'a path with its stage before it',
      () => routed('POST', '/dev/webhooks/polar', 'dev'),
    ],
    ['accepted', 'headers in capitals', () => inCapitals(signed(body))],
    ['ignored', 'an event of another type', () => signed('{"type":"checkout.created"}')],
    ['ignored', 'a type that tries to be an object’s own', () => signed('{"type":"__proto__"}')],
    ['no-type', 'an empty body', () => signed('')],
    ['no-type', 'a request without a body', () => requestWith(signed('').headers)],
    ['no-type', 'a body that is not JSON', () => signed('type=order.paid')],
    ['no-type', 'a body with a byte order mark', () => signed(`\u{feff}${body}`)],
    ['no-type', 'a byte order mark in base64', () => signed(Buffer.from(`\u{feff}${body}`))],
    ['no-type', 'a body in UTF-16', () => signed(Buffer.from(body, 'utf16le'))],
    ['not-utf8', 'UTF-16 with its mark', () => signed(Buffer.from(`\u{feff}${body}`, 'utf16le'))],
    ['not-utf8', 'a body in Latin 1', () => signed(Buffer.from('{"type":"ü"}', 'latin1'))],
    ['not-utf8', 'bytes that are no text', () => signed(Buffer.from([0x7b, 0xff, 0x7d]))],
    ['no-type', 'a list', () => signed('[{"type":"order.paid"}]')],
    ['no-type', 'null', () => signed('null')],
    ['no-type', 'a type that is no text', () => signed('{"type":["order.paid"]}')],
    ['no-type', 'a type that is inherited', () => signed('{"__proto__":{"type":"order.paid"}}')],
    ['no-type', 'a body that is a hundred thousand lists deep', () => signed('['.repeat(100_000))],
    ['missing-header', 'no webhook-id', () => having({ 'webhook-id': undefined })],
    ['missing-header', 'no webhook-timestamp', () => having({ 'webhook-timestamp': undefined })],
    ['missing-header', 'no webhook-signature', () => having({ 'webhook-signature': undefined })],
    ['invalid-id', 'an empty id', () => signedRequest(body, { secret, id: '' })],
    [
      'invalid-id',
      'an id that is too long',
      () => signedRequest(body, { secret, id: 'x'.repeat(2049) }),
    ],
    [
      'invalid-timestamp',
      'a timestamp that is no number',
      () => signedRequest(body, { secret, timestamp: '12abc' }),
    ],
    [
      'malformed-signature',
      'a signature that is none',
      () => having({ 'webhook-signature': 'sha256=abc' }),
    ],
    ['mismatch', 'another secret', () => signedRequest(body, { secret: newSecret() })],
    ['mismatch', 'another body', () => ({ ...signed(body), body: body.replace('ada', 'eve') })],
    [
      'mismatch',
      'a body that is not UTF-8 and was signed with another secret',
      () => signedRequest(Buffer.from([0x7b, 0xff, 0x7d]), { secret: newSecret() }),
    ],
    [
      'mismatch',
      'other bytes that are read as the same text',
      () => ({
        ...signed(Buffer.from([0x7b, 0xff, 0x7d])),
        body: Buffer.from([0x7b, 0xfe, 0x7d]).toString('base64'),
      }),
    ],
    [
      'outside-tolerance',
      'an old request that is not UTF-8',
      () => signedRequest(Buffer.from([0xff]), { secret, timestamp: 1_500_000_000 }),
    ],
    ['mismatch', 'a text that came broken', () => ({ ...signed('\u{fffd}'), body: '\u{d800}' })],
    [
      'outside-tolerance',
      'an old request',
      () => signedRequest(body, { secret, timestamp: 1_500_000_000 }),
    ],
    ['not-found', 'another path', () => routed('POST', '/webhooks/polar/x')],
    ['not-found', 'another stage', () => routed('POST', '/dev/webhooks/polar', 'prod')],
    ['method-not-allowed', 'another method', () => routed('GET', '/webhooks/polar')],
    [
      'too-large',
      'what does not compress',
      () => signed(event(randomBytes(1_500_000).toString('base64'))),
    ],
    [
      'too-large',
      'an unsigned body that could never be queued, which is not even hashed',
      () => ({ ...signed(body), body: 'x'.repeat(3 * 1_048_576 + 1) }),
      { readDocument: down },
    ],
    [
      'too-large',
      'the same in base64',
      () => ({
        ...signed(body),
        body: Buffer.alloc(3 * 1_048_576 + 1).toString('base64'),
        isBase64Encoded: true,
      }),
      { readDocument: down },
    ],
    [
      'accepted',
      'a body that is nearly too large, and compresses',
      () => signed(event('x'.repeat(3 * 1_048_576 - 1_000))),
    ],
    [
      'no-secret',
      'a deployment without a secret',
      () => signed(body),
      { readDocument: async () => '{"current":""}' },
    ],
    [
      'secret-unreadable',
      'a secret that cannot be read',
      () => signed(body),
      { readDocument: down },
    ],
    ['queue-unavailable', 'a queue that is down', () => signed(body), { send: down }],
    [
      'unexpected',
      'an event that API Gateway never sends',
      () => ({ ...signed(body), requestContext: Object.create(null) }),
    ],
  ])('%s is given for %s', async (name, _, request, services) => {
    const { code, status, message } = answers[name];
    const { ask, sent } = ingestAtWork(services);
    const answer = await ask(request());
    expect(answer).toMatchObject({
      statusCode: code,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ status, message }),
    });
    expect(sent.length).toBe(name === 'accepted' ? 1 : 0);
  });

  it.each(Object.entries(answers))(
    '%s fits into what Polar keeps of it, and says what to do',
    (_, answer) => {
      const { code, status, message } = answer;
      expect(JSON.stringify({ status, message }).length).toBeLessThan(2_000);
      expect(message).toMatch(/\.$/);
      const word =
        code < 300 ? /^(accepted|ignored)$/ : code < 500 ? /^rejected$/ : /^unavailable$/;
      expect(status).toMatch(word);
    },
  );

  it('to another method names the one that is allowed', async () => {
    const answer = await ingestAtWork().ask(routed('PUT', '/webhooks/polar'));
    expect(answer.headers).toEqual({ 'content-type': 'application/json', allow: 'POST' });
  });
  it('at a path of its own is given only there', async () => {
    const { ask } = ingestAtWork({ path: '/webhooks/x7Kq' });
    expect((await ask(routed('POST', '/webhooks/x7Kq'))).statusCode).toBe(202);
    const elsewhere = await ask(routed('POST', '/webhooks/polar'));
    expect(elsewhere.statusCode).toBe(404);
    expect(elsewhere.body).not.toContain('x7Kq');
  });
});
