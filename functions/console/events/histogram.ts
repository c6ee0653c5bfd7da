import { html } from 'hono/html';
import type { CountStore } from '#shared/store/counts/counts.ts';
import { daySlots, hourSlots, type Slots } from '#shared/store/counts/slots.ts';
import { eventBars } from '../kit/event-bars.ts';
import type { Html } from '../kit/page.ts';
import { eventsPath } from '../kit/paths.ts';
import { link, time, zone } from '../kit/shown.ts';
import { hourIn, type ListQuery, lastDay } from './event-list.ts';

const daysShown = 14;
/** A chosen day has some after it, so that one can go on from there. */
const daysAfter = 3;

/**
 * What was counted around the events of the list: the hours of a chosen day, else two weeks. Hours are kept for some weeks
 * only, so an older day is shown among its neighbours. Two reads at most.
 */
export async function countedAround(
  counts: Pick<CountStore, 'days' | 'hours'>,
  query: ListQuery,
  today: string,
): Promise<Slots> {
  if (query.day === undefined) return daySlots(counts, lastDay(query, today), daysShown);
  const hours = await hourSlots(counts, `${query.day}T00`, 24);
  if (hours.countedAt !== undefined) return hours;
  return daySlots(counts, daysLater(query.day, today), daysShown);
}

function daysLater(day: string, today: string): string {
  if (day >= today) return today;
  const later = new Date(Date.parse(day) + daysAfter * 86_400_000).toISOString().slice(0, 10);
  return later < today ? later : today;
}

/** How many events there were by outcome; each bar leads to the events of its day or hour. Empty where none was counted. */
export function eventHistogram({ slots, countedAt }: Slots, query: ListQuery): Html {
  const { type, outcome, day } = query;
  const hrefOf = (at: string) =>
    link(eventsPath, { type, outcome, day: at.slice(0, 10), hour: at.slice(11) || undefined });
  const bars = eventBars(slots, { type, outcome, hrefOf, here: hourIn(query) ?? day });
  if (!bars) return html``;
  const per = (slots[0]?.at.length ?? 0) > 10 ? 'hour' : 'day';
  return html`<section class="card histogram" aria-labelledby="histogram">
<div class="card-head"><h2 id="histogram">Events per ${per}</h2><p>${per === 'hour' ? zone : 'UTC'}${countedAt && html` · counted ${time(countedAt)}`}</p></div>
${bars}
</section>`;
}
