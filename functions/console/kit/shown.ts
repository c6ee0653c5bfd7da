import { html } from 'hono/html';
import { actorName } from '#shared/actor.ts';
import { visible } from '#shared/safe-text.ts';
import { clockText, minutesText, secondsText } from './in-utc.ts';
import { numberText } from './numbers.ts';
import type { Html } from './page.ts';

const mostShown = 40_000;

/**
 * A body, JSON with line breaks and indents, in which nothing hides or turns around what is beside it. Of a long one only
 * the beginning; `whole` is where the rest is. `label`: of the region, where a page has several.
 */
export function prettyBody(body: string, whole: string, label = 'The body'): Html {
  const text = visible(pretty(body));
  const rest = text.length - mostShown;
  return html`<pre tabindex="0" role="region" aria-label="${label}">${coloured(text.slice(0, mostShown))}</pre>
${rest > 0 ? html`<p class="soft">There are ${numberText(rest)} more characters. <a href="${whole}">Download it whole</a>.</p>` : ''}`;
}

/**
 * A name with its colon, another text, a word, or a number of JSON. A text that doesn't end goes to the end: to look for
 * its end again from each quote in it would take seconds.
 */
const jsonToken =
  /("(?:\\[\s\S]|[^"\\])*(?:"|\\?$))(\s*:)?|\b(?:true|false|null)\b|-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** JSON with its names and values told apart. Any other text comes out as it is. */
function coloured(text: string): Html[] {
  const parts: Html[] = [];
  let end = 0;
  for (const match of text.matchAll(jsonToken)) {
    const [token, quoted, colon] = match;
    const kind = quoted === undefined ? 'value' : colon === undefined ? 'text' : 'name';
    parts.push(
      html`${text.slice(end, match.index)}<span class="json-${kind}">${quoted ?? token}</span>${colon}`,
    );
    end = match.index + token.length;
  }
  return [...parts, html`${text.slice(end)}`];
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), undefined, 2);
  } catch {
    return body;
  }
}

const forms = { minutes: minutesText, seconds: secondsText, clock: clockText } as const;

type TimeOptions = Readonly<{
  /** `seconds` where things happen in seconds; `clock`: without its day, which is above it. */
  form?: keyof typeof forms;
  /** Whether the script adds how long ago that was. */
  ago?: boolean;
}>;

/**
 * A time: in UTC as it comes, in the reader's zone and the same form once the script has run, with the exact one on
 * hover. `instant` is ISO 8601, of Polar or ours; anything else is shown as it is.
 */
export function time(instant: string, { form = 'minutes', ago = false }: TimeOptions = {}): Html {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return html`${instant}`;
  return html`<time datetime="${date.toISOString()}" data-form="${form}" title="${instant}"${ago ? html` data-ago` : ''}>${forms[form](date)} UTC</time>`;
}

/** An hour of a chart, whose heading says the zone with `zone`. `hour` is `YYYY-MM-DDTHH` of UTC. */
export function hourOfChart(hour: string): Html {
  return html`<time datetime="${hour}:00:00.000Z" data-form="hour">${hour.slice(11)}:00</time>`;
}

/** The zone of the hours below: UTC as they come, the reader's by name once the script has run. */
export const zone: Html = html`<span data-zone>UTC</span>`;

/** Who did something: the name, with the whole ARN on hover. An address in it may break after its @. */
export function who(by: string): Html {
  const parts = actorName(by).split('@');
  const name = html`${parts.map((part, at) => html`${at > 0 ? html`@<wbr>` : ''}${part}`)}`;
  return by.startsWith('arn:') ? html`<span title="${by}">${name}</span>` : name;
}

type Tone = 'good' | 'bad' | 'warn' | 'calm';

/** A state in one or two words. The word says it; the tone only helps. */
export function badge(word: string, tone: Tone = 'calm'): Html {
  return html`<span class="badge ${tone}">${word}</span>`;
}

/** Longer ones fill more than a line of a phone. */
const longestWhole = 32;
/** Longer ones fill more than the column of a phone. */
const longestUnbroken = 26;

/** An address: a short one stays on one line if it fits, a longer one may break after its @ and before the dots behind it. */
export function addressText(address: string): Html {
  const text = address.length <= longestUnbroken ? address : breakable(address);
  return address.length <= longestWhole
    ? html`<span class="address">${text}</span>`
    : html`${text}`;
}

function breakable(address: string): Html {
  const at = address.lastIndexOf('@') + 1;
  const labels = address.slice(at).split('.');
  const host = labels.map((label, place) => (place === 0 ? label : html`<wbr>.${label}`));
  return html`${address.slice(0, at)}<wbr>${host}`;
}

/** A list of names and values; those without a value are left out. */
export function facts(
  rows: readonly (readonly [name: string, value: Html | string | undefined])[],
): Html {
  const known = rows.filter(([, value]) => value !== undefined && value !== '');
  return html`<dl class="facts">${known.map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`,
  )}</dl>`;
}

/**
 * A table; where the page is narrow each cell has its head beside it. `caption` is for those who do not see it. `numbers`:
 * the heads of the columns whose digits are one under the other. `of`: what its rows are, where a narrow page shows each
 * without heads, in as few lines as it takes.
 */
export function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly (Html | string | undefined)[])[],
  {
    numbers = [],
    of,
  }: Readonly<{
    numbers?: readonly string[];
    of?:
      | 'contacts'
      | 'deliveries'
      | 'events'
      | 'finds'
      | 'flows'
      | 'letters'
      | 'log'
      | 'pairs'
      | 'runs';
  }> = {},
): Html {
  const tone = (head: string | undefined) =>
    head !== undefined && numbers.includes(head) ? html` class="number"` : '';
  return html`<div class="scroll${of && ` dense ${of}`}" role="region" aria-label="${caption}" tabindex="0">
<table>
<caption class="unseen">${caption}</caption>
<thead><tr>${heads.map((head) => html`<th scope="col"${tone(head)}>${head}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell, at) => html`<td data-head="${heads[at]}"${tone(heads[at])}>${cell ?? ''}</td>`)}</tr>`)}</tbody>
</table>
</div>`;
}

/** What is shown where nothing is yet, and what to do next. */
export function empty(text: Html | string, next?: Html): Html {
  return html`<div class="empty"><p>${text}</p>${next}</div>`;
}

/** Why an act did nothing, above what it was typed into. It takes the focus. */
export function problemFlash(body: Html | string): Html {
  const isSentence = typeof body === 'string';
  return html`<div class="flash problem${!isSentence && ' problems'}" role="alert" tabindex="-1" autofocus>${body}</div>`;
}

/** The address of the same page with other parameters; those without a value are left out. */
export function link(
  path: string,
  parameters: Readonly<Record<string, string | undefined>>,
): string {
  const given = Object.entries(parameters).filter(
    (pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '',
  );
  const query = new URLSearchParams(given).toString();
  return query === '' ? path : `${path}?${query}`;
}
