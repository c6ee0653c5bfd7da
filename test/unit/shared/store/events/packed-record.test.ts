import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EventRecord, eventRecordSchema } from '#shared/audience/event-record.ts';
import { isOfSubscription, toldVersion } from '#shared/audience/person/subscription-snapshot.ts';
import { polarEvent } from '#shared/polar/event.ts';
import { type EventProperties, eventPropertiesSchema } from '#shared/polar/event-properties.ts';
import { uuidOf } from '#shared/polar/sample/sample-values.ts';
import { packedPayload } from '#shared/store/events/packed-payload.ts';
import { packedRecord, unpackedRecord } from '#shared/store/events/packed-record.ts';
import { asMany } from '#test/support/as-many.ts';
import { publishedPayload } from '#test/support/polar/polar-schema-payload.ts';

const folder = new URL('../../../../fixtures/polar/', import.meta.url);
const bodies = readdirSync(folder)
  .filter((name) => name.endsWith('.json') && !name.includes('unsupported'))
  .map((name) => {
    const text = readFileSync(new URL(name, folder), 'utf8');
    return [name, JSON.stringify(JSON.parse(text))] as const;
  });

const plainBodies = bodies.filter(([name]) => name.includes('.plain.'));

const plain: EventRecord = {
  ...{ webhookId: 'evt-1', type: 'order.paid', customerId: 'c1', outcome: 'applied' },
  ...{ occurredAt: '2026-11-23T11:59:00.000000Z', receivedAt: '2026-11-23T12:00:00.000Z' },
  ...{ changes: [], settingsVersion: 3, properties: { customerId: 'c1' } },
};

/** The record of the event in a body. */
function recordIn(body: string): EventRecord {
  const parsed = polarEvent(body);
  if (parsed.kind !== 'event') throw new Error(parsed.kind);
  const { type, properties, subscription } = parsed.event;
  const record = {
    ...{ ...plain, type, properties },
    ...(subscription && isOfSubscription(type) && { subscription: toldVersion(subscription) }),
  };
  // Neither JSON nor DynamoDB knows -0.
  return eventRecordSchema.parse(JSON.parse(JSON.stringify(record)));
}

function thereAndBack(record: EventRecord, body: string) {
  const { packed: bytes, ...item } = packedRecord(record, body);
  const unpacked = unpackedRecord(bytes);
  return { body: unpacked.body, record: { ...item, ...unpacked.attributes } };
}

const anId = (n: number) => `8679a704-5da5-4f1a-a352-${(0xa2f8cadd98ee + n).toString(16)}`;

const orderly: EventProperties = { customerId: 'c1', amount: 1_999, currency: 'usd' };

