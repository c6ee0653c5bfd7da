/**
 * Whether a normalised address stands anywhere in a value, in any case, inside a longer text, or as a part of a URL.
 * `body`, the text of a webhook, is read as JSON, where an address may be written with escapes.
 */
export function holdsAddress(email: string, value: unknown, body?: string): boolean {
  const spellings = [email, encodeURIComponent(email).toLowerCase()];
  const inText = (text: string) => {
    const lower = text.toLowerCase();
    return spellings.some((spelling) => lower.includes(spelling));
  };
  const inValue = (one: unknown): boolean => {
    if (typeof one === 'string') return inText(one);
    if (typeof one !== 'object' || one === null) return false;
    return Object.entries(one).some(([name, field]) => inText(name) || inValue(field));
  };
  return inValue(value) || (body !== undefined && (inText(body) || inValue(json(body))));
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
