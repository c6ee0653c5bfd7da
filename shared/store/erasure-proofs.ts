import type { Erased } from '#shared/audience/rows/workspace.ts';

/** The partition of table Acts that holds what was erased under a name: an id, or the hash of an address. */
export function proofsOf(name: string): string {
  return `erased#${name}`;
}

/** The items of table Acts that prove erasures: one for each name, which never expire. */
export function proofItems(
  erased: readonly Erased[],
  hash: (email: string) => string,
): Readonly<Record<string, unknown>>[] {
  const items = erased.flatMap(({ contactIds, emails, erasedAt, ...more }) => {
    const [contactId] = contactIds;
    const names = [more.customerId, ...contactIds, ...emails.map(hash)];
    return [...new Set(names)].flatMap((name) =>
      name === undefined
        ? []
        : [{ day: proofsOf(name), time: erasedAt, erasedAt, ...more, contactId }],
    );
  });
  // One write may hold a key once.
  return [...new Map(items.map((item) => [`${item.day} ${item.time}`, item])).values()];
}
