/**
 * Runs `work` on every item: items of one group one after another, groups side by side, at most `width` at a time.
 * `work` must not throw.
 */
export async function inGroups<T>(
  items: readonly T[],
  groupOf: (item: T) => string,
  work: (item: T) => Promise<void>,
  width: number,
): Promise<void> {
  const waiting = [...Map.groupBy(items, groupOf).values()].values();
  const lane = async () => {
    for (const group of waiting) {
      for (const item of group) await work(item);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}
