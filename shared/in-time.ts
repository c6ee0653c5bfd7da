/**
 * Runs `work` on every item: items of one group one after another, groups side by side, at most `width` at a time.
 * `work` must not throw. It also gets what is left of the group after the item.
 */
export async function inGroups<T>(
  items: readonly T[],
  groupOf: (item: T) => string,
  work: (item: T, left: readonly T[]) => Promise<void>,
  width: number,
): Promise<void> {
  const waiting = [...Map.groupBy(items, groupOf).values()].values();
  const lane = async () => {
    for (const group of waiting) {
      for (const [nth, item] of group.entries()) await work(item, group.slice(nth + 1));
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}

/** The same reading for `maxAgeMs`; callers at the same time share one. A reading that fails is not kept. */
export function cached<T>(
  read: () => Promise<T>,
  maxAgeMs: number,
  nowMs: () => number,
): () => Promise<T> {
  let kept: { value: Promise<T>; at: number } | undefined;
  return () => {
    if (kept && nowMs() - kept.at < maxAgeMs) return kept.value;
    const reading = { value: read(), at: nowMs() };
    kept = reading;
    reading.value.catch(() => {
      if (kept === reading) kept = undefined;
    });
    return reading.value;
  };
}

/**
 * The result of `action`, or an error when it takes longer than `patienceMs`, so that a Lambda function can still say
 * what went wrong. What has begun is not stopped: the action must be safe to repeat.
 */
export async function within<T>(patienceMs: number, action: () => Promise<T>): Promise<T> {
  if (patienceMs <= 0) throw new Error('There was no time left to begin.');
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Error(`It took longer than the ${patienceMs} ms that were left.`));
  }, patienceMs);
  try {
    return await Promise.race([action(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Asks once for all that is asked for in the same moment. The asking begins after everybody has asked, so nobody is
 * answered with what was before.
 */
export function inOneGo<K, V>(
  ask: (keys: readonly K[]) => Promise<(key: K) => V | Promise<V>>,
): (key: K) => Promise<V> {
  let next: { keys: Set<K>; answer: ReturnType<typeof ask> } | undefined;
  const begin = () => {
    const keys = new Set<K>();
    const answer = new Promise((resolve) => setImmediate(resolve)).then(() => {
      next = undefined;
      return ask([...keys]);
    });
    return { keys, answer };
  };
  return async (key) => {
    next ??= begin();
    next.keys.add(key);
    return (await next.answer)(key);
  };
}

/** Reads each thing once for all who ask for it in the same moment. */
export function readOnce<K, V>(read: (key: K) => Promise<V>): (key: K) => Promise<V> {
  return inOneGo(async (keys) => {
    const begun = new Map(keys.map((key) => [key, read(key)]));
    return (key) => begun.get(key) ?? read(key);
  });
}
