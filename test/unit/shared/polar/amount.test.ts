import { describe, expect, it, vi } from 'vitest';
import { formattedAmount } from '#shared/polar/amount.ts';

/** Polar's own list, written out once more. */
const whole = [
  ...['BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'MGA'],
  ...['PYG', 'RWF', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'],
];

/** Only the number: some symbols end with a point of their own. */
const digitsOf = (text: string) => /\d[\d,.]*/.exec(text)?.[0].replaceAll(',', '');

describe('an amount', () => {
  it.each([
    [1999, 'usd', '$19.99'],
    [1900, 'usd', '$19.00'],
    [0, 'usd', '$0.00'],
    [-500, 'usd', '-$5.00'],
    [1999, 'jpy', '¥1,999'],
    [499_000, 'huf', 'HUF 4,990.00'],
    [90_000, 'twd', 'NT$900.00'],
    [3_700_000, 'ugx', 'UGX 37,000'],
    [3_700_050, 'ugx', 'UGX 37,000.50'],
    [990_000, 'isk', 'ISK 9,900'],
    [1999, 'xyz', 'XYZ 19.99'],
    [1999, 'credits', '19.99 CREDITS'],
    [1999, 'JPY', '¥1,999'],
  ])('of %i %s is %s', (minorUnits, currency, text) => {
    expect(formattedAmount(minorUnits, currency).replaceAll('\u00a0', ' ')).toBe(text);
  });

  it.each(Intl.supportedValuesOf('currency'))('in %s has the digits that Polar counts', (code) => {
    const isWhole = whole.includes(code);
    const currency = code.toLowerCase();
    expect(digitsOf(formattedAmount(123_456, currency))).toBe(isWhole ? '123456' : '1234.56');
    expect(digitsOf(formattedAmount(7, currency))).toBe(isWhole ? '7' : '0.07');
    expect(Number(digitsOf(formattedAmount(500_000, currency)))).toBe(isWhole ? 500_000 : 5_000);
  });

  it.each(['de', 'fr', 'ja', 'pt-BR'])('in the way of %s has the same digits', (language) => {
    for (const code of Intl.supportedValuesOf('currency')) {
      const digits = (amount: number) =>
        formattedAmount(amount, code, language).replaceAll(/[^0-9]/g, '');
      expect(digits(123_456)).toBe('123456');
      expect(digits(7)).toBe(whole.includes(code) ? '7' : '007');
    }
  });

  it('does not depend on what the runtime knows of currencies', () => {
    const told = vi.spyOn(Intl.NumberFormat.prototype, 'resolvedOptions').mockImplementation(() => {
      throw new Error('was asked');
    });
    expect(formattedAmount(1234, 'clf')).toContain('12.34');
    told.mockRestore();
  });
});
