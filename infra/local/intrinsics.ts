/** Gives the value of a resource's `Ref` (no attribute) or of one of its attributes. */
export type Lookup = (logicalId: string, attribute?: string) => string;

/**
 * Replaces the intrinsic functions of a template's value by what they stand for. Throws on one that
 * is not known here, so that nothing is started with half an environment.
 */
export function resolveIntrinsics(value: unknown, lookup: Lookup): unknown {
  if (Array.isArray(value)) return value.map((item) => resolveIntrinsics(item, lookup));
  if (!isObject(value)) return value;
  const [name, argument, ...others] = Object.entries(value)[0] ?? [];
  const isIntrinsic = name === 'Ref' || name?.startsWith('Fn::');
  if (!isIntrinsic || name === undefined || Object.keys(value).length > 1 || others.length > 0) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, resolveIntrinsics(item, lookup)]),
    );
  }
  return call(name, argument, lookup);
}

function call(name: string, argument: unknown, lookup: Lookup): unknown {
  if (name === 'Fn::Sub') return substitute(argument, lookup);
  const resolved = resolveIntrinsics(argument, lookup);
  const [first, second] = Array.isArray(resolved) ? resolved : [];
  switch (name) {
    case 'Ref':
      return lookup(text(resolved));
    case 'Fn::GetAtt':
      return attribute(resolved, lookup);
    case 'Fn::Join':
      return list(second).map(text).join(text(first));
    case 'Fn::Split':
      return text(second).split(text(first));
    case 'Fn::Select':
      return list(second)[Number(first)];
    default:
      throw new Error(`The template uses ${name}, which the local stack cannot resolve.`);
  }
}

function attribute(argument: unknown, lookup: Lookup): string {
  const [logicalId = '', ...path] = Array.isArray(argument)
    ? argument.map(text)
    : text(argument).split('.');
  return lookup(logicalId, path.join('.'));
}

function substitute(argument: unknown, lookup: Lookup): string {
  const [pattern, variables] = Array.isArray(argument) ? argument : [argument, {}];
  const values = resolveIntrinsics(variables, lookup);
  return text(pattern).replaceAll(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
    if (literal) return `\${${name}}`;
    if (isObject(values) && name in values) return text(values[name]);
    return attribute(name, (id, path) => lookup(id, path === '' ? undefined : path));
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error(`The template has ${JSON.stringify(value)} where a text belongs.`);
}

function list(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`The template has ${JSON.stringify(value)} where a list belongs.`);
}
