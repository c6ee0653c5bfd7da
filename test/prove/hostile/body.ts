import fc from 'fast-check';
import { anyText } from '#test/support/any-text.ts';

/** Makes another body of a payload. */
type BodyChange = (payload: string) => Buffer;

const types = ['order.paid', 'customer.created', 'customer.deleted', 'subscription.revoked'];

/** Values that nobody expects in a field, as JSON. */
const oddValue = fc.oneof(
  fc.constantFrom('null', 'true', '-0', '1e308', '1e999', '[]', '{}', '""', '"\\u0000"'),
  fc.constantFrom('"\\ud800"', '"__proto__"', '{"__proto__":{"email":"x@example.com"}}', '[[[]]]'),
  fc.constantFrom('"0000-00-00T00:00:00Z"', '"2026-13-45T99:99:99Z"', '"+275760-09-13T00:00:00Z"'),
  fc.constantFrom(
    '"0000-01-01T00:00:00Z"',
    '"9999-12-31T23:59:59-23:59"',
    '"10000-01-01T00:00:00Z"',
  ),
  fc.constantFrom(
    '"-271821-04-20T00:00:00Z"',
    '"2026-02-29T00:00:00Z"',
    '"2026-01-01T00:00:00+99:99"',
  ),
  fc.constantFrom('9007199254740993', '-9007199254740993', '1E+2', '0.1e1', '1e-400', '-1e308'),
  fc.nat({ max: 400 }).map((digits) => `1${'0'.repeat(digits)}`),
  fc.nat({ max: 5_000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc.nat({ max: 40_000 }).map((length) => JSON.stringify('x'.repeat(length))),
  anyText({ maxLength: 40 }).map((text) => JSON.stringify(text)),
  fc.double().map((number) => JSON.stringify(number)),
);

/** A field of the payload, wherever it stands, gets another value. */
const changedField = fc.tuple(fc.nat({ max: 400 }), oddValue).map(
  ([nth, value]): BodyChange =>
    (payload) => {
      const fields = [
        ...payload.matchAll(/"[a-z_]+":(?:"(?:[^"\\]|\\.)*"|[-\d.eE+]+|null|true|false)/g),
      ];
      const field = fields[nth % Math.max(1, fields.length)];
      if (!field) return Buffer.from(value);
      const name = field[0].slice(0, field[0].indexOf(':') + 1);
      const rest = payload.slice(field.index + field[0].length);
      return Buffer.from(payload.slice(0, field.index) + name + value + rest);
    },
);

const keyOfObjects = fc.constantFrom(
  ...['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', 'toJSON', 'then'],
);

/** An object, at whatever level, gets a key that every object has already. */
const addedKey = fc
  .tuple(
    fc.nat({ max: 60 }),
    keyOfObjects,
    fc.oneof(oddValue, fc.constantFrom('{"customer":{"id":"x"}}', '{"email":"eve@example.com"}')),
    fc.boolean(),
  )
  .map(
    ([nth, key, value, isFirst]): BodyChange =>
      (payload) => {
        const places = [...payload.matchAll(isFirst ? /\{(?=")/g : /(?<=[}\]"\de])\}/g)];
        const at = places[nth % Math.max(1, places.length)]?.index;
        if (at === undefined) return Buffer.from(payload);
        const own = `${JSON.stringify(key)}:${value}`;
        const [end, added] = isFirst ? [at + 1, `${own},`] : [at, `,${own}`];
        return Buffer.from(payload.slice(0, end) + added + payload.slice(end));
      },
  );

/** The same text in bytes that are not UTF-8, or are it in a way that is not allowed. */
const reencoded = fc.constantFrom<BodyChange>(
  (payload) => Buffer.from(payload, 'utf16le'),
  (payload) => Buffer.from(`\u{FEFF}${payload}`, 'utf16le'),
  (payload) => Buffer.from(`\u{FEFF}${payload}`, 'utf16le').swap16(),
  (payload) => Buffer.from(payload, 'latin1'),
  (payload) => Buffer.from(`\u{FEFF}\u{FEFF}${payload}`),
  // A slash in two bytes, a surrogate in three, and the beginning of a character.
  (payload) => Buffer.concat([Buffer.from(payload), Buffer.from([0xc0, 0xaf])]),
  (payload) => Buffer.concat([Buffer.from(payload), Buffer.from([0xed, 0xa0, 0x80])]),
  (payload) => Buffer.concat([Buffer.from(payload), Buffer.from([0xf0, 0x9f])]),
);

const changedBytes = fc
  .array(fc.tuple(fc.nat({ max: 5_000 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 })
  .map(
    (changes): BodyChange =>
      (payload) => {
        const bytes = Buffer.from(payload);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        return bytes;
      },
  );

const cut = fc.nat({ max: 5_000 }).map(
  (at): BodyChange =>
    (payload) =>
      Buffer.from(payload).subarray(0, at),
);

const wrapped = fc
  .constantFrom<readonly [string, string]>(
    ['\u{FEFF}', ''],
    [' \n', ' \n'],
    ['[', ']'],
    ['{"data":', '}'],
    ['{"__proto__":', ',"type":"order.paid"}'],
    ['{"type":"order.paid","type":"__proto__","data":', '}'],
    ['', '\0'],
    ['', '{}'],
  )
  .map(
    ([before, after]): BodyChange =>
      (payload) =>
        Buffer.from(before + payload + after),
  );

const other = fc
  .oneof(
    fc.json(),
    anyText({ maxLength: 200 }),
    fc.constantFrom('', ' ', 'null', '0', '"order.paid"', '{}', '[]', '{"type":null}', '-', '{"'),
    fc
      .tuple(fc.constantFrom(...types), oddValue)
      .map(([type, value]) => `{"type":"${type}","timestamp":${value},"data":${value}}`),
    fc
      .tuple(fc.constantFrom(...types), oddValue)
      .map(
        ([type, data]) => `{"type":"${type}","timestamp":"2026-11-01T00:00:00Z","data":${data}}`,
      ),
    fc.nat({ max: 20_000 }).map((depth) => '{"type":'.repeat(depth)),
    fc
      .nat({ max: 3_000 })
      .map(
        (depth) =>
          `{"type":"order.paid","data":${'{"customer":'.repeat(depth)}1${'}'.repeat(depth + 1)}`,
      ),
  )
  .map(
    (text): BodyChange =>
      () =>
        Buffer.from(text),
  );

const bytes = fc.uint8Array({ maxLength: 300 }).map(
  (some): BodyChange =>
    () =>
      Buffer.from(some),
);

/** Rare: a body above what the queue takes costs as much as a hundred others. */
const large = fc
  .tuple(fc.constantFrom('x', '€', '\0', '😀'), fc.integer({ min: 200_000, max: 1_200_000 }))
  .map(
    ([unit, times]): BodyChange =>
      (payload) =>
        Buffer.from(payload.replace(/}$/, `,"note":"${unit.repeat(times)}"}`)),
  );

export const hostileBody: fc.Arbitrary<BodyChange> = fc.oneof(
  { arbitrary: changedField, weight: 120 },
  { arbitrary: addedKey, weight: 40 },
  { arbitrary: reencoded, weight: 15 },
  { arbitrary: changedBytes, weight: 40 },
  { arbitrary: cut, weight: 20 },
  { arbitrary: wrapped, weight: 30 },
  { arbitrary: other, weight: 60 },
  { arbitrary: bytes, weight: 20 },
  { arbitrary: large, weight: 1 },
);
