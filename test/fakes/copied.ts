/**
 * Shares nothing with what it was made of, which is plain data as a table keeps it. `structuredClone` takes almost
 * three times as long, and the tables in memory copy some hundred thousand rows.
 */
export function copied<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copied) as T;
  if (Object.getPrototypeOf(value) !== Object.prototype) return structuredClone(value);
  const copy: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(value)) {
    if (name === '__proto__') return structuredClone(value);
    copy[name] = copied(one);
  }
  return copy as T;
}
