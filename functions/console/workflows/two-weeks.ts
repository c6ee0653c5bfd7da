import { html } from 'hono/html';
import type { WorkflowNumbers } from '#shared/audience/counts/counts.ts';
import { fatesBar, numberText, percentText, runsText } from '../kit/numbers.ts';
import type { Html } from '../kit/page.ts';
import { facts } from '../kit/shown.ts';

const count = (emails: number, word: string) => (emails > 0 ? `${numberText(emails)} ${word}` : '');

/** What a workflow did in the last 14 days, in a cell of the list. */
export function twoWeeksCell(numbers: WorkflowNumbers): Html {
  if (isNothing(numbers)) return html`<span class="soft">–</span>`;
  const { sent, bounceRate, complained, blocked, failed, unknown, held } = numbers;
  const told = [
    `${numberText(sent)} sent`,
    bounceRate === undefined ? '' : `${percentText(bounceRate)} bounced`,
    count(complained, 'complained'),
    count(blocked, 'blocked'),
    count(failed, 'failed'),
    count(unknown, 'unknown'),
    count(held, 'held'),
  ];
  const runs = runsText(numbers);
  return html`<div class="two-weeks">${fatesBar(numbers)}<span class="small">${told.filter(Boolean).map((one, at, all) => html`<span class="whole">${one}${at < all.length - 1 ? ',' : ''}</span> `)}</span>${runs && html`<br><span class="small soft">${runs}</span>`}</div>`;
}

/** The same on the page of the workflow; `hasRuns`: it has several steps. */
export function twoWeeksCard(numbers: WorkflowNumbers, hasRuns: boolean): Html {
  const { sent, delivered, bounced, bounceRate, complained, blocked } = numbers;
  const { failed, unknown, held, waiting } = numbers;
  // What hardly ever happens is told only where it has.
  const told = (name: string, count: number) =>
    count === 0 ? [] : [[name, numberText(count)] as const];
  const rate = bounceRate === undefined ? '' : ` (${percentText(bounceRate)})`;
  const runs = [
    ['Runs begun', numberText(numbers.entered)],
    ['Mailed', numberText(numbers.mailed)],
    ['Ended early', numberText(numbers.endedEarly)],
  ] as const;
  const counted = hasRuns ? 'Runs count on the day they begin, emails' : 'Emails count';
  return html`<section class="card" aria-labelledby="two-weeks">
<h2 id="two-weeks">Last 14 days</h2>
${
  isNothing(numbers)
    ? html`<p class="soft">Nothing counted yet. Numbers update every 5 minutes.</p>`
    : html`${fatesBar(numbers)}
${facts([
  ['Sent', numberText(sent)],
  ['Delivered', numberText(delivered)],
  ['Bounced', `${numberText(bounced)}${rate}`],
  ...told('Complained', complained),
  ['Blocked', numberText(blocked)],
  ...told('Failed', failed),
  ...told('Unknown', unknown),
  ...told('Held', held),
  ...told('Waiting', waiting),
  ...(hasRuns ? runs : []),
])}
<p class="small soft">${counted} on the day they’re created. What happens to them later shows within a day.</p>`
}
</section>`;
}

function isNothing(numbers: WorkflowNumbers): boolean {
  const { sent, blocked, failed, unknown, held, waiting, entered } = numbers;
  return sent + blocked + failed + unknown + held + waiting + entered === 0;
}
