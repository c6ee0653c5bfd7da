import type { Webhook } from '#test/support/audience/worker-by-batches.ts';

let webhooks = 0;

/** A webhook about a customer, told the minutes after the first that it says. */
export function told(
  type: string,
  id: string,
  minute: number,
  { noise = '', ...data }: Data = {},
): Webhook {
  webhooks += 1;
  const at = new Date(Date.UTC(2026, 10, 23, 8, minute)).toISOString();
  const customer = {
    ...{ id, created_at: '2026-11-23T08:00:00.000Z', modified_at: at, deleted_at: null },
    ...{ email: `${id}@example.com`, name: `${id} Lee`, external_id: null, metadata: { noise } },
    ...data,
  };
  const order = { id: `order-${minute}`, created_at: at, modified_at: at, customer };
  const body = { type, timestamp: at, data: type.startsWith('order.') ? order : customer };
  return { webhookId: `evt-${webhooks}`, type, body: JSON.stringify(body) };
}
type Data = Record<string, unknown> & { noise?: string };

export const updated = (id: string, minute: number, data?: Data) =>
  told('customer.updated', id, minute, data);
export const created = (id: string, minute: number, data?: Data) =>
  told('customer.created', id, minute, data);
export const deleted = (id: string, minute: number, data: Data = {}) =>
  told('customer.deleted', id, minute, { deleted_at: '2026-11-23T09:00:00.000Z', ...data });
