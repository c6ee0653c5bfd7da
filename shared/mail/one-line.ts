const breaksAndControls = /[\s\p{Cc}\p{Zl}\p{Zp}]+/gu;
/** Characters that turn the direction of what follows: a name could make the rest of a mail read backwards. */
const directionOverrides = /[\u202a-\u202e\u2066-\u2069]/g;

/** A value as it may stand in a mail: on one line, without control characters, so that it never starts a new header. */
export function oneLine(value: unknown): string {
  return textOf(value)
    .toWellFormed()
    .replace(directionOverrides, '')
    .replace(breaksAndControls, ' ')
    .trim();
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join('');
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
