import { html } from 'hono/html';
import type { MailNumbers, WorkflowNumbers } from '#shared/audience/counts/counts.ts';
import type { Html } from './page.ts';

/** A whole number. Without `Intl`, see `in-utc.ts`. */
export function numberText(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** From 0 to 1, as people write it. */
export function percentText(part: number): string {
  const percent = part * 100;
  return `${percent === 0 || percent === 100 ? percent : percent.toFixed(1)}%`;
}

export type Tone = 'good' | 'calm' | 'warn' | 'bad';

/** Parts of a whole side by side. What they are has to be said beside it. */
export function partsBar(
  parts: readonly Readonly<{ name: string; tone: Tone; value: number }>[],
): Html {
  const all = parts.reduce((sum, { value }) => sum + value, 0);
  if (all === 0) return html`<svg class="parts" width="100%" height="10" aria-hidden="true"></svg>`;
  let x = 0;
  const shown = parts
    .filter(({ value }) => value > 0)
    .map(({ name, tone, value }) => {
      const width = (value / all) * 100;
      const from = x;
      x += width;
      return html`<rect class="${tone}" x="${percent(from)}" width="${percent(Math.max(0.8, width - 0.4))}" height="10"><title>${name} ${numberText(value)}</title></rect>`;
    });
  return html`<svg class="parts" width="100%" height="10" aria-hidden="true">${shown}</svg>`;
}

const percent = (value: number) => `${value.toFixed(2)}%`;

/** What became of emails, as a bar, and in words for a screen reader. */
export function fatesBar(numbers: MailNumbers): Html {
  const parts = [
    { name: 'Delivered', tone: 'good', value: numbers.delivered },
    { name: 'On the way', tone: 'calm', value: numbers.accepted + numbers.waiting },
    { name: 'Bounced or complained', tone: 'bad', value: numbers.bounced + numbers.complained },
    { name: 'Failed', tone: 'bad', value: numbers.failed },
    { name: 'Held until you release it', tone: 'warn', value: numbers.held },
    { name: 'Unknown', tone: 'warn', value: numbers.unknown },
    { name: 'Blocked', tone: 'warn', value: numbers.blocked },
  ] as const;
  const told = parts
    .filter(({ value }) => value > 0)
    .map(({ name, value }) => `${name} ${numberText(value)}`);
  return html`${partsBar(parts)}<span class="unseen">${told.join(', ') || 'none'}</span>`;
}

/** What the colours of these bars say, once for all bars of a table. */
export const fatesLegend: Html = html`<ul class="legend"><li class="good">Delivered</li><li class="calm">On the way</li><li class="bad">Bounced, complained or failed</li><li class="warn">Held, blocked or unknown</li></ul>`;

/** What became of the runs that a workflow began in some days, whenever that was; `undefined` where none began. */
export function runsText({ entered, mailed, endedEarly }: WorkflowNumbers): string | undefined {
  if (entered === 0) return undefined;
  const begun = `${numberText(entered)} ${entered === 1 ? 'run' : 'runs'} begun`;
  return `${begun}: ${numberText(mailed)} mailed, ${numberText(endedEarly)} ended early`;
}
