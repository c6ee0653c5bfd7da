/** The `type` of a webhook's body; `undefined` for whatever has none, never an error. */
export function eventType(body: string): string | undefined {
  try {
    return typeOf(JSON.parse(body));
  } catch {
    return undefined;
  }
}

// An array has no type, and what JSON.parse makes inherits none. By hand: a schema would cost a tenth of the cold start.
function typeOf(content: unknown): string | undefined {
  const isObject = typeof content === 'object' && content !== null;
  return isObject && 'type' in content && typeof content.type === 'string'
    ? content.type
    : undefined;
}
