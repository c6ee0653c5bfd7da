import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { eventRecordSchema } from '#shared/audience/event-record.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import { polarEvent } from '#shared/polar/event.ts';
import { eventItem, recordedOf } from '#shared/store/events/event-item.ts';
import { person, renewalPayload } from '#test/bench/sample-events.ts';

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

/** What DynamoDB counts, or a little more: it keeps numbers in fewer bytes. */
function bytesOf(item: Readonly<Record<string, unknown>>): number {
  const sizeOf = (value: unknown) =>
    value instanceof Uint8Array ? value.byteLength : Buffer.byteLength(String(value));
  return Object.entries(item).reduce((sum, [name, value]) => sum + name.length + sizeOf(value), 0);
}

describe('the item of an event record', () => {
  it('is within one write unit for a renewal', () => {
    const someone = { ...person(4_711, 'customers'), isNew: false };
    const begun = new Date('2026-10-23T11:59:03.123Z');
    const body = JSON.stringify(renewalPayload(someone, begun, new Date('2026-11-23T11:59:04Z')));
    const parsed = polarEvent(body);
    if (parsed.kind !== 'event') throw new Error(parsed.reason);
    const { type, occurredAt, properties } = parsed.event;
    const { customerId, email } = someone;
    const known = { customerId, email: normalisedEmail(email), contactId: randomUUID() };
    const renewal = { ...record, webhookId: randomUUID(), type, occurredAt, properties, ...known };
    expect(bytesOf(eventItem(renewal, body, 90))).toBeLessThanOrEqual(1_024);
  });

  it.each([
    [1, '2026-11-24T12:00:00Z'],
    [90, '2027-02-21T12:00:00Z'],
    [400, '2027-12-28T12:00:00Z'],
  ])('expires %s days after it was received, to the second', (retentionDays, expected) => {
    const { expiresAt } = eventItem(record, '{}', retentionDays);
    expect(expiresAt).toBe(secondsAt(expected));
  });

  it.each([
    ['short', '{"a":"ü"}'],
    ['long', `{"a":"${'ü'.repeat(20_000)}"}`],
  ])('holds the record and its %s payload', (_, payload) => {
    expect(recordedOf(eventItem(record, payload, 90))).toEqual({ record, payload });
  });

  it('shows what indexes hold and what is written later, whatever is packed', () => {
    const replays = [{ replayId: 'r', at: '', by: '', triggers: true, again: false }].map(
      (replay) => ({ ...replay, outcome: 'applied' as const, changes: [], settingsVersion: 1 }),
    );
    const more = {
      contactId: 'contact',
      reason: 'Because.',
      replays,
      replayCount: 1,
      erased: true,
    };
    const { changes, settingsVersion, properties, ...shown } = { ...record, ...more };
    expect(eventItem({ ...record, ...more }, '{}', 90)).toEqual({
      ...{ ...shown, packed: expect.any(Uint8Array) },
      ...{ expiresAt: expect.any(Number), dayShard: expect.stringMatching(/^2026-11-23#\d$/) },
    });
  });

  it('leaves a long payload apart from the record, so that a list need not read it', () => {
    const { payload, ...item } = eventItem(record, ' '.repeat(20_000), 90);
    expect(item).toMatchObject(record);
    expect(payload).toBeInstanceOf(Uint8Array);
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
