/** Where reading a list goes on. The count tells how far its pages have shifted since. */
export type PolarPosition = Readonly<{ page: number; totalCount?: number }>;

export type PolarPage<T> = Readonly<{
  items: readonly T[];
  position: PolarPosition;
  totalCount: number;
  /** There was none after it when it was read. */
  isLast: boolean;
}>;

export type Listed<T> = Readonly<{ items: readonly T[]; totalCount: number; maxPage: number }>;

/** Polar gives no more at once. */
export const pageSize = 100;

/**
 * The pages of a list that is sorted from old to new. To resume, begin at the position of the last page that was dealt
 * with. What comes in meanwhile is appended; where the list became shorter, the pages that shifted are read again. So
 * an item may come twice. One may be left out only where as many came in as went between two pages.
 */
export async function* polarPages<T>(
  read: (page: number) => Promise<Listed<T>>,
  from: PolarPosition = { page: 1 },
): AsyncGenerator<PolarPage<T>, void, undefined> {
  let page = Math.max(1, from.page);
  let knownCount = from.totalCount ?? 0;
  for (;;) {
    const { items, totalCount, maxPage } = await read(page);
    const gone = knownCount - totalCount;
    knownCount = totalCount;
    if (gone > 0 && page > 1) {
      page = Math.max(1, page - Math.ceil(gone / pageSize));
      continue;
    }
    const isLast = page >= maxPage;
    yield { items, position: { page, totalCount }, totalCount, isLast };
    if (isLast) return;
    page += 1;
  }
}
