import { html } from 'hono/html';
import { numberText, type Tone } from './numbers.ts';
import type { Html } from './page.ts';

/** How a number changed, without a scale. The number itself is beside it, so this says nothing to a screen reader. */
export function sparkline(values: readonly number[]): Html {
  if (values.length < 2 || values.every((value) => value === 0)) return html``;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const points = values.map((value, at) => {
    const x = (at / (values.length - 1)) * 100;
    const y = high === low ? 12 : 22 - ((value - low) / (high - low)) * 20;
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  return html`<svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true"><polyline points="${points.join(' ')}"/></svg>`;
}

/** `href`: where what it counts is listed, if not here. */
export type Series = Readonly<{ name: string; tone: Tone; href?: string }>;
export type Bar = Readonly<{
  /** Under the bar. */
  label: Html | string;
  /** On hover, before the numbers. */
  title: string;
  /** The instant that the title begins with, in UTC as it comes and in the reader's zone once the script has run. */
  at?: string;
  /** In the order of the series. */
  values: readonly number[];
  /** What is behind the bar. */
  href?: string;
  /** Whether the page shows just that. */
  isHere?: boolean;
}>;

const plotHeight = 160;

/**
 * Bars of several series on top of each other, with a scale. `label` says what they show; a table has to say the rest, and
 * to lead to what the bars lead to: they are for a pointer, and not a stop each on the way of a keyboard.
 */
export function stackedBars(label: string, series: readonly Series[], bars: readonly Bar[]): Html {
  const most = Math.max(1, ...bars.map(({ values }) => sum(values)));
  const top = niceTop(most);
  const width = 100 / Math.max(1, bars.length);
  const every = Math.ceil(bars.length / 7);
  return html`<div class="chart">
<div class="scale" aria-hidden="true"><span>${numberText(top)}</span><span>${numberText(top / 2)}</span><span>0</span></div>
<div class="plot">
<p class="unseen">${label}</p>
<svg class="bars" aria-hidden="true" width="100%" height="${plotHeight}">
<line x1="0" x2="100%" y1="0.5" y2="0.5"/><line x1="0" x2="100%" y1="${plotHeight / 2}" y2="${plotHeight / 2}"/><line x1="0" x2="100%" y1="${plotHeight - 0.5}" y2="${plotHeight - 0.5}"/>
${bars.map((bar, at) => stack(bar, series, { x: at * width, width, top }))}
</svg>
<div class="ticks" aria-hidden="true">${bars.map(({ label: name }, at) => html`<span>${at % every === 0 ? name : ''}</span>`)}</div>
</div>
</div>
<ul class="legend">${series.map(({ name, tone, href }) => html`<li class="${tone}">${href ? html`<a href="${href}">${name}</a>` : name}</li>`)}</ul>`;
}

function stack(
  { title, at: instant, values, href, isHere }: Bar,
  series: readonly Series[],
  { x, width, top }: Readonly<{ x: number; width: number; top: number }>,
): Html {
  const told = series.map(({ name }, at) => `${name} ${numberText(values[at] ?? 0)}`).join(', ');
  let y = plotHeight;
  const parts = values.map((value, at) => {
    // What there is can be seen, however little it is.
    const height = value === 0 ? 0 : Math.max(1.5, (value / top) * plotHeight);
    y -= height;
    return height === 0
      ? ''
      : html`<rect class="${series[at]?.tone}" x="${percent(x + width * 0.08)}" width="${percent(width * 0.84)}" y="${y.toFixed(1)}" height="${height.toFixed(1)}"/>`;
  });
  const bar = html`<g${isHere ? html` class="here"` : ''}><title${instant && html` data-at="${instant}"`}>${title}: ${told}</title><rect class="ground" x="${percent(x)}" width="${percent(width)}" y="0" height="${plotHeight}"/>${parts}</g>`;
  return href === undefined ? bar : html`<a href="${href}" tabindex="-1">${bar}</a>`;
}

const percent = (value: number) => `${value.toFixed(2)}%`;

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

/** The top of a scale whose half is a whole number, too. */
function niceTop(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  const steps = [1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10].map((step) => Math.round(step * power));
  return steps.find((top) => top >= most && top % 2 === 0) ?? 10 * power;
}
