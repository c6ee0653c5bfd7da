import { html } from 'hono/html';
import { countedOutcomes, eventNumbers } from '#shared/audience/counts.ts';
import type { Slot } from '#shared/store/counts/slots.ts';
import { type Series, stackedBars } from './charts.ts';
import { numberText } from './numbers.ts';
import type { Html } from './page.ts';
import { table } from './shown.ts';

const outcomeSeries = [
  { name: 'Changed a contact', tone: 'good' },
  { name: 'No change', tone: 'calm' },
  { name: 'Skipped', tone: 'warn' },
  { name: 'Dead', tone: 'bad' },
] as const satisfies readonly Series[];

const shortDay = new Intl.DateTimeFormat('en-US', {
  month: 'short',
  day: 'numeric',
  timeZone: 'UTC',
});
const longDay = new Intl.DateTimeFormat('en-US', { dateStyle: 'full', timeZone: 'UTC' });

/** An hour as 14:00, a day as Nov 14. */
function slotName(at: string): string {
  return at.length > 10 ? `${at.slice(11)}:00` : shortDay.format(new Date(at));
}

function slotTitle(at: string): string {
  return at.length > 10
    ? `${at.slice(0, 10)} ${at.slice(11)}:00 UTC`
    : longDay.format(new Date(at));
}

/** Events per day or hour by outcome, as bars and as a table; `undefined` where there is none. */
export function eventBars(slots: readonly Slot[]): Html | undefined {
  const isHours = (slots[0]?.at.length ?? 0) > 10;
  const per = isHours ? 'hour' : 'day';
  const counted = slots.map(({ at, counts }) => ({ at, numbers: eventNumbers(counts) }));
  const all = counted.reduce((sum, { numbers }) => sum + numbers.all, 0);
  if (all === 0) return undefined;
  const bars = counted.map(({ at, numbers }) => ({
    label: slotName(at),
    title: slotTitle(at),
    values: countedOutcomes.map((outcome) => numbers[outcome]),
  }));
  const rows = counted
    .filter(({ numbers }) => numbers.all > 0)
    .reverse()
    .map(({ at, numbers }) => [
      slotName(at),
      ...countedOutcomes.map((outcome) => numberText(numbers[outcome])),
    ]);
  return html`${stackedBars(`Events per ${per} by outcome, ${numberText(all)} in all`, outcomeSeries, bars)}
<details class="as-table"><summary>Show as a table</summary>${table(`Events per ${per}, the newest first`, [isHours ? 'Hour' : 'Day', ...outcomeSeries.map(({ name }) => name)], rows)}</details>`;
}
