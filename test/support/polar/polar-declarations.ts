import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The versions of Polar's API in its SDK. It publishes their schemas as type declarations only. */
export const polarVersions = ['2026-04', '2026-10', '2027-01'] as const;
export type PolarVersion = (typeof polarVersions)[number];

type Field = Readonly<{ name: string; isOptional: boolean; shape: Shape }>;
export type Shape =
  | Readonly<{ kind: 'word'; name: string }>
  | Readonly<{ kind: 'literal'; value: string | number | boolean | null }>
  | Readonly<{ kind: 'list' | 'record'; of: Shape }>
  | Readonly<{ kind: 'union'; of: readonly Shape[] }>
  | Readonly<{ kind: 'object'; fields: readonly Field[] }>;

export function declarationName(type: string): string {
  const words = type.split(/[._]/).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `Webhook${words.join('')}Payload`;
}

/** The types of a version, for a compiler to import. */
export function declarationsFile(version: PolarVersion): string {
  const entry = createRequire(import.meta.url).resolve(`@polar-sh/sdk/${version}`);
  return join(dirname(entry), 'index.d.mts');
}

/** All declarations that the webhooks of a version are made of, as text. */
export function declarations(version: PolarVersion): string {
  const entry = declarationsFile(version);
  const source = (file: string) => readFileSync(join(dirname(entry), file), 'utf8');
  const imported = source('index.d.mts').matchAll(/from "(\.\.\/(?:models|index)-[^"]+)\.mjs"/g);
  return [...imported].map(([, file = '']) => source(`${file}.d.mts`)).join('\n');
}

/** What one declaration says. Throws on syntax that the SDK has not used so far. */
export function definition(text: string, name: string): Shape {
  const start = new RegExp(`^(interface|type) ${name}\\b`, 'm').exec(text);
  if (!start) throw new Error(`Polar's SDK declares no ${name}`);
  // Comments are skipped; everything else is a quoted text, a word or one sign.
  const token = /\s*(?:\/\*[\s\S]*?\*\/\s*)*("[^"]*"|\w+|\S)/y;
  token.lastIndex = start.index + start[0].length;
  let next = token.exec(text)?.[1] ?? '';

  function take(): string {
    const taken = next;
    next = token.exec(text)?.[1] ?? '';
    return taken;
  }
  function skip(sign: string): boolean {
    return next === sign && take() === sign;
  }
  function expect(...signs: string[]): void {
    for (const sign of signs) {
      if (!skip(sign)) throw new Error(`${name} has ${next} where ${sign} was expected`);
    }
  }

  function union(): Shape {
    const of: Shape[] = [];
    skip('|');
    do of.push(list());
    while (skip('|'));
    const [only] = of;
    if (only && of.length === 1) return only;
    return { kind: 'union', of: of.flatMap((one) => (one.kind === 'union' ? one.of : [one])) };
  }
  function list(): Shape {
    let shape = single();
    while (skip('[')) {
      expect(']');
      shape = { kind: 'list', of: shape };
    }
    return shape;
  }
  function single(): Shape {
    if (skip('(')) {
      const inner = union();
      expect(')');
      return inner;
    }
    const word = take();
    if (/^("|\d|true$|false$|null$)/.test(word))
      return { kind: 'literal', value: JSON.parse(word) };
    if (word !== 'Record') return { kind: 'word', name: word };
    expect('<', 'string', ',');
    const of = union();
    expect('>');
    return { kind: 'record', of };
  }
  function object(): Shape {
    if (skip('extends')) expect('Record', '<', 'string', ',', 'never', '>');
    expect('{');
    const fields: Field[] = [];
    while (!skip('}')) {
      const field = take();
      const isOptional = skip('?');
      expect(':');
      fields.push({ name: field, isOptional, shape: union() });
      expect(';');
    }
    return { kind: 'object', fields };
  }

  if (start[1] === 'interface') return object();
  expect('=');
  const shape = union();
  expect(';');
  return shape;
}
