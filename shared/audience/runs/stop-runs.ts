/** Runs that wait, page by page; there may be more where a page holds none. `P`: how far they were walked. */
type OpenRunPages<P> = (
  after: P | undefined,
) => Promise<Readonly<{ runIds: readonly string[]; next: P | undefined }>>;

/** `next`: where the rest begins; `undefined`: all of them were stopped, or had ended by themselves. */
type StoppedRuns<P> = Readonly<{ count: number; next: P | undefined }>;

/** So many pages, which may be empty, are looked at in one go. */
const mostPages = 25;
/** No more of them are stopped in one go than this and a page. */
const mostRuns = 200;
const atOnce = 10;

/**
 * Stops many runs, a bounded number in one go: call it again with `next` until there is none. `stop` says whether it
 * ended the run. Safe to repeat, since a run that has ended stays as it ended.
 */
export async function stopRuns<P>(
  pages: OpenRunPages<P>,
  stop: (runId: string) => Promise<boolean>,
  from?: P,
): Promise<StoppedRuns<P>> {
  let count = 0;
  let after = from;
  for (let read = 0; read < mostPages && count < mostRuns; read++) {
    const { runIds, next } = await pages(after);
    for (let start = 0; start < runIds.length; start += atOnce) {
      const stopped = await Promise.all(runIds.slice(start, start + atOnce).map(stop));
      count += stopped.filter(Boolean).length;
    }
    if (next === undefined) return { count, next };
    after = next;
  }
  return { count, next: after };
}