describe('a record and the body of its webhook', () => {
  it.each(bodies)('come back as they were: %s', (_, body) => {
    const record = recordIn(body);
    expect(thereAndBack(record, body)).toEqual({ record, body });
  });

  it('come back as they were, whatever Polar may send', () => {
    const property = fc.property(publishedPayload, ({ payload }) => {
      const body = JSON.stringify(payload);
      const record = recordIn(body);
      expect(thereAndBack(record, body)).toEqual({ record, body });
    });
    fc.assert(property, { numRuns: asMany(40, 10_000) });
  });

  it.each<[string, string, Partial<EventRecord>]>([
    ['a body that is no JSON and has lines', 'hé\u0000llo\n👋\n\n', {}],
    ['an empty body', '', {}],
    ['a body with the mark of an id in it', `{"id":"${anId(1)}"}\u0001\u0020`, {}],
    [
      'a body with more ids than are kept apart',
      JSON.stringify(Array.from({ length: 200 }, (_, n) => anId(n % 120))),
      {},
    ],
    [
      'a body with ids side by side, and in capitals',
      `${anId(1)}${anId(2)}${anId(1)} ${anId(3).toUpperCase()}`,
      {},
    ],
    ['no properties', '{}', { properties: {} }],
    ['amounts in words', '{}', { properties: { ...orderly, formattedAmount: '$19.99' } }],
    ['other words for an amount', '{}', { properties: { ...orderly, formattedAmount: '19 $' } }],
    ['an amount without words', '{}', { properties: orderly }],
    ['every property', '{}', { properties: everything() }],
    ['what indexes show', '{}', { reason: 'Because.', contactId: 'contact', erased: true }],
    [
      'what it changed and what it asked for',
      '{}',
      {
        changes: [{ field: 'firstName', from: null, to: 'Ada\nLovelace' }],
        workflows: [{ workflowId: 'w', version: 1, name: 'W', verdict: 'skip', reason: 'No.' }],
        ...{ groupReason: 'It is the first.', keptByHand: ['lastName'] },
      },
    ],
  ])('come back as they were: %s', (_, body, part) => {
    const record = { ...plain, ...part };
    expect(thereAndBack(record, body)).toEqual({ record, body });
  });

  it.each(plainBodies)('take little more than the body alone: %s', (_, text) => {
    // Ids as Polar makes them: those of some fixtures are alike, which deflate knows to use.
    const body = text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, uuidOf);
    const together = packedRecord(recordIn(body), body).packed.byteLength;
    expect(together).toBeLessThan(packedPayload(body).byteLength + 130);
  });

  it('are read for ever as they were kept first', () => {
    const kept =
      'AwKGeacEXaVPGqNSovjK3Zju0SXAB7ImS8mJJodOoPGfuyOyPWtoqGtgFGJoYGVoamVsomdgaGpmYBBFbCuXUQFr7YHTUHztXOJaiui1V4Eh+WWhIbbSn4hiHOJ1RQIFNMk5DymLUSfhJhuCel+QlFsAYhtaWlqi9soQfTGsCZdRAaoSV3LlgvXMDI2wRjlqmkXtkqEnYONaAA==';
    expect(unpackedRecord(Buffer.from(kept, 'base64'))).toEqual({
      body: '{"type":"order.paid","timestamp":"2026-11-02T10:15:34.015600Z","api_version":"2026-10","data":{"id":"8679a704-5da5-4f1a-a352-a2f8cadd98ee","created_at":"2026-11-02T10:15:34.015600Z","status":"paid","paid":true,"billing_reason":"subscription_cycle","product":{"id":"p1","recurring_interval":"month","recurring_interval_count":1,"is_recurring":true},"discount":null,"subscription":{"id":"d125c007-b226-4bc9-8926-874ea0f19fbb","amount":0,"currency":"usd","customer_cancellation_comment":null,"metadata":{}},"items":[],"description":"","refundable_amount":0,"refundable_tax_amount":0}}',
      attributes: {
        properties: {
          ...{
            customerId: 'c1',
            locale: 'en',
            productId: 'p1',
            orderId: '8679a704-5da5-4f1a-a352-a2f8cadd98ee',
            amount: 1_999,
          },
          ...{ formattedAmount: '$19.99', currency: 'usd', billingReason: 'subscription_cycle' },
          ...{ status: 'paid', subscriptionStatus: 'active', interval: 'month' },
          renewsAt: '2026-12-02T10:15:34.015600Z',
        },
        ...{ settingsVersion: 3, changes: [] },
      },
    });
  });

  it.each([
    ['nothing at all', '', 'a form that this version does not know'],
    ['a form of another version', 'AgAB', 'a form that this version does not know'],
    ['half of it', 'AwCrVg==', 'unexpected end of file'],
  ])('are refused where there is %s', (_, base64, reason) => {
    expect(() => unpackedRecord(Buffer.from(base64, 'base64'))).toThrow(reason);
  });
});

/** A value for each name that there is today. */
function everything(): EventProperties {
  const values = (name: string) => [`the ${name}`, 7, true];
  const fitting = (name: string) =>
    values(name).find((value) => eventPropertiesSchema.safeParse({ [name]: value }).success);
  const names = Object.keys(eventPropertiesSchema.shape);
  return eventPropertiesSchema.parse(
    Object.fromEntries(names.map((name) => [name, fitting(name)])),
  );
}
