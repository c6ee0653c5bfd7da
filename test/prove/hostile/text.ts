import fc from 'fast-check';
import { anyText } from '#test/support/any-text.ts';

/** Fields that hold text of people, or of the program of a merchant, in whatever form: any text keeps to the schema. */
const textFields =
  /"(?:email|name|external_id|description|invoice_number|currency|customer_cancellation_comment)":"(?:[^"\\]|\\.)*"/g;

const hostileText = fc.oneof(
  fc.constantFrom('\0', '\0@example.com', 'a\0b', '\ud800', '\udc00\ud800', '\ud800@example.com'),
  fc.constantFrom('\u202Eevil', 'a\u202Eb@example.com', '\u2066x\u2069', 'שלום', 'مرحبا', '\u061C'),
  fc.constantFrom(
    '\u200B',
    '\u200B@example.com',
    'a\u200Db',
    '\uFEFF',
    '\u00AD',
    '\u{E0041}',
    '\u2028',
  ),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    '{{ contact.email }}',
    '<script>',
    '=1+1',
  ),
  fc.constantFrom('a@b', 'a@b@c.example', '"a b"@example.com', 'a@[127.0.0.1]', '@', 'a@', '@b'),
  fc.constantFrom(
    'İ@EXAMPLE.com',
    'ﬀ@example.com',
    'ß@example.com',
    'а@example.com',
    '\u212A@example.com',
  ),
  fc.constantFrom('Win http://evil.example', '\r\nBcc: eve@example.com', 'ſ', '\u0300'),
  fc
    .tuple(
      fc.constantFrom('x', '€', '😀', '\u0301', ' ', '\0', 'a@', '\u202E', 'ΐ'),
      fc.constantFrom(64, 65, 190, 254, 255, 256, 1_000, 1_001, 4_096, 4_097, 10_000),
      fc.constantFrom('', '@example.com', '@', ' '),
    )
    .map(([unit, times, end]) => unit.repeat(times) + end),
  anyText({ maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 100 }),
);

/** Puts hostile texts into the fields of a payload that may hold any text, so that it stays as valid as it was. */
export const changedTexts: fc.Arbitrary<(payload: string) => string> = fc
  .array(fc.tuple(fc.boolean(), hostileText), { minLength: 1, maxLength: 12 })
  .map((texts) => (payload: string) => {
    let nth = 0;
    return payload.replaceAll(textFields, (field) => {
      const [isChanged, text] = texts[nth++ % texts.length] ?? [false, ''];
      if (!isChanged) return field;
      return field.slice(0, field.indexOf(':') + 1) + JSON.stringify(text);
    });
  });
