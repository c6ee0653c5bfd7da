import { isDeepStrictEqual } from 'node:util';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { EventRecord } from '#shared/audience/event-record.ts';
import {
  type EventProperties,
  eventPropertiesSchema,
  withFormattedAmounts,
} from '#shared/polar/event-properties.ts';
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

/** What records have in common beside the bodies. Never change a byte of it, either. */
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
]);

/** The first byte of what was packed so. */
const form = 2;

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
    packed: Buffer.concat([Uint8Array.of(form), deflateRawSync(text, { dictionary })]),
  };
}

/** What was packed so: the body, and the attributes of the record that are not apart. Throws at anything else. */
export function unpackedRecord(packed: Uint8Array) {
  if (packed[0] !== form) {
    throw new Error('The record was kept in a form that this version does not know.');
  }
  const lines = inflateRawSync(packed.subarray(1), { dictionary }).toString().split('\n');
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
