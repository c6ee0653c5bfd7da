/** How far a sharded list was given: of each shard the position after its last item; `null`: it has no more. */
export type ListPosition<K> = Readonly<Record<string, K | null>>;

type ShardPage<T, K> = Readonly<{ items: readonly T[]; next: K | undefined }>;

type ShardedList<T, K> = Readonly<{
  shards: readonly string[];
  /** Reads on in one shard, newest first. There may be more where nothing was found, see `next`. */
  read(shard: string, after: K | undefined): Promise<ShardPage<T, K>>;
  keyOf(item: T): K;
  /** The later in the order of text, the newer. */
  ageOf(item: T): string;
  limit: number;
  /** So many reads of one shard at most. */
  mostReads: number;
}>;

export type ListPage<T, K> = Readonly<{
  items: readonly T[];
  /** Where the rest begins; `undefined`: there is none. */
  next: ListPosition<K> | undefined;
  /** Whether the page is as long as it is because enough was read, not because enough was found. */
  isCutShort: boolean;
}>;

type Shard<T, K> = {
  name: string;
  found: T[];
  after: K | undefined;
  isOver: boolean;
  reads: number;
};

/** One page of a list that is spread over shards, newest first, each item on exactly one page. */
export async function newestFirst<T, K>(
  list: ShardedList<T, K>,
  from: ListPosition<K> = {},
): Promise<ListPage<T, K>> {
  const shards = list.shards.map((name): Shard<T, K> => {
    const after = from[name];
    return { name, found: [], after: after ?? undefined, isOver: after === null, reads: 0 };
  });
  const given = new Map<Shard<T, K>, K>();
  const items: T[] = [];
  const isDry = ({ found, isOver }: Shard<T, K>) => found.length === 0 && !isOver;
  while (items.length < list.limit) {
    await fill(list, shards.filter(isDry));
    if (shards.some(isDry)) break;
    const newest = newestOf(list, shards);
    const item = newest?.found.shift();
    if (!newest || item === undefined) break;
    items.push(item);
    given.set(newest, list.keyOf(item));
  }
  const isAll = shards.every(({ found, isOver }) => found.length === 0 && isOver);
  return {
    items,
    next: isAll ? undefined : positionOf(shards, given, from),
    isCutShort: items.length < list.limit && !isAll,
  };
}

/** What is newest of all is not known before each shard has shown its own newest. */
async function fill<T, K>(list: ShardedList<T, K>, dry: readonly Shard<T, K>[]): Promise<void> {
  await Promise.all(
    dry.map(async (shard) => {
      while (shard.found.length === 0 && !shard.isOver && shard.reads < list.mostReads) {
        const { items, next } = await list.read(shard.name, shard.after);
        shard.reads += 1;
        shard.found.push(...items);
        shard.after = next;
        shard.isOver = next === undefined;
      }
    }),
  );
}

function newestOf<T, K>({ ageOf }: ShardedList<T, K>, shards: readonly Shard<T, K>[]) {
  const age = ({ found: [item] }: Shard<T, K>) => (item === undefined ? '' : ageOf(item));
  return shards
    .filter(({ found }) => found.length > 0)
    .reduce<Shard<T, K> | undefined>(
      (best, one) => (best && age(best) >= age(one) ? best : one),
      undefined,
    );
}

function positionOf<T, K>(
  shards: readonly Shard<T, K>[],
  given: ReadonlyMap<Shard<T, K>, K>,
  from: ListPosition<K>,
): ListPosition<K> {
  const entries = shards.map((shard): [string, K | null | undefined] => {
    const { name, found, after, isOver } = shard;
    if (found.length === 0) return [name, isOver ? null : after];
    return [name, given.get(shard) ?? from[name]];
  });
  return Object.fromEntries(
    entries.filter((entry): entry is [string, K | null] => entry[1] !== undefined),
  );
}
