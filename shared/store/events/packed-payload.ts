import { deflateRawSync, gunzipSync, inflateRawSync } from 'node:zlib';

/**
 * What the bodies of Polar's webhooks have in common: the names of their fields, and usual values. Deflate begins with it,
 * so that a body takes half of what it takes in gzip, and less time. Never change a byte of it: no payload that was kept
 * with it could be read any more. A better one gets a first byte of its own, beside this one.
 */
export const dictionary = Buffer.from(
  `
{"type":"order.paid","timestamp":"2026-","api_version":"2026-10","data":{"id":"",
"created_at":"2026-","modified_at":"2026-","status":"paid","paid":true,"subtotal_amount":0,
"discount_amount":0,"net_amount":0,"tax_amount":0,"total_amount":0,"applied_balance_amount":0,
"due_amount":0,"refunded_amount":0,"refunded_tax_amount":0,"currency":"usd",
"billing_reason":"purchase","billing_name":"","billing_address":{"line1":"","line2":null,
"postal_code":"","city":"","state":null,"country":""},"invoice_number":"",
"is_invoice_generated":false,"receipt_number":null,"seats":null,"units":null,"customer_id":"",
"product_id":"","discount_id":null,"subscription_id":null,"checkout_id":"",
"next_payment_attempt_at":null,"metadata":{},"custom_field_data":{},"platform_fee_amount":0,
"platform_fee_currency":"usd","discount":null,"subscription":null,
"items":[{"created_at":"2026-","modified_at":null,"id":"","label":"","amount":0,"tax_amount":0,
"proration":false,"product_price_id":"","start_timestamp":null,"end_timestamp":null}],
"description":"","refundable_amount":0,"refundable_tax_amount":0}}
{"type":"subscription.active","timestamp":"2026-","api_version":"2026-10",
"data":{"created_at":"2026-","modified_at":null,"id":"","amount":0,"currency":"usd",
"recurring_interval":"month","recurring_interval_count":0,"status":"active",
"current_period_start":"2026-","current_period_end":"2026-","current_meter_period_start":null,
"current_meter_period_end":null,"trial_start":null,"trial_end":null,
"cancel_at_period_end":false,"canceled_at":null,"started_at":"2026-","ends_at":null,
"ended_at":null,"past_due_at":null,"pause_at_period_end":false,"paused_at":null,
"resumes_at":null,"customer_id":"","product_id":"","discount_id":null,"checkout_id":"",
"seats":null,"units":null,"customer_cancellation_reason":null,
"customer_cancellation_comment":null,"metadata":{},"custom_field_data":{},"customer":{"id":"",
"created_at":"2026-","modified_at":null,"metadata":{},"external_id":"","email":"",
"email_verified":false,"type":"individual","name":"","billing_name":"",
"billing_address":{"line1":"","line2":null,"postal_code":"","city":"","state":null,
"country":""},"tax_id":null,"locale":"","organization_id":"","default_payment_method_id":null,
"deleted_at":null,"first_user_event_at":null,
"avatar_url":"https://www.gravatar.com/avatar/?d=404"},"product":{"id":"","created_at":"2026-",
"modified_at":"2026-","trial_interval":null,"trial_interval_count":null,"name":"",
"description":"","visibility":"public","recurring_interval":"month",
"recurring_interval_count":0,"meter_interval":null,"meter_interval_count":null,
"is_recurring":true,"is_archived":false,"organization_id":"","metadata":{},"is_deletable":false,
"prices":[{"created_at":"2026-","modified_at":null,"id":"","source":"catalog",
"amount_type":"fixed","price_currency":"usd","tax_behavior":null,"is_archived":false,
"product_id":"","price_amount":0}],"benefits":[],"medias":[],"attached_custom_fields":[]},
"discount":null,"prices":[{"created_at":"2026-","modified_at":null,"id":"","source":"catalog",
"amount_type":"fixed","price_currency":"usd","tax_behavior":null,"is_archived":false,
"product_id":"","price_amount":0}],"meters":[],"pending_update":null}}
`.replaceAll('\n', ''),
);

/** The first byte of what was packed with this dictionary. Gzip, as version 0.1.0 kept payloads, begins with 0x1f. */
const withDictionary = 1;
const gzip = 0x1f;

/** The body of a webhook, as it is kept. */
export function packedPayload(body: string): Uint8Array {
  const deflated = deflateRawSync(body, { dictionary });
  return Buffer.concat([Uint8Array.of(withDictionary), deflated]);
}

/** The body of a webhook from what was kept, by this version or 0.1.0. Throws at anything else. */
export function unpackedPayload(kept: Uint8Array): string {
  const [first] = kept;
  if (first === gzip) return gunzipSync(kept).toString();
  if (first !== withDictionary) {
    throw new Error('The payload was kept in a form that this version does not know.');
  }
  return inflateRawSync(kept.subarray(1), { dictionary }).toString();
}
