import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeEventMessage, maxMessageBytes } from '#shared/queue/encode-event-message.ts';
import { decodeEventMessage, type EventMessage } from '#shared/queue/events-queue.ts';
import { anyText } from '#test/support/any-text.ts';
import { asMany } from '#test/support/as-many.ts';
import { type LambdaRecord, startQueue } from '#test/support/cloud/loopback-queue.ts';

const facts = {
  webhookId: '4b0e9d0c-8f5c-4f5e-9a3b-0e6a4d1c2b7f',
  type: 'order.paid',
  receivedAt: '2026-11-14T22:03:01.250Z',
};
const attributeBytes = Object.entries(facts)
  .map(([name, value]) => `${name}String${value}`)
  .join('').length;

let queue: Awaited<ReturnType<typeof startQueue>>;
beforeAll(async () => {
  queue = await startQueue();
});
afterAll(() => queue.stop());

async function throughQueue(message: EventMessage | 'too-large') {
  if (message === 'too-large') throw new Error('The message is too large');
  await queue.send(message);
  const [record, ...others] = await queue.takeAll();
  expect(others).toEqual([]);
  return record ?? { body: '', messageAttributes: {} };
}

function encodingOf({ messageAttributes: { encoding } }: LambdaRecord) {
  return encoding?.stringValue;
}

describe('a webhook on the queue', () => {
  it.each([
    ['plain text', '{"type":"order.paid"}', undefined],
    ['text with tabs and line breaks', '{\r\n\t"a": 1\r\n}\n', undefined],
    ['text of several scripts', '{"name":"Zoë 東京 \u{7f}\u{85}\u{fffd}"}', undefined],
    ['a byte order mark', '\u{feff}{}', undefined],
    ['a noncharacter', '{"name":"\u{ffff}"}', 'base64'],
    ['a control character', '{"name":"\u{0}\u{1f}"}', 'base64'],
    ['an emoji', '{"name":"😀"}', 'base64'],
    ['a byte order mark and an emoji', '\u{feff}{"name":"😀"}', 'base64'],
    ['nothing', '', 'gzip'],
  ])('carries %s', async (_, body, encoding) => {
    const record = await throughQueue(encodeEventMessage({ ...facts, body }));
    expect(encodingOf(record)).toBe(encoding);
    expect(decodeEventMessage(record)).toEqual({ ...facts, body });
  });

  it('shows its body as it came, and id, type and time as attributes', async () => {
    const record = await throughQueue(encodeEventMessage({ ...facts, body: '{"a":1}' }));
    expect(record).toEqual({
      body: '{"a":1}',
      messageAttributes: {
        webhookId: { dataType: 'String', stringValue: facts.webhookId },
        type: { dataType: 'String', stringValue: facts.type },
        receivedAt: { dataType: 'String', stringValue: facts.receivedAt },
      },
    });
  });

  it('is raw up to the last byte that SQS allows, and compressed from the next on', async () => {
    const largest = 'x'.repeat(maxMessageBytes - attributeBytes);
    const raw = await throughQueue(encodeEventMessage({ ...facts, body: largest }));
    expect(raw.body).toBe(largest);
    const larger = `${largest}x`;
    const packed = await throughQueue(encodeEventMessage({ ...facts, body: larger }));
    expect(encodingOf(packed)).toBe('gzip');
    expect(decodeEventMessage(packed).body).toBe(larger);
  });

  it('is compressed when base64 alone would be too large', async () => {
    const body = '😀'.repeat(250_000);
    const record = await throughQueue(encodeEventMessage({ ...facts, body }));
    expect(encodingOf(record)).toBe('gzip');
    expect(decodeEventMessage(record).body).toBe(body);
  });

  it('can be read again at the largest size that API Gateway and Lambda let in', async () => {
    const body = `{"metadata":"${'a'.repeat(6_291_456)}"}`;
    const record = await throughQueue(encodeEventMessage({ ...facts, body }));
    expect(decodeEventMessage(record).body === body).toBe(true);
  });

  it('is too large only when compression does not help', () => {
    const body = randomBytes(1_000_000).toString('base64');
    expect(encodeEventMessage({ ...facts, body })).toBe('too-large');
  });

  it('arrives as it was, whatever its body', async () => {
    const webhooks = fc.record({
      webhookId: fc.stringMatching(/^[!-~]{1,64}$/),
      type: fc.constantFrom('order.paid', 'customer.created'),
      receivedAt: fc
        .date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })
        .map((date) => date.toISOString()),
      body: anyText({ maxLength: 200 }),
    });
    await fc.assert(
      fc.asyncProperty(webhooks, async (webhook) => {
        const record = await throughQueue(encodeEventMessage(webhook));
        expect(decodeEventMessage(record)).toEqual(webhook);
      }),
      { numRuns: asMany(8, 1_000) },
    );
  });

  // The largest hexadecimal text that still fits compressed is between these sizes.
  const texts = fc.oneof(
    fc.record({
      alphabet: fc.constant('hex' as const),
      size: fc.integer({ min: 1_380_000, max: 1_395_000 }),
    }),
    fc.record({
      alphabet: fc.constantFrom('hex' as const, 'base64' as const),
      size: fc.integer({ min: -20, max: 20 }).map((n) => maxMessageBytes - attributeBytes + n),
    }),
  );

  it('near the limits is either taken by SQS or known to be too large', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(texts, async ({ alphabet, size }) => {
        const body = randomBytes(size).toString(alphabet).slice(0, size);
        const message = encodeEventMessage({ ...facts, body });
        const packedBytes = Math.ceil(gzipSync(body, { level: 9 }).length / 3) * 4;
        const rawFits = size + attributeBytes <= maxMessageBytes;
        const packedFits =
          packedBytes + attributeBytes + 'encodingStringgzip'.length <= maxMessageBytes;
        seen.add(message === 'too-large' ? message : rawFits ? 'raw' : 'gzip');
        if (message === 'too-large') {
          expect(rawFits || packedFits).toBe(false);
        } else {
          expect(decodeEventMessage(await throughQueue(message)).body === body).toBe(true);
        }
      }),
      {
        numRuns: asMany(3, 250),
        examples: [
          [{ alphabet: 'hex', size: 1_000 }],
          [{ alphabet: 'hex', size: maxMessageBytes }],
          [{ alphabet: 'base64', size: maxMessageBytes }],
        ],
      },
    );
    expect(seen).toEqual(new Set(['raw', 'gzip', 'too-large']));
  });
});

