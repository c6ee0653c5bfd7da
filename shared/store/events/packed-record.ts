import { isDeepStrictEqual } from 'node:util';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { EventRecord } from '#shared/audience/event-record.ts';
import {
  type EventProperties,
  eventPropertiesSchema,
  withFormattedAmounts,
} from '#shared/polar/event-properties.ts';
import { idBytes, withIdsApart, withIdsBack } from './ids-apart.ts';
import { dictionary as bodies } from './packed-payload.ts';

/** What of a record is not packed: what indexes show, and what is written later. */
const apart = [
  ...['webhookId', 'type', 'occurredAt', 'receivedAt', 'outcome', 'reason', 'contactId', 'email'],
  ...['customerId', 'erases', 'erased', 'replays', 'replayCount'],
] as const satisfies readonly (keyof EventRecord)[];

/**
 * The order in which properties are kept. Never change it, or no record that was kept with it could be read any more. A
 * property that is not named here is kept with its name.
 */
const names = [
  ...['customerId', 'externalId', 'country', 'locale', 'productId', 'productName', 'amount'],
  ...['currency', 'chargedAmount', 'balanceUsed', 'balanceOwed', 'creditedAmount', 'taxAmount'],
  ...['refundedAmount', 'taxIncluded', 'priceKind', 'recurringAmount', 'priceBeforeDiscount'],
  ...['discountAmount', 'discountName', 'discountDuration', 'discountMonths', 'discountUntil'],
  ...['seats', 'billingReason', 'orderId', 'orderDate', 'invoiceNumber', 'receiptNumber'],
  ...['nextPaymentAttempt', 'subscriptionId', 'status', 'subscriptionStatus', 'interval'],
  ...['periodStart', 'periodEnd', 'paidUntil', 'renewsAt', 'trialEnd', 'trialDays'],
  ...['pastDueSince', 'pauseAtPeriodEnd', 'resumesAt', 'endsAt', 'endedAt', 'endReason'],
  ...['cancelAtPeriodEnd', 'cancellationReason'],
] as const satisfies readonly (keyof EventProperties)[];
const named: ReadonlySet<string> = new Set(names);

/**
 * What records have in common, with the bodies of their webhooks: a renewal and an event of a subscription from their
 * bodies to their properties come last, where they are nearest and cost least. Never change a byte of it: a better one
 * gets a form of its own.
 */
const dictionary = Buffer.concat([
  Buffer.from(
    `
{"changes":[{"field":"email","from":null,"to":""},{"field":"firstName","from":null,"to":""},
{"field":"lastName","from":null,"to":""},{"field":"externalId","from":null,"to":""},
{"field":"userGroup","from":null,"to":""},{"field":"customerId","from":null,"to":""},
{"field":"subscribed","from":null,"to":true}],"workflows":[{"workflowId":"","version":1,"name":"",
"verdict":"skip","reason":""},{"workflowId":"","version":1,"name":"","verdict":"send",
"ledgerKey":""}],"groupReason":"","subscription":{"version":"2026-","canceledAt":"2026-"},
"settingsVersion":1,"changes":[]}
`.replaceAll('\n', ''),
  ),
  Buffer.from('\n'.repeat(20)),
  bodies,
  // `|` stands for a line break.
  Buffer.from(
    `
|""|""|""|""|""|0|"usd"||||||||""|0|0|||||||||||||""
|"active"|"active"|"month"|"2026-|"2026-||"2026-||||false|||||false|||
{"settingsVersion":1,"changes":[],"subscription":{"version":"2026-"}}
{"type":"order.paid","timestamp":"2026-","api_version":"2026-10","data":{"id":"","created_at":"2026-","modified_at":"2026-",
"status":"paid","paid":true,"subtotal_amount":0,"discount_amount":0,"net_amount":0,
"tax_amount":0,"total_amount":0,"applied_balance_amount":0,"due_amount":0,"refunded_amount":0,
"refunded_tax_amount":0,"currency":"usd","billing_reason":"subscription_cycle",
"billing_name":"","billing_address":{"line1":"","line2":null,"postal_code":"","city":"",
"state":null,"country":""},"invoice_number":"","is_invoice_generated":false,
"receipt_number":null,"seats":null,"units":null,"customer_id":"","product_id":"",
"discount_id":null,"subscription_id":null,"checkout_id":"","next_payment_attempt_at":null,
"metadata":{},"custom_field_data":{},"platform_fee_amount":0,"platform_fee_currency":"usd",
"customer":{"id":"","created_at":"2026-","modified_at":null,"metadata":{},"external_id":"",
"email":"","email_verified":false,"type":"individual","name":"","billing_name":"",
"billing_address":{"line1":"","line2":null,"postal_code":"","city":"","state":null,
"country":""},"tax_id":null,"locale":"","organization_id":"","default_payment_method_id":null,
"deleted_at":null,"first_user_event_at":null,
"avatar_url":"https://www.gravatar.com/avatar/?d=404"},"product":{"id":"","created_at":"2026-",
"modified_at":"2026-","trial_interval":null,"trial_interval_count":null,"name":"",
"description":null,"visibility":"public","recurring_interval":"month",
"recurring_interval_count":0,"meter_interval":null,"meter_interval_count":null,
"is_recurring":true,"is_archived":false,"organization_id":"","metadata":{}},"discount":null,
"subscription":{"created_at":"2026-","modified_at":null,"id":"","amount":0,"currency":"usd",
"recurring_interval":"month","recurring_interval_count":0,"status":"active",
"current_period_start":"2026-","current_period_end":"2026-","current_meter_period_start":null,
"current_meter_period_end":null,"trial_start":null,"trial_end":null,
"cancel_at_period_end":false,"canceled_at":null,"started_at":"2026-","ends_at":null,
"ended_at":null,"past_due_at":null,"pause_at_period_end":false,"paused_at":null,
"resumes_at":null,"customer_id":"","product_id":"","discount_id":null,"checkout_id":"",
"seats":null,"units":null,"customer_cancellation_reason":null,
"customer_cancellation_comment":null,"metadata":{},"custom_field_data":{}},
"items":[{"created_at":"2026-","modified_at":null,"id":"","label":"","amount":0,"tax_amount":0,
"proration":false,"product_price_id":"","start_timestamp":null,"end_timestamp":null}],
"description":"","refundable_amount":0,"refundable_tax_amount":0}}
|""|""|"en"|""|""|0|"usd"|0||||0|||||0|0||||||"subscription_cycle"|""|"2026-|""|""||""|"paid"|"active"|"month"|"2026-|"2026-|"2026-|"2026-||||||||||||
{"settingsVersion":1,"changes":[]}
`
      .replaceAll('\n', '')
      .replaceAll('|', '\n'),
  ),
]);

