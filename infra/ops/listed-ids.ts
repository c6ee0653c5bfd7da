import { type IdSet, idSet } from './id-set.ts';

/** The ids of all customers that Polar listed. */
export type ListedIds = Pick<IdSet, 'has' | 'size'> &
  Readonly<{
    add: (id: string) => void;
    /** Some of those that were listed last. */
    last: () => readonly string[];
  }>;

const kept = 3;

export function listedIds(): ListedIds {
  const ids = idSet();
  let last: readonly string[] = [];
  return {
    has: ids.has,
    size: ids.size,
    add(id) {
      if (ids.add(id)) last = [...last.slice(1 - kept), id];
    },
    last: () => last,
  };
}
