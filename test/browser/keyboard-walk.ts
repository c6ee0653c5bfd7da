import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';

type Walk = Readonly<{
  browser: Browser;
  consoleUrl: string;
  /** Where the page of one is. */
  contact: string;
  workflow: string;
}>;

const stopSchema = z.object({
  name: z.string(),
  kind: z.enum(['new', 'same', 'end']),
  isFirst: z.boolean(),
  /** Why somebody would not see where they are; empty: they do. */
  fault: z.string(),
});

/** Where the focus is, and whether that is seen. */
const focused = `(() => {
  const at = document.activeElement;
  if (!at || at === document.body || at.tagName === 'HTML') {
    window.lastStop = undefined;
    return { name: '', kind: 'end', isFirst: false, fault: '' };
  }
  const name = at.tagName + ' ' + (at.getAttribute('aria-label') ?? at.labels?.[0]?.textContent ?? at.textContent).trim().slice(0, 40);
  const { x, y, width, height } = at.getBoundingClientRect();
  const style = getComputedStyle(at);
  const rings = at.tagName === 'IFRAME' || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0);
  const middle = [x + width / 2, Math.min(y + height / 2, innerHeight - 1)];
  const onTop = document.elementFromPoint(...middle);
  const isCovered = !onTop || !(at.contains(onTop) || onTop.contains(at) || onTop.closest('label')?.control === at);
  const fault = width < 2 || height < 2 ? 'not to be seen' : !rings ? 'no outline' : isCovered ? 'covered or out of sight' : '';
  // A date has several parts to step through.
  const kind = at === window.lastStop ? 'same' : 'new';
  window.lastStop = at;
  return { name, kind, isFirst: at.matches('.skip'), fault };
})()`;

/**
 * The stop after a press of a key. A frame without rights is a process of its own, so the focus comes to it and goes
 * from it a moment later: until then it is nowhere, as it is past the last stop.
 */
async function stopAfter(page: Page, key: 'Tab' | 'Shift+Tab') {
  await page.keyboard.press(key);
  await page
    .waitForFunction('document.activeElement?.matches(":not(html, body)")', null, { timeout: 3000 })
    .catch(() => {});
  return stopSchema.parse(await page.evaluate(focused));
}

/** Tabs through a page, at most so far. */
async function stopsOn(page: Page, key: 'Tab' | 'Shift+Tab' = 'Tab', most = 250) {
  const stops: z.infer<typeof stopSchema>[] = [];
  while (stops.length < most) {
    const stop = await stopAfter(page, key);
    // After the last stop comes the browser's own bar or, where there is none, the first one again.
    const isOver = stop.kind === 'end' || (key === 'Tab' && stop.isFirst);
    if (isOver && stops.length > 0) break;
    if (stop.kind === 'new') stops.push(stop);
  }
  return stops;
}

/** Everything somebody could want to reach, and does not lie in what is closed. */
const reachable = `[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, iframe, [tabindex="0"]')]
  .filter((one) => one.checkVisibility() && one.tabIndex >= 0 && !one.disabled)
  .filter((one) => one.type !== 'radio' || one.checked)
  .length`;

/** Whether all of the button that saves can be seen, with nothing over it. */
const saveInSight = `(() => {
  const save = document.querySelector('.save-bar button[type=submit]');
  const { left, right, top, bottom } = save.getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight && document.elementFromPoint((left + right) / 2, (top + bottom) / 2) === save;
})()`;