/**
 * The first byte of what was packed so. After it comes how many ids there are apart from the text, and the ids. 2 was
 * another form, of no version that was released.
 */
const form = 3;

function deflated(text: string): Uint8Array {
  const { text: marked, ids } = withIdsApart(text);
  const head = Uint8Array.of(form, ids.byteLength / idBytes);
  return Buffer.concat([head, ids, deflateRawSync(marked, { dictionary })]);
}

function inflated(packed: Uint8Array): string {
  const [first, idCount = 0] = packed;
  if (first !== form) {
    throw new Error('The record was kept in a form that this version does not know.');
  }
  const start = 2 + idCount * idBytes;
  const marked = inflateRawSync(packed.subarray(start), { dictionary }).toString();
  return withIdsBack(marked, packed.subarray(2, start));
}

/** A record with the body of its webhook, of which most of the record is a repetition, packed as one. */
export function packedRecord({ properties, ...record }: EventRecord, body: string) {
  const isApart = (name: string) => apart.some((one) => one === name);
  const entries = Object.entries(record);
  const rest = Object.fromEntries(entries.filter(([name]) => !isApart(name)));
  const values = [...names.map((name) => properties[name]), othersOf(properties), rest];
  // A line each, without a line break in it; an empty one for what there is not.
  const lines = values.map((value) => (value === undefined ? '' : JSON.stringify(value)));
  const text = [body, ...lines].join('\n');
  return {
    ...Object.fromEntries(entries.filter(([name]) => isApart(name))),
    packed: deflated(text),
  };
}

/** What was packed so: the body, and the attributes of the record that are not apart. Throws at anything else. */
export function unpackedRecord(packed: Uint8Array) {
  const lines = inflated(packed).split('\n');
  const values = lines.splice(-names.length - 2).map(parsedLine);
  const own = names.flatMap((name, nth) =>
    values[nth] === undefined ? [] : [[name, values[nth]] as const],
  );
  const [others, rest] = values.slice(names.length);
  const properties = eventPropertiesSchema.parse({ ...Object.fromEntries(own), ...Object(others) });
  return {
    body: lines.join('\n'),
    attributes: {
      ...Object(rest),
      properties: others === undefined ? withFormattedAmounts(properties) : properties,
    },
  };
}

function parsedLine(line: string): unknown {
  return line === '' ? undefined : JSON.parse(line);
}

/** Properties that have no place of their own; undefined where they are the amounts as people write them. */
function othersOf(properties: EventProperties): Readonly<Record<string, unknown>> | undefined {
  const entries = Object.entries(properties);
  const plain = Object.fromEntries(entries.filter(([name]) => named.has(name)));
  if (isDeepStrictEqual(withFormattedAmounts(plain), properties)) return undefined;
  return Object.fromEntries(entries.filter(([name]) => !named.has(name)));
}
