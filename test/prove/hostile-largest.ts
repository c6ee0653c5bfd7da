import { randomInt, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';

const mostKept = 300 * 1_024;
const customerId = randomUUID();

/** Text of three bytes a character that does not become shorter by compression. */
function han(length: number): string {
  return Array.from({ length }, () => String.fromCharCode(randomInt(0x4e00, 0x9fa0))).join('');
}

/**
 * An order with as much of everything as is taken over, and a payload as large as one that is kept beside it. A second
 * one is of the same customer, so that its record tells of each change from and to the longest value.
 */
export function largestPayload(minute: number): string {
  const at = `2026-11-01T00:0${minute}:00Z`;
  const text = () => han(1_000);
  const data = {
    id: randomUUID(),
    created_at: at,
    modified_at: at,
    customer: {
      id: customerId,
      created_at: '2026-10-01T00:00:00Z',
      modified_at: at,
      email: `${han(64)}@${han(180)}.example`,
      name: `${han(128)} ${han(127)}`,
      external_id: han(4_096),
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
  let rest = han(150_000);
  for (;;) {
    const over = gzipSync(body(rest)).byteLength - mostKept;
    if (over <= 0) return body(rest);
    rest = rest.slice(0, -Math.ceil(over / 3));
  }
}
