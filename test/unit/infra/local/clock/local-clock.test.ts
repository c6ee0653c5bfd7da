import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keptAheadMs, localClock } from '#infra/local/clock/local-clock.ts';
import { spanFrom, spanText, timeText } from '#infra/local/clock/words.ts';
import { withTimeShown } from '#infra/local/http/http-api.ts';
import { Advice } from '#infra/terminal/advice.ts';
import { temporaryFolder } from '#test/support/process/function-in-a-folder.ts';

const dayMs = 86_400_000;
const daysFromNow = (days: number) => new Date(Date.now() + days * dayMs);

test('a clock that was moved on is as far ahead after a restart', async () => {
  const directory = await temporaryFolder();
  const clock = localClock(directory);
  expect(clock.aheadMs()).toBe(0);
  clock.moveTo(daysFromNow(3));
  const again = localClock(directory);
  expect(again.aheadMs()).toBe(clock.aheadMs());
  expect(Math.round(again.aheadMs() / dayMs)).toBe(3);
  expect(keptAheadMs(directory)).toBe(clock.aheadMs());
});

test('a clock never goes back', () => {
  const clock = localClock();
  clock.moveTo(daysFromNow(3));
  const { aheadMs } = clock;
  const before = aheadMs();
  clock.moveTo(daysFromNow(2));
  expect(aheadMs()).toBe(before);
});

test.each(['', 'no JSON', '{"aheadMs":-5}', '{"aheadMs":"1"}', '[]'])(
  'a file with %j is one without a time',
  async (content) => {
    const directory = await temporaryFolder();
    await writeFile(join(directory, 'clock.json'), content);
    expect(keptAheadMs(directory)).toBe(0);
    expect(await readFile(join(directory, 'clock.json'), 'utf8')).toBe(content);
  },
);

test.each([
  ['+3d', 3 * dayMs],
  ['+6h', dayMs / 4],
  ['+90m', dayMs / 16],
  ['+366d', 366 * dayMs],
])('%s is understood', (given, ms) => {
  expect(spanFrom(given)).toBe(ms);
});

test.each([
  ['-3d', /never goes back/],
  ['3d', /^Pass how far, such as \+3d/],
  ['+0d', /^Pass how far/],
  ['+3w', /^Pass how far/],
  ['+1.5d', /^Pass how far/],
  ['+367d', /at most a year/],
  ['', /^Pass how far/],
])('%j is refused in one sentence', (given, message) => {
  expect(() => spanFrom(given)).toThrow(Advice);
  expect(() => spanFrom(given)).toThrow(message);
});

test.each([
  [3 * dayMs, '3 days'],
  [dayMs + 3_600_000 + 60_000, '1 day 1 hour 1 minute'],
  [5_400_000, '1 hour 30 minutes'],
  [1, 'less than a minute'],
])('%d ms are written as "%s"', (ms, written) => {
  expect(spanText(ms)).toBe(written);
});

const page = (type: string) => ({
  status: 200,
  headers: { 'content-type': type },
  body: Buffer.from('<main id="main" tabindex="-1">\n<h1>Runs</h1>\n<p>…</p></main>'),
});

test('a page of the console says how far the clock is ahead, and what time it is', () => {
  const clock = localClock();
  clock.moveTo(daysFromNow(3));
  const shown = withTimeShown(page('text/html; charset=UTF-8'), clock);
  const body = Buffer.from(shown.body).toString();
  expect(body).toContain(
    `<main id="main" tabindex="-1">\n<p class="note" role="note">This local stack's clock is 3 days ahead`,
  );
  expect(body).toContain(timeText(clock.now()));
  expect(body).toContain('<p>…</p></main>');
});

test.each(['text/csv', 'application/json'])('an answer of %s stays as it is', (type) => {
  const clock = localClock();
  clock.moveTo(daysFromNow(3));
  expect(withTimeShown(page(type), clock)).toEqual(page(type));
});

test('a page stays as it is where the clock was not moved', () => {
  expect(withTimeShown(page('text/html'), localClock())).toEqual(page('text/html'));
});
