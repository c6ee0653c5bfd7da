/** A clock that was set to this moment just now, and goes on from there. */
export function clockSetTo(moment: string): () => Date {
  const aheadMs = Date.parse(moment) - Date.now();
  return () => new Date(Date.now() + aheadMs);
}
