/** Polar's rule: amounts in these are whole, amounts in all other currencies are in hundredths. */
const wholeCurrencies = new Set(
  'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '),
);

/** Polar counts them in hundredths, but nobody has those: a whole amount is written as one. */
const writtenWhole = new Set('afn all iqd irr isk kpw lak lbp mmk rsd sos syp ugx yer'.split(' '));

/**
 * An amount in Polar's minor units as people write it: `1999 usd` is `$19.99`, `1999 jpy` is `¥1,999`, `1999 isk`
 * is `ISK 19.99`. How many digits there are is Polar's rule, never what the runtime knows of a currency; `Intl` only
 * writes them, in the way of `language`. A text that is no currency stands behind the number.
 */
export function formattedAmount(minorUnits: number, currency: string, language = 'en'): string {
  const code = currency.toLowerCase();
  const digits = wholeCurrencies.has(code) ? 0 : 2;
  const value = minorUnits / 10 ** digits;
  const written = writtenWhole.has(code) && Number.isInteger(value) ? 0 : digits;
  return (
    formatOf(language, code, written)?.format(value) ??
    `${value.toFixed(written)} ${code.toUpperCase()}`
  );
}

type Format = Pick<Intl.NumberFormat, 'format'>;

/** Made when first needed: making one takes longer than writing a hundred amounts. */
const formats = new Map<string, Format>();

function formatOf(language: string, currency: string, digits: number): Format | undefined {
  const key = `${language} ${currency} ${digits}`;
  const known = formats.get(key);
  if (known) return known;
  const format = newFormat(language, currency, digits);
  if (format) formats.set(key, format);
  return format;
}

function newFormat(language: string, currency: string, digits: number): Format | undefined {
  try {
    return new Intl.NumberFormat(language, {
      style: 'currency',
      currency,
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
  } catch {
    return undefined;
  }
}
