import { expect, it, test } from 'vitest';
import { fateTones } from '#functions/console/kit/fates.ts';
import { fatesBar, fatesLegend } from '#functions/console/kit/numbers.ts';
import { twoWeeksCard, twoWeeksCell } from '#functions/console/workflows/two-weeks.ts';
import { type WorkflowNumbers, workflowNumbers } from '#shared/audience/counts/counts.ts';

const numbersOf = (emails: Readonly<Record<string, number>>): WorkflowNumbers =>
  workflowNumbers({ emails: { receipt: emails }, runs: {} }, 'receipt');
const textOf = async (html: Parameters<typeof String>[0]) =>
  String(await html)
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ');

test.each([
  ['good', 'Delivered', { delivered: 3 }],
  ['calm', 'On the way', { accepted: 2, waiting: 1 }],
  ['bad', 'Bounced or complained', { bounced: 2, complained: 1 }],
  ['bad', 'Failed', { failed: 3 }],
  ['warn', 'Unknown', { unknown: 3 }],
  ['warn', 'Held until you release it', { held: 3 }],
  ['warn', 'Blocked', { blocked: 3 }],
] as const)(
  'a bar shows what is %s as %s, and the legend has its color',
  async (tone, name, emails) => {
    const bar = String(await fatesBar(numbersOf(emails)));
    expect(bar).toMatch(new RegExp(`<rect class="${tone}" [^>]+><title>${name} 3</title>`));
    expect(bar).toContain(`<span class="unseen">${name} 3</span>`);
    expect(String(await fatesLegend)).toContain(`<li class="${tone}">`);
  },
);

it.each([
  ['delivered', 'delivered'],
  ['accepted', 'sent'],
  ['waiting', 'waiting'],
  ['bounced', 'bounced'],
  ['complained', 'complained'],
  ['failed', 'failed'],
  ['unknown', 'unknown'],
  ['held', 'held'],
  ['blocked', 'blocked'],
] as const)('a bar has the color of %s that its badge has', async (counted, fate) => {
  expect(String(await fatesBar(numbersOf({ [counted]: 1 })))).toContain(
    `<rect class="${fateTones[fate]}"`,
  );
});

it('names what each color of a bar is', async () => {
  expect(await textOf(fatesLegend)).toBe(
    ' Delivered On the way Bounced, complained or failed Held, blocked or unknown ',
  );
});

it('counts held emails in the list and on the page of a workflow', async () => {
  const numbers = numbersOf({ delivered: 8, bounced: 2, held: 5 });
  expect(await textOf(twoWeeksCell(numbers))).toContain('10 sent, 20.0% bounced, 5 held');
  expect(await textOf(twoWeeksCard(numbers, false))).toContain('Blocked 0 Held 5 ');
});

it('does not call it nothing where all that there is is held', async () => {
  expect(await textOf(twoWeeksCell(numbersOf({ held: 1 })))).toContain('1 held');
});

it('leaves out what has not happened', async () => {
  const text = await textOf(twoWeeksCard(numbersOf({ delivered: 1 }), false));
  expect(text).not.toMatch(/Held|Complained|Failed|Unknown|Waiting/);
});
