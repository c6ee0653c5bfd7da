export type IdSet = Readonly<{
  has: (id: string) => boolean;
  /** `false`: it was in it already. */
  add: (id: string) => boolean;
  size: () => number;
}>;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const words = 4;
const firstPlaces = 1_024;

/** A set of ids. A UUID takes 21 to 43 bytes in it, so that millions fit; any other id what a string takes. Exact. */
export function idSet(): IdSet {
  const others = new Set<string>();
  let table = new Uint32Array(firstPlaces * words);
  let count = 0;

  function add(id: string): boolean {
    const parts = partsOf(id);
    if (!parts) {
      const before = others.size;
      return others.add(id).size > before;
    }
    if ((count + 1) * words * 4 > table.length * 3) table = grown(table);
    const place = placeOf(table, parts, 0);
    if (!isFree(table, place)) return false;
    table.set(parts, place);
    count += 1;
    return true;
  }

  return {
    has: (id) => {
      const parts = partsOf(id);
      return parts ? !isFree(table, placeOf(table, parts, 0)) : others.has(id);
    },
    add,
    size: () => count + others.size,
  };
}

/** A UUID as four numbers; `undefined` for what is none, and for the one of zeros alone, which marks a free place. */
function partsOf(id: string): Uint32Array | undefined {
  if (!uuid.test(id)) return undefined;
  const digits = id.replaceAll('-', '');
  const parts = Uint32Array.from({ length: words }, (_, word) =>
    Number.parseInt(digits.slice(word * 8, word * 8 + 8), 16),
  );
  return isFree(parts, 0) ? undefined : parts;
}

function isFree(table: Uint32Array, place: number): boolean {
  return !(table[place] || table[place + 1] || table[place + 2] || table[place + 3]);
}

/** Where the UUID that stands at `from` in `source` is in the table, or is to be. */
function placeOf(table: Uint32Array, source: Uint32Array, from: number): number {
  const last = table.length / words - 1;
  const isThere = (place: number) => {
    for (let word = 0; word < words; word += 1) {
      if (table[place + word] !== source[from + word]) return false;
    }
    return true;
  };
  const hash = Math.imul((source[from] ?? 0) ^ (source[from + 3] ?? 0), 0x9e3779b1) >>> 0;
  let place = (hash & last) * words;
  while (!isFree(table, place) && !isThere(place)) place = (place + words) % table.length;
  return place;
}

function grown(table: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(table.length * 2);
  for (let from = 0; from < table.length; from += words) {
    if (isFree(table, from)) continue;
    larger.set(table.subarray(from, from + words), placeOf(larger, table, from));
  }
  return larger;
}
