import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localClock } from '#infra/local/clock/local-clock.ts';
import { type LocalStack, startLocalStack } from '#infra/local/local-stack.ts';
import { type FakePolar, startFakePolar } from '#infra/local/polar-server/polar-server.ts';
import { northlight } from '#infra/local/polar-server/polar-state.ts';
import { catalogue } from '#infra/local/polar-server/shop/catalogue.ts';
import { localAssembly } from '#test/support/cloud/local-assembly.ts';
import { hasBrowser, startBrowser, violationsOn } from './chromium.ts';

const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;
const email = 'grace@example.com';

const clock = localClock();
let polar: FakePolar;
let stack: LocalStack;
let browser: Browser;
let page: Page;
/** When the payment failed. */
let failedMs: number;
let subscriptionId: string;

const open = (path: string) => page.goto(`${stack.consoleUrl}${path}`);
const press = (name: string | RegExp) => page.getByRole('button', { name }).first().click();
const shown = () => page.locator('main').innerText();

/** Once all that Polar sent has been dealt with. */
async function happened(): Promise<void> {
  await polar.settled();
  await stack.moveOn(minuteMs);
}

const moveToDay = (day: number) => stack.moveOn(failedMs + day * dayMs - clock.now().getTime());

/** What was mailed, each with its day. */
function mails(): string[] {
  return (stack.ses?.mails() ?? []).map(({ at, to, subject }) => {
    const day = Math.floor((at.getTime() - failedMs) / dayMs);
    return `day ${day}, ${to}: ${subject}`;
  });
}

const mailed = [
  `day 0, ${email}: Your payment didn’t go through`,
  `day 3, ${email}: Your payment is still due`,
  `day 7, ${email}: Please update your payment method`,
  `day 14, ${email}: Your subscription ends in about a week`,
];

describe.skipIf(!hasBrowser)('a sequence in a real browser', () => {
  beforeAll(async () => {
    polar = await startFakePolar({ consent: 'form', now: clock.now });
    stack = await startLocalStack({
      clock,
      assembly: await localAssembly(),
      polar: { POLAR_API_URL: polar.url, POLAR_AUTHORIZE_URL: polar.authorizeUrl },
    });
    browser = await startBrowser();
    page = await browser.newPage({ viewport: { width: 1_200, height: 1_000 } });
  });

  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
    await polar?.stop();
  });

  it('one connects Polar, and makes a dunning from the template', async () => {
    await open('/polar');
    await press('Sign in to Polar');
    await press('Allow');
    await page.getByText('Connected with Northlight').waitFor();

    await open('/workflows/new');
    await press(/^Start with Dunning/);
    await press('Save');
    await press('Activate');
    await page.getByText('active', { exact: true }).first().waitFor();
    // Longer than the functions keep what they know of workflows.
    await stack.moveOn(minuteMs);
  });

  it('its editor leads to each step, which then is in view below the links', async () => {
    await page.getByRole('link', { name: 'Edit', exact: true }).click();
    const jumps = page.getByRole('navigation', { name: 'Steps' });
    await jumps.getByRole('link', { name: '8. Wait 6 days' }).click();
    const [links, step] = [await jumps.boundingBox(), await page.locator('#step-7').boundingBox()];
    expect(links?.y).toBe(0);
    expect(step?.y).toBeGreaterThanOrEqual(links?.height ?? Number.NaN);
    expect(step?.y).toBeLessThan(200);
    expect(await violationsOn(page)).toEqual([]);
  });

  it('its preview is as wide as an email or a phone, where that is a difference', async () => {
    const mail = page.locator('iframe.mail');
    const width = async () => (await mail.boundingBox())?.width ?? 0;
    expect(await width()).toBeGreaterThan(375);
    await page.getByLabel('Phone', { exact: true }).check();
    expect(await width()).toBe(375);
    await page.setViewportSize({ width: 390, height: 1_000 });
    expect(await page.getByLabel('Phone', { exact: true }).isVisible()).toBe(false);
    expect(await page.getByLabel('Dark', { exact: true }).isVisible()).toBe(true);
    await page.setViewportSize({ width: 1_200, height: 1_000 });
  });

  it('a payment fails, and the mails go out on their days', async () => {
    const [monthly] = catalogue;
    const wish = { email, name: 'Grace Hopper' };
    const customerId = polar.shop.signUp(northlight.id, wish, monthly?.id ?? '');
    [{ id: subscriptionId } = { id: '' }] = polar.shop.subscriptionsOf(customerId);
    await happened();
    await stack.moveOn(30 * dayMs);
    failedMs = clock.now().getTime();
    polar.shop.failPayment(subscriptionId);
    await happened();
    expect(mails()).toEqual(mailed.slice(0, 1));

    await moveToDay(8);
    expect(mails()).toEqual(mailed.slice(0, 3));
    await moveToDay(15);
    expect(mails()).toEqual(mailed);
  });

  it('the console says that its clock is ahead, and where the run is', async () => {
    await open('/workflows');
    await page.getByRole('link', { name: 'Dunning' }).first().click();
    expect(await shown()).toMatch(/This local stack's clock is 45 days .*ahead/);
    await page.locator('a[href^="/console/runs/"]').first().click();
    expect(await shown()).toMatch(/waiting\s+Wait \d days wait-4, until/);
    expect(await violationsOn(page)).toEqual([]);
  });

  it('the card works, and the run says that it will end, and why', async () => {
    polar.shop.recoverPayment(subscriptionId);
    await happened();
    await page.reload();
    expect(await shown()).toContain('Ends at its next step: subscription.status is not past_due.');
  });

  it('at its next step it has ended with that reason, and has mailed nothing more', async () => {
    await moveToDay(21);
    await page.reload();
    expect(await shown()).toMatch(
      /ended early\s+\d+ \w+ \d{4}, \d\d:\d\d: subscription\.status is not past_due\./,
    );
    expect(mails()).toEqual(mailed);
    expect(await violationsOn(page)).toEqual([]);
  });
});
