const longestName = 256;

/** A name as Polar sends it, made safe for one line: white space and control characters are collapsed. */
export function cleanName(name: string): string {
  return [...name.replace(/[\s\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()]
    .slice(0, longestName)
    .join('')
    .trim();
}

/** One word is the first name; otherwise the first word is, and the rest is the last name. */
export function splitName(name: string): { firstName?: string; lastName?: string } {
  const [firstName, ...rest] = cleanName(name).split(' ');
  if (!firstName) return {};
  return rest.length === 0 ? { firstName } : { firstName, lastName: rest.join(' ') };
}
