import * as z from 'zod/mini';
import { formattedAmount } from './amount.ts';

// One for all of a kind: making a schema is a good part of a cold start.
const optionalText = z.optional(z.string());
const optionalNumber = z.optional(z.number());
const optionalBoolean = z.optional(z.boolean());

/** What one event tells workflows: the same flat names for all events; what an event does not have is absent. */
export const eventPropertiesSchema = z.object({
  customerId: optionalText,
  externalId: optionalText,
  country: optionalText,
  locale: optionalText,
  productId: optionalText,
  productName: optionalText,
  amount: optionalNumber,
  formattedAmount: optionalText,
  currency: optionalText,
  chargedAmount: optionalNumber,
  formattedChargedAmount: optionalText,
  balanceUsed: optionalNumber,
  formattedBalanceUsed: optionalText,
  balanceOwed: optionalNumber,
  formattedBalanceOwed: optionalText,
  creditedAmount: optionalNumber,
  formattedCreditedAmount: optionalText,
  taxAmount: optionalNumber,
  formattedTaxAmount: optionalText,
  refundedAmount: optionalNumber,
  formattedRefundedAmount: optionalText,
  taxIncluded: optionalBoolean,
  priceKind: optionalText,
  recurringAmount: optionalNumber,
  formattedRecurringAmount: optionalText,
  priceBeforeDiscount: optionalNumber,
  formattedPriceBeforeDiscount: optionalText,
  discountAmount: optionalNumber,
  formattedDiscountAmount: optionalText,
  discountName: optionalText,
  discountDuration: optionalText,
  discountMonths: optionalNumber,
  discountUntil: optionalText,
  seats: optionalNumber,
  billingReason: optionalText,
  orderId: optionalText,
  orderDate: optionalText,
  invoiceNumber: optionalText,
  receiptNumber: optionalText,
  nextPaymentAttempt: optionalText,
  subscriptionId: optionalText,
  status: optionalText,
  subscriptionStatus: optionalText,
  interval: optionalText,
  periodStart: optionalText,
  periodEnd: optionalText,
  paidUntil: optionalText,
  renewsAt: optionalText,
  trialEnd: optionalText,
  trialDays: optionalNumber,
  isFirstPeriod: optionalBoolean,
  pastDueSince: optionalText,
  pauseAtPeriodEnd: optionalBoolean,
  resumesAt: optionalText,
  endsAt: optionalText,
  endedAt: optionalText,
  endReason: optionalText,
  cancelAtPeriodEnd: optionalBoolean,
  cancellationReason: optionalText,
});
export type EventProperties = z.infer<typeof eventPropertiesSchema>;

type Name = keyof EventProperties;

/** Those in minor units, each with the one that says it as people write it. */
const amountProperties = [
  ['amount', 'formattedAmount'],
  ['chargedAmount', 'formattedChargedAmount'],
  ['balanceUsed', 'formattedBalanceUsed'],
  ['balanceOwed', 'formattedBalanceOwed'],
  ['creditedAmount', 'formattedCreditedAmount'],
  ['taxAmount', 'formattedTaxAmount'],
  ['refundedAmount', 'formattedRefundedAmount'],
  ['recurringAmount', 'formattedRecurringAmount'],
  ['priceBeforeDiscount', 'formattedPriceBeforeDiscount'],
  ['discountAmount', 'formattedDiscountAmount'],
] as const satisfies readonly (readonly [Name, Name])[];

const countProperties: readonly Name[] = ['discountMonths', 'seats', 'trialDays'];
export const booleanProperties: readonly Name[] = [
  'cancelAtPeriodEnd',
  'isFirstPeriod',
  'pauseAtPeriodEnd',
  'taxIncluded',
];
export const timeProperties: readonly Name[] = [
  'discountUntil',
  'orderDate',
  'nextPaymentAttempt',
  'periodStart',
  'periodEnd',
  'paidUntil',
  'renewsAt',
  'trialEnd',
  'pastDueSince',
  'resumesAt',
  'endsAt',
  'endedAt',
];

/** Whether a property is a number: an amount in minor units, or a count. */
export function isNumber(name: Name): boolean {
  return isAmount(name) || countProperties.includes(name);
}

export function isAmount(name: Name): boolean {
  return amountProperties.some(([amount]) => amount === name);
}

/** What says something of the person: it goes with an erasure. */
const personalProperties: readonly Name[] = ['externalId', 'country', 'locale'];

export function withoutPersonal(properties: EventProperties): EventProperties {
  return Object.fromEntries(
    Object.entries(properties).filter(([name]) => !personalProperties.some((one) => one === name)),
  );
}

/** A longer text is none, and would stand in an event record nine times. */
const longestCurrency = 20;

/**
 * The same with every amount written as people do. Records of version 0.1.0 hold texts with the digits that the
 * runtime knew, so what is shown is always written from the number.
 */
export function withFormattedAmounts(
  properties: EventProperties,
  language?: string,
): EventProperties {
  const { currency } = properties;
  if (currency === undefined || currency.length > longestCurrency) return properties;
  const written = amountProperties.flatMap(([name, formatted]) => {
    const amount = properties[name];
    return amount === undefined ? [] : [[formatted, formattedAmount(amount, currency, language)]];
  });
  return { ...properties, ...Object.fromEntries(written) };
}
