import fc from 'fast-check';
import { type SupportedEventType, supportedEventTypes } from '#shared/polar/event-types.ts';
import { anyText, anyUrl } from '#test/support/any-text.ts';
import {
  declarationName,
  declarations,
  definition,
  type PolarVersion,
  polarVersions,
  type Shape,
} from './polar-declarations.ts';

export type DrawnPayload = Readonly<{
  version: PolarVersion;
  type: SupportedEventType;
  payload: Readonly<Record<string, unknown>>;
}>;

type OfType = (type: SupportedEventType) => fc.Arbitrary<unknown>;

function anyPayload(ofVersion: (version: PolarVersion) => OfType): fc.Arbitrary<DrawnPayload> {
  return fc.oneof(
    ...polarVersions.flatMap((version) => {
      const ofType = ofVersion(version);
      return supportedEventTypes.map((type) =>
        ofType(type).map((drawn) => ({ version, type, payload: { ...Object(drawn), type } })),
      );
    }),
  );
}

function payloads(version: PolarVersion, isLater: boolean): OfType {
  const text = declarations(version);
  const named = new Map<string, fc.Arbitrary<unknown>>();

  function byName(name: string): fc.Arbitrary<unknown> {
    const known = named.get(name);
    if (known) return known;
    named.set(
      name,
      fc.constant(name).chain((self) => byName(self)),
    );
    const arbitrary = ofShape(definition(text, name), '');
    named.set(name, arbitrary);
    return arbitrary;
  }

  function ofShape(shape: Shape, field: string): fc.Arbitrary<unknown> {
    switch (shape.kind) {
      case 'word':
        return shape.name === 'string' ? textOf(field) : (words[shape.name] ?? byName(shape.name));
      case 'literal':
        return fc.oneof(...alternatives([shape], field));
      case 'list':
        return fc.array(ofShape(shape.of, ''), { maxLength: 2 });
      case 'record': {
        const entry = fc.tuple(awkwardText, ofShape(shape.of, ''));
        return fc.array(entry, { maxLength: 3 }).map((entries) => Object.fromEntries(entries));
      }
      case 'union':
        return fc.oneof({ maxDepth: 2 }, ...alternatives(shape.of, field));
      case 'object': {
        const known = fc.record(
          Object.fromEntries(shape.fields.map((one) => [one.name, ofShape(one.shape, one.name)])),
          { requiredKeys: shape.fields.filter((one) => !one.isOptional).map(({ name }) => name) },
        );
        return isLater
          ? fc.tuple(unknownKeys, known).map(([more, own]) => withKeys(own, more))
          : known;
      }
    }
  }

  function alternatives(shapes: readonly Shape[], field: string) {
    const literals = shapes.flatMap((one) => (one.kind === 'literal' ? [one.value] : []));
    const others = shapes.filter((one) => one.kind !== 'literal').map((one) => ofShape(one, field));
    const isEnum = literals.some((value) => typeof value === 'string');
    return [
      ...others,
      // Else hardly any payload would change anything: most customers are not deleted.
      ...(literals.length > 0
        ? [{ arbitrary: fc.constantFrom(...literals), weight: field === 'deleted_at' ? 5 : 1 }]
        : []),
      ...(isLater && isEnum ? [awkwardText] : []),
    ];
  }

  return (type) => byName(declarationName(type));
}

/** `own` wins, and a key like `__proto__` is a key like any other. */
function withKeys(own: object, more: object): object {
  return Object.fromEntries([...Object.entries(more), ...Object.entries(own)]);
}

const awkwardText = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '\r\n\t',
    '👩‍👩‍👧‍👦 🇳🇱',
    'مرحبا \u202Eabc',
    '\uFEFF\u2028',
    '\uFFFF',
    'İ',
  ),
  fc.constantFrom('null', '__proto__', '__anonymized_at', 'constructor', '<b>"\'\\', '-0', '1e999'),
  anyText({ maxLength: 30 }),
  fc.string({ maxLength: 40 }),
  fc
    .tuple(fc.constantFrom('a', '€', '😀', 'word ', '\0'), fc.nat({ max: 800 }))
    .map(([unit, times]) => unit.repeat(times)),
);

const time = fc
  .tuple(
    fc.oneof(
      fc.constantFrom('0001-01-01T00:00:00', '9999-12-31T23:59:59', '2024-02-29T23:59:59'),
      fc.constantFrom('2026-11-01T00:00:00', '2026-11-01T00:00:01', '1969-12-31T23:59:59'),
      fc
        .date({
          min: new Date('0001-01-01T00:00:00Z'),
          max: new Date('9999-12-31T23:59:59Z'),
          noInvalidDate: true,
        })
        .map((date) => date.toISOString().slice(0, 19)),
    ),
    fc.stringMatching(/^(\.\d{1,6})?$/),
    fc.constantFrom('Z', '+00:00'),
  )
  .map((parts) => parts.join(''));

const id = fc.oneof(
  fc.constantFrom('8a3b1c9e-0000-4000-8000-000000000001', '8a3b1c9e-0000-4000-8000-000000000002'),
  fc.uuid(),
);

const email = fc.oneof(
  fc.constantFrom('ann@example.com', 'Ann@Example.COM', ' bob@example.com ', 'İ@example.com'),
  fc.emailAddress(),
  fc.constantFrom('b5d4@anonymized.polar.sh', 'b5d4@anonymized.invalid'),
  fc.constantFrom('@', 'no-at-sign', 'two@at@example.com'),
  fc.nat({ max: 260 }).map((length) => `${'ü'.repeat(length % 70)}@${'x'.repeat(length)}.example`),
  awkwardText,
);

/** The declarations call all of these `string`; Polar's fields of these names have a format. */
const formats: readonly (readonly [RegExp, fc.Arbitrary<string>])[] = [
  [/(_at|timestamp|(^|_)(period|trial)_(start|end))$/, time],
  [/^external_id$/, awkwardText],
  [/(^|_)id$/, id],
  [/^email$/, email],
  [/_url$/, anyUrl()],
  [/(^|_)currency$/, fc.oneof(fc.constantFrom('usd', 'eur', 'jpy', 'kwd'), awkwardText)],
];

function textOf(field: string): fc.Arbitrary<string> {
  return formats.find(([names]) => names.test(field))?.[1] ?? awkwardText;
}

const words: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  number: fc.oneof(
    fc.nat({ max: 20_000 }),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  ),
  boolean: fc.boolean(),
  unknown: fc.jsonValue({ maxDepth: 1 }),
};

const unknownKeys = fc
  .array(fc.tuple(awkwardText, fc.jsonValue({ maxDepth: 1 })), { maxLength: 1 })
  .map((entries) => Object.fromEntries(entries));

/** Any payload that the published types allow. */
export const publishedPayload = anyPayload((version) => payloads(version, false));

/** The same from a Polar that went on since: with unknown keys and enum values anywhere. */
export const laterPayload = anyPayload((version) => payloads(version, true));