/** Through the console with nothing but the keyboard. */
export function keyboardWalk(at: () => Promise<Walk>): void {
  describe('with the keyboard alone', () => {
    let page: Page;
    let walk: Walk;
    const open = (path: string) => page.goto(`${walk.consoleUrl}${path}`);
    const focus = async () => stopSchema.parse(await page.evaluate(focused)).name;

    beforeAll(async () => {
      walk = await at();
      page = await walk.browser.newPage();
    });
    afterAll(() => page?.close());

    it.each([
      ['the overview', () => ''],
      ['a list with filters', () => '/events'],
      ['a contact', () => walk.contact],
      ['the editor', () => `${walk.workflow}/edit`],
      ['a workflow', () => walk.workflow],
      ['the settings, with their bar in sight', () => '/settings'],
      ['the brand', () => '/brand'],
      ['the connection', () => '/polar'],
      ['a test event', () => '/test'],
      ['the dead letters', () => '/dead-letters'],
    ])('one sees where one is on every step through %s, there and back', async (_, path) => {
      await page.setViewportSize({ width: 1280, height: 900 });
      await open(path());
      const stops = await stopsOn(page);
      expect(stops.filter(({ fault }) => fault !== '')).toEqual([]);
      expect(stops[0]?.name).toBe('A Skip to the content');
      expect(stops).toHaveLength(z.number().parse(await page.evaluate(reachable)));
      const back = await stopsOn(page, 'Shift+Tab', stops.length);
      expect(back.map(({ name }) => name)).toEqual(stops.map(({ name }) => name).reverse());
    });

    it.each([390, 1280])('Save stays in sight in the editor at %i pixels', async (width) => {
      await page.setViewportSize({ width, height: 844 });
      await open(`${walk.workflow}/edit`);
      for (const part of [0, 0.2, 0.4]) {
        await page.evaluate(`scrollTo(0, document.documentElement.scrollHeight * ${part})`);
        expect(await page.evaluate(saveInSight)).toBe(true);
      }
    });

    it('the first stop skips the navigation', async () => {
      await open('/audience');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Tab');
      expect(await focus()).toContain('Name, email address or id');
    });

    it('a slash finds things from everywhere', async () => {
      await open('/settings');
      await page.keyboard.press('/');
      await page.keyboard.type('ada');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'ada' }).waitFor();
    });

    it('the menu of a phone opens, leads somewhere, and Escape closes it', async () => {
      await page.setViewportSize({ width: 390, height: 844 });
      await open('');
      const menu = page.getByText('Menu', { exact: true });
      const isOpen = () =>
        page.getByRole('link', { name: 'Audience', exact: true }).first().isVisible();
      for (let tabs = 0; tabs < 3; tabs += 1) await page.keyboard.press('Tab');
      const place = await menu.boundingBox();
      await page.keyboard.press('Space');
      expect(await isOpen()).toBe(true);
      expect(await menu.boundingBox()).toEqual(place);
      const stops = await stopsOn(page);
      expect(stops.filter(({ fault }) => fault !== '')).toEqual([]);
      await menu.focus();
      await page.keyboard.press('Tab');
      await page.keyboard.press('Escape');
      expect([await isOpen(), await focus()]).toEqual([false, 'SUMMARY Menu']);
      await page.keyboard.press('Enter');
      // Past the field that finds everything, its button and the overview.
      for (let tabs = 0; tabs < 4; tabs += 1) await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'Audience' }).waitFor();
    });

    it.each([
      [
        'on what is wrong',
        async () => {
          await open('/emails');
          await page.getByLabel('Why').fill(' ');
          await page.getByLabel('Why').press('Enter');
          await page.locator('.wrong').waitFor();
        },
        /^INPUT Why/,
      ],
      [
        'on what was done',
        async () => {
          await open('/brand');
          await page.getByLabel('Name', { exact: true }).fill(`Shop ${Date.now()}`);
          await page.getByLabel('Name', { exact: true }).press('Enter');
          await page.getByRole('status').waitFor();
        },
        /^DIV Saved/,
      ],
      [
        'on why nothing was saved',
        async () => {
          await open(`${walk.workflow}/edit`);
          await page.getByLabel('Subject').fill('Hi {{ contact.');
          await page.getByRole('button', { name: 'Save' }).press('Enter');
          await page.getByText('Nothing was saved').waitFor();
        },
        /^DIV Nothing was saved/,
      ],
    ])('after an act the focus is %s', async (_, act, expected) => {
      await page.setViewportSize({ width: 1280, height: 900 });
      await act();
      expect(await focus()).toMatch(expected);
    });
  });
}
