type Read<K, T> = (keys: readonly K[]) => Promise<ReadonlyMap<string, T>>;

type Asked<K, T> = Readonly<{
  keys: readonly K[];
  answer: PromiseWithResolvers<ReadonlyMap<string, T>>;
}>;

type Sharing<K> = Readonly<{
  nameOf: (key: K) => string;
  /** How many keys one reading takes. */
  mostKeys: number;
  /** How many are under way at once; what is asked for meanwhile waits, and shares the next. */
  atOnce: number;
  /** Whether a reading failed because of what its keys are, which says nothing of the others in it. */
  isOfKeys: (error: unknown) => boolean;
}>;

/**
 * The same reading for several who ask side by side: one call for all that is asked for in one turn of the event loop, or
 * while earlier calls are under way. Nobody gets what was read before they asked. Throws where one asks for more than
 * `mostKeys`.
 */
export function sharedReads<K, T>(read: Read<K, T>, sharing: Sharing<K>): Read<K, T> {
  const { nameOf, mostKeys, atOnce, isOfKeys } = sharing;
  let waiting: Asked<K, T>[] = [];
  let underWay = 0;

  const named = (keys: readonly K[]) => new Map(keys.map((key) => [nameOf(key), key]));

  /** Those who have waited longest, as many as one call takes. */
  function nextOnes() {
    const keys = new Map<string, K>();
    const asking: Asked<K, T>[] = [];
    for (const asked of waiting) {
      const more = [...named(asked.keys)].filter(([name]) => !keys.has(name));
      if (keys.size + more.length > mostKeys) break;
      for (const [name, key] of more) keys.set(name, key);
      asking.push(asked);
    }
    waiting = waiting.slice(asking.length);
    return { asking, keys: [...keys.values()] };
  }

  async function readFor(asking: readonly Asked<K, T>[], keys: readonly K[]) {
    try {
      const found = await read(keys);
      for (const { answer } of asking) answer.resolve(found);
    } catch (error) {
      if (asking.length > 1 && isOfKeys(error)) {
        await Promise.all(asking.map((asked) => readFor([asked], [...named(asked.keys).values()])));
      } else {
        for (const { answer } of asking) answer.reject(error);
      }
    }
  }

  function begin() {
    while (underWay < atOnce && waiting.length > 0) {
      const { asking, keys } = nextOnes();
      underWay += 1;
      void readFor(asking, keys).then(() => {
        underWay -= 1;
        begin();
      });
    }
  }

  return async (keys) => {
    if (keys.length > mostKeys) throw new RangeError(`One reading takes ${mostKeys} keys at most.`);
    const answer = Promise.withResolvers<ReadonlyMap<string, T>>();
    // After all that is asked for in this turn.
    if (waiting.length === 0) process.nextTick(begin);
    waiting.push({ keys, answer });
    return answer.promise;
  };
}
