import fc from 'fast-check';

/** Makes another body of a payload. */
export type BodyChange = (payload: string) => Buffer;

const types = ['order.paid', 'customer.created', 'customer.deleted', 'subscription.revoked'];

/** Values that nobody expects in a field, as JSON. */
const oddValue = fc.oneof(
  fc.constantFrom('null', 'true', '-0', '1e308', '1e999', '[]', '{}', '""', '"\\u0000"'),
  fc.constantFrom('"\\ud800"', '"__proto__"', '{"__proto__":{"email":"x@example.com"}}', '[[[]]]'),
  fc.constantFrom('"0000-00-00T00:00:00Z"', '"2026-13-45T99:99:99Z"', '"+275760-09-13T00:00:00Z"'),
  fc.nat({ max: 5_000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc.nat({ max: 40_000 }).map((length) => JSON.stringify('x'.repeat(length))),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => JSON.stringify(text)),
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
    fc.string({ unit: 'binary', maxLength: 200 }),
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
  { arbitrary: changedBytes, weight: 40 },
  { arbitrary: cut, weight: 20 },
  { arbitrary: wrapped, weight: 30 },
  { arbitrary: other, weight: 60 },
  { arbitrary: bytes, weight: 20 },
  { arbitrary: large, weight: 1 },
);
