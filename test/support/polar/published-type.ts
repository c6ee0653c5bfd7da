import { declarations, definition, type PolarVersion, type Shape } from './polar-declarations.ts';

/**
 * What Polar's SDK declares, to hold values against. `departures` names everything in a value that is not declared for it: a missing field, a key it does not know, another
 * type, a value outside an enumeration, an id that is no UUID, a time that is none. Of a union the alternative counts
 * that the value is nearest to.
 */
export function publishedTypes(version: PolarVersion) {
  const text = declarations(version);
  const named = new Map<string, Shape>();

  function byName(name: string): Shape {
    const known = named.get(name) ?? definition(text, name);
    named.set(name, known);
    return known;
  }

  function departures(shape: Shape, value: unknown, path: string): string[] {
    switch (shape.kind) {
      case 'word':
        return ofWord(shape.name, value, path);
      case 'literal':
        return value === shape.value ? [] : [`${path}: ${shown(value)} is not ${shape.value}`];
      case 'list':
        return Array.isArray(value)
          ? value.flatMap((item, index) => departures(shape.of, item, `${path}[${index}]`))
          : [`${path}: ${shown(value)} is no list`];
      case 'record':
        return isObject(value)
          ? Object.entries(value).flatMap(([key, item]) =>
              departures(shape.of, item, `${path}.${key}`),
            )
          : [`${path}: ${shown(value)} is no object`];
      case 'union':
        return shape.of
          .map((one) => departures(one, value, path))
          .reduce((best, one) => (one.length < best.length ? one : best));
      case 'object':
        return isObject(value) ? ofFields(shape, value, path) : [`${path}: no object`];
    }
  }

  function ofFields(
    { fields }: Extract<Shape, { kind: 'object' }>,
    value: Readonly<Record<string, unknown>>,
    path: string,
  ): string[] {
    const declared = new Set(fields.map(({ name }) => name));
    const unknown = Object.keys(value).filter((key) => !declared.has(key));
    return [
      ...unknown.map((key) => `${path}.${key}: Polar has no such field`),
      ...fields.flatMap(({ name, isOptional, shape }) => {
        if (name in value) {
          return [
            ...departures(shape, value[name], `${path}.${name}`),
            ...malformed(name, value[name], `${path}.${name}`),
          ];
        }
        return isOptional ? [] : [`${path}.${name}: missing`];
      }),
    ];
  }

  function ofWord(word: string, value: unknown, path: string): string[] {
    if (word === 'unknown') return [];
    if (['string', 'number', 'boolean'].includes(word)) {
      return typeof value === word ? [] : [`${path}: ${shown(value)} is no ${word}`];
    }
    return departures(byName(word), value, path);
  }

  return {
    departures: (name: string, value: unknown): string[] => departures(byName(name), value, name),

    /** The values of an enumeration. */
    valuesOf: (name: string): unknown[] => {
      const shape = byName(name);
      const of = shape.kind === 'union' ? shape.of : [shape];
      return of.flatMap((one) => (one.kind === 'literal' ? [one.value] : []));
    },

    fieldsOf: (name: string): string[] => {
      const shape = byName(name);
      return shape.kind === 'object' ? shape.fields.map((field) => field.name) : [];
    },
  };
}

/** The declarations call ids and times `string`; Polar's fields of these names have a format. */
function malformed(name: string, value: unknown, path: string): string[] {
  if (typeof value !== 'string') return [];
  const isTime = /(_at|timestamp|(^|_)(period|trial)_(start|end))$/.test(name);
  if (isTime && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/.test(value)) {
    return [`${path}: ${value} is no time`];
  }
  const isId = /(^|_)id$/.test(name) && !/^(external|processor|client)/.test(name);
  if (isId && !/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(value)) {
    return [`${path}: ${value} is no UUID`];
  }
  return [];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 60) ?? 'undefined';
}