describe('a message that was not made here', () => {
  const attribute = (stringValue: string) => ({ dataType: 'String' as const, stringValue });
  const good = {
    webhookId: attribute(facts.webhookId),
    type: attribute(facts.type),
    receivedAt: attribute(facts.receivedAt),
  };

  it.each([
    ['webhookId', { ...good, webhookId: attribute('') }],
    ['type', { webhookId: good.webhookId, receivedAt: good.receivedAt }],
    ['receivedAt', { ...good, receivedAt: attribute('yesterday') }],
    ['webhookId', { ...good, webhookId: { dataType: 'Binary' as const, binaryValue: 'AA==' } }],
    ['encoding', { ...good, encoding: attribute('brotli') }],
    ['webhookId, type, receivedAt', {}],
  ])('is refused for its attribute %s', (names, messageAttributes) => {
    const record = { body: '{}', messageAttributes };
    expect(() => decodeEventMessage(record)).toThrow(
      `The message attribute ${names} is missing or malformed`,
    );
  });

  const bomb = gzipSync(Buffer.alloc(17 * 1_048_576)).toString('base64');
  it.each([
    ['base64', 'not base64'],
    ['base64', Buffer.from([0xff]).toString('base64')],
    ['gzip', Buffer.from('not gzip').toString('base64')],
    ['gzip', gzipSync('cut off').subarray(0, 12).toString('base64')],
    ['gzip', bomb],
  ])('is refused when its body is not %s of a text', (encoding, body) => {
    const record = { body, messageAttributes: { ...good, encoding: attribute(encoding) } };
    expect(() => decodeEventMessage(record)).toThrow(
      `The message body cannot be read as ${encoding}`,
    );
  });
});
