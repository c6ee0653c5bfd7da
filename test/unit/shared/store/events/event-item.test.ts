import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { eventRecordSchema } from '#shared/audience/event-record.ts';
import { eventItem, payloadText } from '#shared/store/events/event-item.ts';

const record = eventRecordSchema.parse({
  webhookId: 'evt-1',
  type: 'order.paid',
  occurredAt: '2026-10-01T00:00:00.000000Z',
  receivedAt: '2026-11-23T12:00:00.999Z',
  outcome: 'unchanged',
  changes: [],
  settingsVersion: 0,
  customerId: 'c1',
  properties: { customerId: 'c1' },
});

const secondsAt = (time: string) => Date.parse(time) / 1_000;

describe('the item of an event record', () => {
  it.each([
    [1, '2026-11-24T12:00:00Z'],
    [90, '2027-02-21T12:00:00Z'],
    [400, '2027-12-28T12:00:00Z'],
  ])('expires %s days after it was received, to the second', (retentionDays, expected) => {
    const { expiresAt } = eventItem(record, '{}', retentionDays);
    expect(expiresAt).toBe(secondsAt(expected));
  });

  it('holds the record and its payload', () => {
    const { payload, ...item } = eventItem(record, '{"a":"ü"}', 90);
    expect(item).toMatchObject(record);
    expect(payload).toBeInstanceOf(Uint8Array);
    expect(payloadText(Buffer.from(payload as Uint8Array))).toBe('{"a":"ü"}');
  });

  it('has no payload where none is kept, and says nothing of one that was left out', () => {
    const item = eventItem(record, undefined, 90);
    expect(item).not.toHaveProperty('payload');
    expect(item).not.toHaveProperty('payloadOmitted');
  });

  // Random bytes as base64: compressed, they are about as long as they were.
  it.each([
    ['keeps', 280, { payload: expect.any(Uint8Array) }],
    ['leaves out, and marks,', 310, { payloadOmitted: true }],
  ])('%s a payload of %s KB compressed', (_, kilobytes, expected) => {
    const text = randomBytes(kilobytes * 1_024).toString('base64');
    const { expiresAt, dayShard, ...item } = eventItem(record, text, 90);
    expect(item).toEqual({ ...record, ...expected });
  });
});
