import type { RecordedEvent, RecordedEvents } from '#infra/commands/replay/recorded-events.ts';
import type { EventRecord } from '#shared/audience/event-record.ts';

/** Records of events, and how far they reach. */
export type PastEvents = Readonly<{
  events: readonly EventRecord[];
  /** The time since which events were to be looked at. */
  since: string;
  /** The time since which all of them were; later than `since` where there are more than are read. */
  lookedSince: string;
}>;

export type PastEventParts = Readonly<{
  events: Pick<RecordedEvents, 'chosen'>;
  recordOf: (webhookId: string) => Promise<EventRecord | undefined>;
  now: Date;
  days: number;
  mostEvents: number;
  mostListed: number;
}>;

const hourMs = 3_600_000;
const longestSpanHours = 24;
const sideBySide = 8;

/**
 * The records of the last days of events of these types, read back from now until there are enough. The first span is
 * an hour, so that a busy stack has some, and each one twice the last, up to a day.
 */
export async function pastEvents(
  types: ReadonlySet<string>,
  { events, recordOf, now, days, mostEvents, mostListed }: PastEventParts,
): Promise<PastEvents> {
  const timeAt = (hours: number) => new Date(now.getTime() - hours * hourMs).toISOString();
  const since = timeAt(days * 24);
  const found: EventRecord[] = [];
  let [listed, reached, span] = [0, 0, 1];
  while (reached < days * 24 && types.size > 0) {
    const next = Math.min(reached + span, days * 24);
    const choice = { since: timeAt(next), until: timeAt(reached) };
    const meant: RecordedEvent[] = [];
    for await (const batch of events.chosen({
      kind: 'many',
      ...choice,
      type: undefined,
      outcome: undefined,
    })) {
      listed += batch.length;
      meant.push(...batch.filter(({ type }) => types.has(type)));
      const isEnough = found.length + meant.length > mostEvents || listed > mostListed;
      if (isEnough) return { events: found, since, lookedSince: choice.until };
    }
    for (let start = 0; start < meant.length; start += sideBySide) {
      const ids = meant.slice(start, start + sideBySide).map(({ webhookId }) => webhookId);
      const records = await Promise.all(ids.map(recordOf));
      found.push(...records.filter((one) => one !== undefined));
    }
    reached = next;
    span = Math.min(span * 2, longestSpanHours);
  }
  return { events: found, since, lookedSince: since };
}
