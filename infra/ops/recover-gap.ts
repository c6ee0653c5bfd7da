import { instant } from '#shared/polar/instant.ts';

type Clues = Readonly<{
  /** The endpoint was found disabled. */
  wasDisabled: boolean;
  /** ISO 8601, as Polar tells them. */
  lastSuccess: string | undefined;
  oldestFailure: string | undefined;
}>;

const marginMs = 3_600_000;

/**
 * When the gap began, an hour early for safety, as `instant` writes it. `undefined`: nothing tells, so that everything is
 * to be compared. That is so whenever the endpoint is enabled: somebody enabled it by hand, or a recovery was broken off.
 */
export function beginningOfGap({
  wasDisabled,
  lastSuccess,
  oldestFailure = lastSuccess,
}: Clues): string | undefined {
  if (!wasDisabled || lastSuccess === undefined || oldestFailure === undefined) return undefined;
  const earliest = Math.min(Date.parse(lastSuccess), Date.parse(oldestFailure));
  return instant(new Date(earliest - marginMs).toISOString());
}
