import { dayBefore, type EventLog, type EventPosition } from './event-log.ts';

/** When the newest event that Polar sent was received. `unknown`: imports made more since than is looked through. */
export type LastSent = Readonly<
  { kind: 'received'; at: string } | { kind: 'none' } | { kind: 'unknown' }
>;

/** Of some thousand events each. */
const mostPages = 25;

/** Looks back from one day of UTC to another, both included, past what imports made. */
export async function lastSent(
  events: Pick<EventLog, 'ofDay'>,
  { from, downTo }: Readonly<{ from: string; downTo: string }>,
): Promise<LastSent> {
  let pages = 0;
  for (let day = from; day >= downTo; day = dayBefore(day)) {
    let after: EventPosition | undefined;
    do {
      if (pages === mostPages) return { kind: 'unknown' };
      pages += 1;
      const { items, next, isCutShort } = await events.ofDay(day, { isSent: true }, 1, after);
      const [newest] = items;
      if (newest) return { kind: 'received', at: newest.receivedAt };
      after = isCutShort ? next : undefined;
    } while (after);
  }
  return { kind: 'none' };
}
