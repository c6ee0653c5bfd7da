import { gzipSync } from 'node:zlib';
import { uuidFrom } from './uuid.ts';

const mostKept = 300 * 1_024;
const [firstHan, lastHan] = [0x4e00, 0x9f9f];

/** Text of three bytes a character that does not become shorter by compression. */
function han(length: number, random: () => number): string {
  const drawn = () => firstHan + Math.floor(random() * (lastHan + 1 - firstHan));
  return Array.from({ length }, () => String.fromCharCode(drawn())).join('');
}

/**
 * Orders with as much of everything as is taken over, and payloads as large as one that is kept beside it. The second
 * one is of the same customer, so that its record tells of each change from and to the longest value.
 */
export function largestPayloads(random: () => number): readonly [string, string] {
  const customerId = uuidFrom(random);
  return [largestPayload(1, customerId, random), largestPayload(2, customerId, random)];
}

function largestPayload(minute: number, customerId: string, random: () => number): string {
  const at = `2026-11-01T00:0${minute}:00Z`;
  const text = (length = 1_000) => han(length, random);
  const data = {
    id: uuidFrom(random),
    created_at: at,
    modified_at: at,
    customer: {
      id: customerId,
      created_at: '2026-10-01T00:00:00Z',
      modified_at: at,
      email: `${text(64)}@${text(180)}.example`,
      name: `${text(128)} ${text(127)}`,
      external_id: text(4_096),
    },
    status: text(),
    billing_reason: text(),
    invoice_number: text(),
    description: text(),
    product_id: text(),
    subscription_id: text(),
    total_amount: Number.MAX_SAFE_INTEGER,
    // Each of them is three characters in capitals.
    currency: 'ΐ'.repeat(1_000),
    product: { id: text(), name: text() },
    subscription: {
      recurring_interval: text(),
      recurring_interval_count: Number.MAX_SAFE_INTEGER,
    },
  };
  const body = (rest: string) =>
    JSON.stringify({ type: 'order.paid', timestamp: at, data: { ...data, metadata: { rest } } });
  let rest = text(150_000);
  for (;;) {
    const over = gzipSync(body(rest)).byteLength - mostKept;
    if (over <= 0) return body(rest);
    rest = rest.slice(0, -Math.ceil(over / 3));
  }
}
