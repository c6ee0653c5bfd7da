import { html } from 'hono/html';
import { visibleLine } from '#shared/safe-text.ts';
import { wholeDay } from './in-utc.ts';
import type { Html } from './page.ts';

/**
 * Rows under the days on which they happened, in the order in which they come: days of UTC, which the headings say, and
 * of the reader's zone once the script has moved the rows. `view` makes a table, or a list with `data-rows`, and each
 * row has its time in it.
 */
export function underDays<T>(
  rows: readonly T[],
  at: (row: T) => string,
  view: (rows: readonly T[]) => Html,
): Html {
  const days = Map.groupBy(rows, (row) => new Date(at(row)).toISOString().slice(0, 10));
  return html`<div data-days>${[...days].map(
    ([day, ofDay]) =>
      html`<section><h2 data-day>${wholeDay(new Date(day))}, UTC</h2>${view(ofDay)}</section>`,
  )}</div>`;
}

/** A button that copies a text. Only the script shows it. */
export function copyButton(text: string, label = 'Copy'): Html {
  return html`<button type="button" class="small" data-copy="${text}" hidden>${label}</button>`;
}

/** An id or the like, with a button that copies it. */
export function copyable(text: string): Html {
  return html`<code>${visibleLine(text)}</code> ${copyButton(text)}`;
}

/**
 * A part of a page that waits for something, such as what an act makes of an event, and shows it by itself. `isDone` ends
 * the waiting, and so do two minutes. Without a script it says how to go on. `id` is unique on the page.
 */
export function untilDone(id: string, isDone: boolean, body: Html): Html {
  if (isDone) return html`<div id="${id}">${body}</div>`;
  return html`<div id="${id}" data-refresh aria-live="polite">${body}
<noscript><p class="soft">Reload this page in a moment to see the result.</p></noscript></div>`;
}

/** A part of a page that is read again every ten seconds while somebody looks at it, for ten minutes. */
export function live(id: string, body: Html): Html {
  return html`<div id="${id}" data-refresh="live">${body}</div>`;
}

/**
 * The end of a long form with `data-unsaved`: stays in sight, and says which fields are not saved yet. Without a script it
 * is a row with the button.
 */
export function saveBar({ label = 'Save', usual = 'All saved', act = '' } = {}): Html {
  return html`<div class="save-bar"><p data-unsaved-text aria-live="polite"><span class="unseen">${usual}</span></p>
<button type="reset" data-discard hidden>Discard</button> <button type="submit"${act && html` name="act" value="${act}"`} class="primary">${label}</button></div>`;
}
