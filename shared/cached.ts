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
