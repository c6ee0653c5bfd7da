/** Which of an HTTP API's route keys answers a request, and what its path parameters are. */
export type Match<T> = Readonly<{
  target: T;
  routeKey: string;
  path: string;
  pathParameters: Record<string, string>;
}>;

/**
 * The path of a URL as API Gateway hands it to routes and functions: decoded, and cut off at a
 * question mark that was encoded, too. `undefined`: it cannot be decoded.
 */
export function decodedPath(url: string): string | undefined {
  const [path = '/'] = url.split('?');
  try {
    return decodeURIComponent(path).split('?')[0];
  } catch {
    return undefined;
  }
}

/**
 * Finds the route as API Gateway does: whole paths before those with parameters, these before greedy
 * ones (`{proxy+}`), which may be empty, the method itself before ANY, `$default` last.
 */
export function matchRoute<T>(
  routes: ReadonlyMap<string, T>,
  method: string,
  path: string,
): Match<T> | undefined {
  const matches = [...routes].flatMap(([routeKey, target]) => {
    const [routeMethod = '', pattern] = routeKey.split(' ');
    if (routeKey === '$default') return [{ target, routeKey, path, pathParameters: {}, rank: 9 }];
    if (pattern === undefined || (routeMethod !== method && routeMethod !== 'ANY')) return [];
    const groups = new RegExp(`^${expressionOf(pattern)}$`).exec(path)?.groups;
    const isMatch = groups !== undefined || pattern === path;
    const rank = (routeMethod === 'ANY' ? 1 : 0) + (pattern.includes('{') ? 2 : 0);
    const greedy = pattern.includes('+}') ? 2 : 0;
    return isMatch
      ? [{ target, routeKey, path, pathParameters: { ...groups }, rank: rank + greedy }]
      : [];
  });
  return matches.sort((one, other) => one.rank - other.rank)[0];
}

function expressionOf(pattern: string): string {
  return pattern
    .split(/(\{[^}]+\})/)
    .map((part) => {
      const [, name, greedy] = /^\{([^}+]+)(\+?)\}$/.exec(part) ?? [];
      if (name === undefined) return part.replaceAll(/[.*+?^$()[\]\\|]/g, '\\$&');
      return `(?<${name}>${greedy ? '.*' : '[^/]+'})`;
    })
    .join('');
}
