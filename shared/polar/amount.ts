/**
 * An amount in minor units as people write it: `1999 usd` is `$19.99`, `1999 jpy` is `¥1,999`.
 * A currency that `Intl` does not know is written behind the plain number.
 */
export function formattedAmount(minorUnits: number, currency: string): string {
  try {
    const format = new Intl.NumberFormat('en-US', { style: 'currency', currency });
    const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
    return format.format(minorUnits / 10 ** digits);
  } catch {
    return `${minorUnits} ${currency.toUpperCase()}`;
  }
}
