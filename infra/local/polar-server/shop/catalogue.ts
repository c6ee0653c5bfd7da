import type { Person } from '#shared/polar/sample/sample-customer.ts';
import { subscription } from '#shared/polar/sample/sample-purchase.ts';
import { uuidOf } from '#shared/polar/sample/sample-values.ts';

export type Interval = 'month' | 'year';

export type Product = Readonly<{
  id: string;
  name: string;
  /** Per period, in minor units, without tax. */
  amount: number;
  currency: string;
  /** null: bought once. */
  interval: Interval | null;
  trialDays: number;
}>;

function product(name: string, amount: number, currency: string, more: Partial<Product> = {}) {
  const id = uuidOf(`product ${name}`);
  return { id, name, amount, currency, interval: null, trialDays: 0, ...more };
}

/** What can be bought. Prices are without tax. */
export const catalogue: readonly Product[] = [
  product('Studio Monthly', 1900, 'usd', { interval: 'month' }),
  product('Studio Yearly', 19_000, 'usd', { interval: 'year' }),
  product('Atelier', 2900, 'eur', { interval: 'month', trialDays: 14 }),
  product('Field Guide to Type', 3500, 'usd'),
  product('Letterpress Poster', 4800, 'jpy'),
];

const nobody: Person = { customerId: '', email: '', name: '', externalId: null, isNew: true };

/** A product as Polar shows it alone and inside a subscription. */
export function productRow(
  { id, name, amount, currency, interval, trialDays }: Product,
  organizationId: string,
) {
  const { product: usual } = subscription(nobody, new Date(0), 'subscription.created');
  return {
    ...usual,
    id,
    name,
    description: null,
    organization_id: organizationId,
    recurring_interval: interval,
    recurring_interval_count: interval && 1,
    is_recurring: interval !== null,
    trial_interval: trialDays > 0 ? 'day' : null,
    trial_interval_count: trialDays > 0 ? trialDays : null,
    prices: usual.prices.map((price) => ({
      ...price,
      id: uuidOf(`price of ${id}`),
      product_id: id,
      price_currency: currency,
      price_amount: amount,
    })),
  };
}

/** A product as Polar shows it inside an order. */
export function productInOrder(row: ReturnType<typeof productRow>) {
  const { is_deletable, prices, benefits, medias, attached_custom_fields, ...shown } = row;
  return shown;
}
