/** Stands for an id, with a character that tells which. No JSON has it in a text. */
const mark = '\u0001';
const firstCharacter = 0x20;
const mostIds = 90;
export const idBytes = 16;

const ids = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const marks = new RegExp(`${mark}([\\s\\S])`, 'g');

/**
 * A text with each UUID in it as two characters, and the UUIDs themselves as bytes: deflate takes a quarter more for the
 * digits of one, and more than two characters for each time that it comes again.
 */
export function withIdsApart(text: string): { text: string; ids: Uint8Array } {
  if (text.includes(mark)) return { text, ids: new Uint8Array() };
  const known = new Map<string, string>();
  const marked = text.replace(ids, (id) => {
    const own = known.get(id);
    if (own !== undefined) return own;
    if (known.size === mostIds) return id;
    const made = mark + String.fromCharCode(firstCharacter + known.size);
    known.set(id, made);
    return made;
  });
  return { text: marked, ids: Buffer.from([...known.keys()].join('').replaceAll('-', ''), 'hex') };
}

/** The text that it was. */
export function withIdsBack(text: string, ids: Uint8Array): string {
  if (ids.byteLength === 0) return text;
  const hex = Buffer.from(ids).toString('hex');
  return text.replace(marks, (_, character: string) => {
    const start = (character.charCodeAt(0) - firstCharacter) * idBytes * 2;
    const id = hex.slice(start, start + idBytes * 2);
    return id.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  });
}
