import { recordedEvents } from '#shared/audience/counts/counts.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import type { CountStore } from '#shared/store/counts/counts.ts';
import { daySlots, type Slot } from '#shared/store/counts/slots.ts';

/** So far back events are looked for; the preview says so. */
const daysBack = 30;
/** So many days are searched at most, of each kind: each takes a read of every shard. */
const mostDays = 4;

/**
 * The days to search for the newest events of a type, the newest first: those that were counted with some, and those that
 * were not counted yet. One read.
 */
export async function daysToSearch(
  counts: Pick<CountStore, 'days'>,
  type: SupportedEventType,
  now: Date,
): Promise<string[]> {
  const { slots, countedAt = '' } = await daySlots(
    counts,
    now.toISOString().slice(0, 10),
    daysBack,
  );
  const newestFirst = slots.toReversed();
  // The day on which it was counted last has gone on since.
  const isUncounted = ({ at }: Slot) => at >= countedAt.slice(0, 10);
  const uncounted = newestFirst.filter(isUncounted).slice(0, mostDays);
  const counted = newestFirst.filter((slot) => !isUncounted(slot) && has(slot, type));
  return [...uncounted, ...counted.slice(0, mostDays)].map(({ at }) => at);
}

function has({ counts }: Slot, type: SupportedEventType): boolean {
  return recordedEvents({ events: { [type]: counts.events[type] ?? {} } }) > 0;
}
