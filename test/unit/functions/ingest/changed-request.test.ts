import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WebhookRequest } from '#functions/ingest/ingest.ts';
import { anyText } from '#test/support/any-text.ts';
import { asMany } from '#test/support/as-many.ts';
import { body, ingestAtWork, secret, signed } from '#test/support/audience/ingest-at-work.ts';
import { keyReadings } from '#test/support/polar/signed-request.ts';

describe('a request that was changed on its way', () => {
  const text = anyText({ maxLength: 40 });
  const changes = fc.record(
    {
      body: fc.oneof(text, fc.json(), fc.constant(body)),
      isBase64Encoded: fc.boolean(),
      rawPath: fc.oneof(text, fc.constant('/webhooks/polar')),
      headers: fc.dictionary(
        fc.constantFrom(
          'webhook-id',
          'webhook-timestamp',
          'webhook-signature',
          'Webhook-Id',
          '__proto__',
        ),
        fc.oneof(
          text,
          fc.constant(undefined),
          fc.nat().map(String),
          fc.base64String().map((s) => `v1,${s}`),
        ),
      ),
    },
    { requiredKeys: [] },
  );

  it('is never a fault of ours, and queued only if it is still signed', async () => {
    await fc.assert(
      fc.asyncProperty(changes, async ({ headers, ...rest }) => {
        const { ask, sent } = ingestAtWork();
        const original = signed(body);
        const request = { ...original, ...rest, headers: { ...original.headers, ...headers } };
        const { statusCode } = await ask(request);
        expect(statusCode).toBeLessThan(500);
        if (!isSigned(request)) expect(sent).toEqual([]);
        for (const { MessageBody } of sent) expect(MessageBody).toBe(body);
        expect(statusCode === 202).toBe(sent.length === 1);
      }),
      { numRuns: asMany(60, 12_500), examples: [[{}], [{ isBase64Encoded: true }]] },
    );
  });
});

function isSigned(request: WebhookRequest): boolean {
  const headers = new Map(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const raw = Buffer.from(request.body ?? '', request.isBase64Encoded ? 'base64' : 'utf8');
  const expected = createHmac('sha256', keyReadings['the decoded remainder'](secret))
    .update(`${headers.get('webhook-id')}.${headers.get('webhook-timestamp')}.`)
    .update(raw)
    .digest('base64');
  return headers.get('webhook-signature') === `v1,${expected}`;
}
