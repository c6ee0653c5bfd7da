import fc from 'fast-check';

/** Of all code points, those that stand for themselves: half a surrogate pair does not. */
const character = fc
  .integer({ min: 0, max: 0x10_ff_ff - 0x800 })
  .map((nth) => String.fromCodePoint(nth < 0xd800 ? nth : nth + 0x800));

/** Text of any characters. What fast-check has for it, `unit: 'binary'`, begins with a second of making tables. */
export function anyText(constraints: Omit<fc.StringConstraints, 'unit'> = {}) {
  return fc.string({ ...constraints, unit: character });
}

/** Addresses of pages, with escapes in them. `fc.webUrl` begins with the same tables. */
export function anyUrl() {
  const path = fc.array(anyText({ maxLength: 8 }).map(encodeURIComponent), { maxLength: 4 });
  return fc
    .tuple(fc.constantFrom('http', 'https'), fc.domain(), path)
    .map(([scheme, domain, segments]) => `${scheme}://${domain}/${segments.join('/')}`);
}
