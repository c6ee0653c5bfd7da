import { html } from 'hono/html';
import {
  type CountedOutcome,
  type Counts,
  countedOutcomes,
  eventNumbers,
} from '#shared/audience/counts/counts.ts';
import type { Slot } from '#shared/store/counts/slots.ts';
import { type Series, stackedBars } from './charts.ts';
import { shortDay, wholeDay } from './in-utc.ts';
import { numberText } from './numbers.ts';
import type { Html } from './page.ts';
import { deadLettersPath } from './paths.ts';
import { hourOfChart, table } from './shown.ts';

const outcomeSeries = {
  applied: { name: 'Changed a contact', tone: 'good' },
  unchanged: { name: 'Contact unchanged', tone: 'calm' },
  skipped: { name: 'Skipped', tone: 'warn' },
  dead: { name: 'Dead', tone: 'bad', href: deadLettersPath },
} as const satisfies Readonly<Record<CountedOutcome, Series>>;

/** An hour as 14:00, a day as 14 Nov. */
function slotName(at: string): Html | string {
  return at.length > 10 ? hourOfChart(at) : shortDay(new Date(at));
}

function slotTitle(at: string): string {
  return at.length > 10 ? `${at.slice(0, 10)} ${at.slice(11)}:00 UTC` : wholeDay(new Date(at));
}

type Shown = Readonly<{
  /** Only of this outcome. */
  outcome?: CountedOutcome | undefined;
  /** Only of this type. */
  type?: string | undefined;
  /** Where the events of a day or an hour are listed. */
  hrefOf: (at: string) => string;
  /** The day or the hour that the page shows. */
  here?: string | undefined;
}>;

/** Events per day or hour by outcome, as bars and as a table; `undefined` where there is none. */
export function eventBars(
  slots: readonly Slot[],
  { outcome, type, hrefOf, here }: Shown,
): Html | undefined {
  const outcomes = countedOutcomes.filter((one) => outcome === undefined || one === outcome);
  const series = outcomes.map((one) => outcomeSeries[one]);
  const isHours = (slots[0]?.at.length ?? 0) > 10;
  const per = isHours ? 'hour' : 'day';
  const counted = slots.map(({ at, counts }) => {
    const numbers = eventNumbers(ofType(counts, type));
    return { at, values: outcomes.map((one) => numbers[one]) };
  });
  const all = counted.flatMap(({ values }) => values).reduce((sum, value) => sum + value, 0);
  if (all === 0) return undefined;
  const bars = counted.map(({ at, values }) => ({
    ...{ label: slotName(at), title: slotTitle(at), values },
    ...{ href: hrefOf(at), isHere: at === here },
    ...(isHours && { at: `${at}:00:00.000Z` }),
  }));
  const rows = counted
    .filter(({ values }) => values.some((value) => value > 0))
    .reverse()
    .map(({ at, values }) => [
      html`<a href="${hrefOf(at)}">${slotName(at)}</a>`,
      ...values.map(numberText),
    ]);
  return html`${stackedBars(`Events per ${per} by outcome, ${numberText(all)} in all. A table follows.`, series, bars)}
<details class="as-table"><summary>Show as a table</summary>${table(`Events per ${per}, newest first`, [isHours ? 'Hour' : 'Day', ...series.map(({ name }) => name)], rows)}</details>`;
}

function ofType({ events }: Counts, type: string | undefined): Pick<Counts, 'events'> {
  return { events: type === undefined ? events : { [type]: events[type] ?? {} } };
}
