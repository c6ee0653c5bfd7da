import { html } from 'hono/html';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stackedBars } from '#functions/console/kit/charts.ts';
import { previewPane } from '#functions/console/kit/email-frame.ts';
import {
  copyButton,
  live,
  saveBar,
  underDays,
  untilDone,
} from '#functions/console/kit/enhanced.ts';
import type { Html } from '#functions/console/kit/page.ts';
import { script } from '#functions/console/kit/script/script.ts';
import { hourOfChart, table, time, zone } from '#functions/console/kit/shown.ts';
import { hasBrowser, startBrowser } from './chromium.ts';

const address = 'http://localhost:4000/console/page';

/** The script of the console on pages of our own. */
describe.skipIf(!hasBrowser)('the script of the pages', { timeout: 300_000 }, () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let bodies: string[];
  let asked: number;

  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    context = await browser.newContext({
      timezoneId: 'America/New_York',
      locale: 'de-DE',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    page = await context.newPage();
    await page.clock.install({ time: '2026-11-29T11:59:59Z' });
    // Only what a test runs passes, however busy the machine is.
    await page.clock.pauseAt('2026-11-29T12:00:00Z');
    asked = 0;
    await page.route(address, (route) => {
      const body = bodies[Math.min(asked, bodies.length - 1)];
      asked += 1;
      return route.fulfill({
        contentType: 'text/html; charset=utf-8',
        body: `<!doctype html><body>${body}<script type="module">${script}</script></body>`,
      });
    });
  });
  afterEach(() => context.close());

  /** Opens a page with the first body; who asks again gets the next ones. */
  async function open(...shown: readonly Html[]): Promise<void> {
    bodies = (await Promise.all(shown)).map(String);
    await page.goto(address);
  }

  const textOf = (selector: string) => page.locator(selector).allInnerTexts();

  it.each([
    ['minutes', {}, '28 Nov 2026, 20:01'],
    ['seconds', { form: 'seconds' }, '28 Nov 2026, 20:01:07'],
    ['the day above', { form: 'clock' }, '20:01:07'],
    ['how long ago', { ago: true }, '28 Nov 2026, 20:01 · 11 hours ago'],
  ] as const)('tells a time of the reader’s zone with %s', async (_, options, text) => {
    await open(time('2026-11-29T01:01:07Z', options));
    expect(await textOf('time')).toEqual([text]);
  });

  it('tells the hours of a chart in the reader’s zone, and names it', async () => {
    await open(html`<p>${zone}</p>${hourOfChart('2026-11-29T14')}`);
    expect(await textOf('time')).toEqual(['09:00']);
    expect(await textOf('p')).toEqual(['America/New_York']);
  });

  it('tells the hour of a bar in the reader’s zone on hover, and leaves days as they are', async () => {
    const bar = { label: '14:00', values: [1], title: '2026-11-29 14:00 UTC' };
    const series = [{ name: 'Skipped', tone: 'warn' }] as const;
    const day = { ...bar, title: 'Sunday, 29 November 2026' };
    await open(
      html`${stackedBars('Bars', series, [{ ...bar, at: '2026-11-29T14:00:00.000Z' }, day])}`,
    );
    expect(await page.locator('title').allTextContents()).toEqual(
      expect.arrayContaining([
        '29 Nov 2026, 09:00: Skipped 1',
        'Sunday, 29 November 2026: Skipped 1',
      ]),
    );
  });

  it('puts rows under the days of the reader, whose times they have', async () => {
    const rows = ['2026-11-29T05:00:00Z', '2026-11-29T04:59:59Z', '2026-11-28T12:00:00Z'];
    await open(
      underDays(
        rows,
        (at) => at,
        (ofDay) =>
          table(
            'Rows',
            ['At'],
            ofDay.map((at) => [time(at, { form: 'clock' })]),
          ),
      ),
    );
    const shown = await textOf('h2, td');
    // Not every version of a browser has a comma after the weekday.
    expect(shown.map((text) => text.replace(',', ''))).toEqual([
      'Sunday 29 November 2026',
      '00:00:00',
      'Saturday 28 November 2026',
      '23:59:59',
      '07:00:00',
    ]);
    for (const day of [/Sunday/, /Saturday/]) {
      expect(await page.getByRole('region', { name: day }).count()).toBe(1);
      expect(await page.getByRole('table', { name: day }).count()).toBe(1);
    }
  });

  it('copies a text, and says so', async () => {
    await open(copyButton('a "b" <c>'));
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe('a "b" <c>');
  });

  describe('a form that warns', () => {
    const form = (state: 'warns' | 'already') =>
      html`<form method="post" action="${address}" data-unsaved="${state}"><input type="hidden" name="token" value="t">
<fieldset data-name="order.paid"><label>On <input type="checkbox" name="on" checked></label></fieldset>
<label>Group <input name="group" value="a"></label>
<fieldset data-view><label>Dark <input type="checkbox" name="dark"></label></fieldset>${saveBar()}</form>`;

    it('says what is not saved, and takes it back', async () => {
      await open(form('warns'));
      expect(await textOf('[data-unsaved-text]')).toEqual(['All saved']);
      expect(await page.getByRole('button', { name: 'Discard' }).count()).toBe(0);
      await page.getByLabel('On').uncheck();
      await page.getByLabel('Group').fill('b');
      expect(await textOf('[data-unsaved-text]')).toEqual(['Unsaved: order.paid, Group']);
      await page.getByRole('button', { name: 'Discard' }).click();
      await page.clock.runFor(1);
      expect(await textOf('[data-unsaved-text]')).toEqual(['All saved']);
    });

    it('says that what it came with is not saved either', async () => {
      await open(form('already'));
      expect(await textOf('[data-unsaved-text]')).toEqual(['Not saved yet']);
    });

    it.each([
      ['with changes', 'warns', 'b', true],
      ['with what it had', 'warns', 'a', false],
      ['that came unsaved', 'already', 'a', true],
    ] as const)('asks whoever leaves it %s', async (_, state, typed, warns) => {
      const questions: string[] = [];
      page.on('dialog', (dialog) => {
        questions.push(dialog.type());
        void dialog.accept();
      });
      await open(form(state));
      await page.getByLabel('Group').fill(typed);
      // How something is looked at is nothing to save.
      await page.getByLabel('Dark').check();
      await page.goto('about:blank');
      expect(questions).toEqual(warns ? ['beforeunload'] : []);
    });
  });

  describe('a preview', () => {
    const form = (shown: string, image = 'https://example.com') =>
      html`<form method="post" action="${address}" data-unsaved="warns"><input type="hidden" name="token" value="t">
<label>Subject <input name="subject" value="a"></label>
<fieldset data-preview-whole="#there"><label>Event <select name="event"><option>one<option>two</select></label></fieldset>
${previewPane({
  choices: html`<label>With <select name="example"><option>one<option>two</select></label>`,
  back: '#preview',
  sources: { styles: [], images: [image] },
  body: html`<p>${shown}</p>`,
})}</form>`;
    const posted = () => page.waitForRequest((request) => request.method() === 'POST');
    const button = () => page.getByRole('button', { name: 'Preview' });

    it('follows what is chosen and what is typed, without its button', async () => {
      await open(form('first'), form('chosen'), form('typed'));
      expect(await button().count()).toBe(0);
      const choosing = posted();
      await page.getByLabel('With').selectOption('two');
      await page.clock.runFor(1);
      expect((await choosing).postData()).toContain('example=two&act=preview');
      await expect.poll(() => textOf('[data-preview] p')).toEqual(['chosen']);
      const typing = posted();
      await page.getByLabel('Subject').fill('b');
      expect(asked).toBe(2);
      await page.clock.runFor(600);
      expect((await typing).postData()).toContain('subject=b');
      await expect.poll(() => textOf('[data-preview] p')).toEqual(['typed']);
      expect(await page.evaluate('document.activeElement.name')).toBe('subject');
    });

    it('offers values for what a condition compares, and leaves the list alone while one is typed', async () => {
      const row = (list?: string) =>
        html`<div class="condition"><label>Property <select name="property-0"><option>name<option>none</select></label>
<label>Value <input name="value-0"${list && html` list="values-0"`}></label>${list && html`<datalist id="values-0"><option value="${list}"></option></datalist>`}</div>`;
      const pane = previewPane({
        ...{ choices: html``, back: '#preview', body: html`<p></p>` },
        sources: { styles: [], images: [] },
      });
      const of = (list?: string) =>
        html`<form method="post" action="${address}">${row(list)}${pane}</form>`;
      await open(of(), of('Pro'), of('Pro'), of());
      const offered = () =>
        page.evaluate(
          `[...document.querySelector('[name=value-0]').list?.options ?? []].map(({ value }) => value)`,
        );
      expect(await offered()).toEqual([]);
      await page.getByLabel('Property').selectOption('none');
      await page.clock.runFor(1);
      await expect.poll(offered).toEqual(['Pro']);
      await page.evaluate(`document.querySelector('datalist').kept = true`);
      const typing = page.waitForResponse(address);
      await page.getByLabel('Value').fill('P');
      await page.clock.runFor(600);
      await (await typing).finished();
      expect(await page.evaluate(`document.querySelector('datalist').kept`)).toBe(true);
      await page.getByLabel('Property').selectOption('name');
      await page.clock.runFor(1);
      await expect.poll(offered).toEqual([]);
      expect(await page.getByLabel('Value').getAttribute('list')).toBeNull();
    });

    it('waits for its button where what is typed needs more than the page may show', async () => {
      await open(form('first'), form('second', 'https://images.example.org'));
      const typing = posted();
      await page.getByLabel('Subject').fill('b');
      await page.clock.runFor(600);
      await typing;
      await button().waitFor();
      expect(await textOf('[data-preview] p')).toEqual(['first']);
    });

    it.each([
      ['a choice that needs more than the page may show', 'With', '#preview'],
      ['a choice that changes more than the preview', 'Event', '#there'],
    ])('comes with a new page after %s', async (_, label, place) => {
      await open(form('first'), form('second', 'https://images.example.org'));
      await page.getByLabel(label).selectOption('two');
      await page.clock.runFor(1);
      await page.waitForURL(`${address}${place}`);
      expect((await textOf('[data-preview] p')).at(0)).toBe('second');
    });
  });

  describe('a part that waits', () => {
    /** Runs the clock until the page is asked for once more, and waits for what its script makes of the answer. */
    async function askedAgain(): Promise<void> {
      const before = asked;
      const answered = page.waitForResponse(address, { timeout: 120_000 });
      await expect
        .poll(async () => {
          if (asked === before) await page.clock.runFor(1_000);
          return asked;
        })
        .toBeGreaterThan(before);
      await (await answered).finished();
      // The clock of the page is ours; the tasks of its message channels still come after what was there before.
      const task = `new Promise((done) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => done();
        port2.postMessage(undefined);
      })`;
      await page.evaluate(task);
      await page.evaluate(task);
    }

    it('is read again until it is done', async () => {
      const waiting = untilDone('part', false, html`<p>queued</p>`);
      const done = untilDone('part', true, html`<p>done ${time('2026-11-29T01:01:07Z')}</p>`);
      await open(waiting, waiting, done);
      await page.clock.runFor(1_000);
      await expect.poll(() => asked).toBe(2);
      await expect
        .poll(async () => {
          await page.clock.runFor(1_000);
          return textOf('#part');
        })
        .toEqual(['done 28 Nov 2026, 20:01']);
      await page.clock.runFor(600_000);
      expect(asked).toBe(3);
    });

    it('gives way to the page that takes its place', async () => {
      await open(untilDone('part', false, html`<h1>being erased</h1>`), html`<h1>Erased</h1>`);
      await page.clock.runFor(1_000);
      await expect.poll(() => textOf('h1')).toEqual(['Erased']);
      await page.clock.runFor(600_000);
      expect(asked).toBe(3);
    });

    it('leaves the page as it is while somebody types or selects there', async () => {
      const erasing = untilDone('part', false, html`<h1>being erased</h1>`);
      await open(html`${erasing}<input aria-label="Find"><p>to copy</p>`, html`<h1>Erased</h1>`);
      await page.evaluate('getSelection().selectAllChildren(document.querySelector("p"))');
      await askedAgain();
      await page.evaluate('getSelection().removeAllRanges()');
      await page.getByLabel('Find').focus();
      await askedAgain();
      await page.getByLabel('Find').fill('ada');
      await page.getByLabel('Find').blur();
      await askedAgain();
      expect(await textOf('h1')).toEqual(['being erased']);
      expect(await page.getByLabel('Find').inputValue()).toBe('ada');
    });

    it('puts what is new above what is read, which stays in its place', async () => {
      const rows = (...names: string[]) =>
        live('part', html`${names.map((name) => html`<p><a href="#${name}">${name}</a></p>`)}`);
      const older = Array.from({ length: 100 }, (_, nth) => `row ${nth}`);
      await open(rows(...older), rows('new', 'newer', ...older));
      const place = () => page.getByText('row 50', { exact: true }).boundingBox();
      await page.getByText('row 50', { exact: true }).scrollIntoViewIfNeeded();
      const before = await place();
      await page.clock.runFor(10_000);
      await page.getByText('newer').waitFor({ timeout: 120_000 });
      expect(await place()).toEqual(before);
    });

    it('is left alone while something in it is selected, also by who selects it meanwhile', async () => {
      await open(live('part', html`<p>old</p>`), live('part', html`<p>new</p>`));
      const select = () => page.evaluate('getSelection().selectAllChildren(document.body)');
      await select();
      await page.clock.runFor(10_000);
      expect(asked).toBe(1);
      await page.evaluate('getSelection().removeAllRanges()');
      await page.route(address, async (route) => {
        await select();
        await route.fallback();
      });
      await askedAgain();
      expect(await textOf('p')).toEqual(['old']);
    });

    it('is left alone while somebody works in it', async () => {
      await open(live('part', html`<input>`), live('part', html`<p>new</p>`));
      await page.locator('input').focus();
      await page.clock.runFor(60_000);
      expect(asked).toBe(1);
    });
  });

  it('does an act once where its button is pressed twice, and again once the form is another, or later', async () => {
    const posted: (string | null)[] = [];
    await page.route('**/act', (route) => {
      posted.push(route.request().postData());
      return route.fulfill({ status: 204 });
    });
    const button = (name: string) => html`<button name="do" value="${name}">${name}</button>`;
    await open(
      html`<form method="post" action="/act"><input name="to" aria-label="To">${button('Add')}${button('Leave')}</form>`,
    );
    const add = page.getByRole('button', { name: 'Add' });
    await add.click();
    await expect.poll(() => posted).toEqual(['to=&do=Add']);
    await add.click();
    await page.getByRole('button', { name: 'Leave' }).click();
    await expect.poll(() => posted).toEqual(['to=&do=Add', 'to=&do=Leave']);
    await page.clock.fastForward(3_000);
    await add.click();
    await expect.poll(() => posted.slice(2)).toEqual(['to=&do=Add']);
    await page.getByLabel('To').fill('ada');
    await add.click();
    await expect.poll(() => posted.slice(3)).toEqual(['to=ada&do=Add']);
  });

  it('leads to the field that finds everything by a slash, unless somebody types', async () => {
    await open(html`<input data-find aria-label="Find"><input aria-label="Other">`);
    await page.getByLabel('Other').press('/');
    expect(await page.getByLabel('Other').inputValue()).toBe('/');
    await page.getByLabel('Other').blur();
    await page.keyboard.press('/');
    await page.keyboard.type('ada');
    expect(await page.getByLabel('Find').inputValue()).toBe('ada');
  });
});
