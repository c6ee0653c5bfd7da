import { dayBefore, type EventLog } from '#shared/aws/dynamo-event-log.ts';

/** When the newest event that Polar sent was received; `undefined`: none was since the day of `sinceMs`. */
export async function lastReceivedMs(
  events: Pick<EventLog, 'ofDay'>,
  now: Date,
  sinceMs: number,
): Promise<number | undefined> {
  for (let day = dayOf(now.getTime()); day >= dayOf(sinceMs); day = dayBefore(day)) {
    const { items } = await events.ofDay(day, { isSent: true }, 1);
    if (items[0]) return Date.parse(items[0].receivedAt);
  }
  return undefined;
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
