import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type LocalStack, startLocalStack } from '#infra/local/local-stack.ts';
import { type FakePolar, startFakePolar } from '#infra/local/polar-server/polar-server.ts';
import { northlight } from '#infra/local/polar-server/polar-state.ts';
import { catalogue } from '#infra/local/polar-server/shop/catalogue.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import type { Person } from '#shared/polar/sample/sample-customer.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { replayMessage } from '#shared/queue/events-queue.ts';
import { comparedWithPolicies, recordedCalls } from '#test/support/cloud/aws-calls.ts';
import { localAssembly } from '#test/support/cloud/local-assembly.ts';
import { faultsOn, hasBrowser, startBrowser } from './chromium.ts';
import { keyboardWalk } from './keyboard-walk.ts';
import { walkWithoutScript } from './without-script.ts';

const hostileName = `"><img src=x onerror=alert(1)><script>alert(2)</script>`;
const ada = person('ada@example.com', 'Ada Lovelace');
const eve = person('eve@example.com', hostileName);

let polar: FakePolar;
let stack: LocalStack;
const recorded = recordedCalls();
let browser: Browser;
let page: Page;
const dialogs: string[] = [];
const complaints: string[] = [];

function person(email: string, name: string): Person {
  return { customerId: randomUUID(), email, name, externalId: null, isNew: true };
}

/** Something happens at Polar, which sends a webhook. Gives the webhook id. */
async function happens(type: SupportedEventType, of: Person): Promise<string> {
  const [webhookId = ''] = await polar.emit(polarPayload(type, of, new Date()));
  return webhookId;
}

const open = (path: string) => page.goto(`${stack.consoleUrl}${path}`);
const press = (name: string | RegExp) => page.getByRole('button', { name }).first().click();
const follow = (name: string | RegExp) => page.getByRole('link', { name }).first().click();
const shown = () => page.locator('main').innerText();

/** Types this into Find as on a phone: what it finds is no page that a link leads to. */
async function findFor(text: string): Promise<void> {
  await open('/find');
  await page.getByText('Menu', { exact: true }).click();
  await page.getByRole('searchbox', { name: 'Find' }).fill(text);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: text }).waitFor();
}

/** The link of a contact in the list, which has its name. */
const rowOf = (address: string) =>
  page.getByRole('row').filter({ hasText: address }).getByRole('link').first();

/** Loads a page again and again until it shows this. */
async function seen(path: string, text: string | RegExp): Promise<void> {
  await expect
    .poll(
      async () => {
        await open(path);
        return shown();
      },
      { timeout: 60_000, interval: 500 },
    )
    .toMatch(text);
}

const mailboxSchema = z.object({
  emails: z.array(
    z.object({ subject: z.string(), destination: z.object({ to: z.array(z.string()) }) }),
  ),
});

async function mails(): Promise<string[]> {
  const response = await fetch(`${stack.ses?.address}/store`);
  const { emails } = mailboxSchema.parse(await response.json());
  return emails.map(({ subject, destination }) => `${destination.to}: ${subject}`);
}

describe.skipIf(!hasBrowser)('in a real browser', () => {
  beforeAll(async () => {
    polar = await startFakePolar({ consent: 'form' });
    stack = await startLocalStack({
      assembly: await localAssembly(),
      polar: { POLAR_API_URL: polar.url, POLAR_AUTHORIZE_URL: polar.authorizeUrl },
      inFront: recorded.inFront,
    });
    browser = await startBrowser();
    page = await browser.newPage();
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    page.on('console', (line) => {
      // That a page is not there yet is no complaint about a page.
      const isOfInterest = !line.text().startsWith('Failed to load resource');
      if (line.type() === 'error' && isOfInterest) complaints.push(line.text());
    });
  });

  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
    await recorded.stop();
    await polar?.stop();
  });

  afterEach(() => {
    expect(dialogs).toEqual([]);
    expect(complaints.splice(0)).toEqual([]);
  });

  it('one signs in to Polar, and it sends its webhooks here from then on', async () => {
    await open('/polar');
    await press('Sign in to Polar');
    await press('Allow');
    await page.getByText('Connected with Northlight').waitFor();

    expect(polar.endpoints).toMatchObject([{ name: 'Polar Audience', url: stack.webhookUrl }]);
    expect(polar.endpoints[0]?.events).toHaveLength(10);
    await happens('customer.updated', ada);
    await seen('/audience', /ada@example\.com/);
  });

  it('one makes a welcome from the template and switches an event off', async () => {
    await open('/brand');
    await page.getByLabel('Postal address').fill('Example Shop, 1 Example Street');
    await press('Save');
    await page.getByRole('status').waitFor();
    await open('/settings');
    const orderPaid = page.getByRole('group', { name: /order\.paid/ });
    await orderPaid.getByRole('checkbox').first().uncheck();
    await press('Save');
    await page.getByRole('status').waitFor();
    expect(await orderPaid.getByRole('checkbox').first().isChecked()).toBe(false);

    await open('/workflows/new');
    await press(/^Start with Welcome/);
    await press('Save');
    await press('Activate');
    await page.getByText('active', { exact: true }).first().waitFor();
  });

  it('the next new customer gets the welcome', async () => {
    await expect
      .poll(
        async () => {
          const someone = person(`${randomUUID().slice(0, 8)}@example.com`, 'Bo');
          await happens('customer.created', someone);
          await setTimeout(2_000);
          return mails();
        },
        { timeout: 90_000 },
      )
      .toContainEqual(expect.stringMatching(/@example\.com: Welcome, Bo/));
  });

  it('the event that was switched off is skipped, and says why', async () => {
    await expect
      .poll(
        async () => {
          const webhookId = await happens('order.paid', ada);
          await seen(`/events/${webhookId}`, /Customer in Polar/);
          return shown();
        },
        { timeout: 90_000, interval: 2_000 },
      )
      .toMatch(/order\.paid is switched off in the settings/);
  });

  it('a hostile name is text wherever it shows', async () => {
    const webhookId = await happens('customer.created', eve);
    await seen('/audience', /onerror=alert/);
    await rowOf('eve@example.com').click();
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain('<img src=x');
    await open(`/events/${webhookId}`);
    expect(await shown()).toContain('onerror=alert(1)');
    expect(await page.locator('img').count()).toBe(0);
  });

  it('one finds a contact by its address and erases it, and a later event keeps nothing', async () => {
    await open('/audience');
    await page.getByLabel(/Name, email address/).fill(' Eve@Example.com ');
    await press('Find');
    if (page.url().endsWith('/audience')) await rowOf('eve@example.com').click();
    const contact = new URL(page.url()).pathname.replace('/console', '');
    await follow(/^Erase/);
    expect(await shown()).toContain('What stays');
    await press('Erase for good');
    await seen(contact, /no such|unknown|not known|erased/i);

    const webhookId = await happens('customer.updated', eve);
    await seen(`/events/${webhookId}`, /was erased, so nothing of this event is kept/);
    expect(await shown()).not.toContain('eve@example.com');
  });

  it('one replays an event after a look at what it would do', async () => {
    const webhookId = await happens('customer.updated', ada);
    await seen(`/events/${webhookId}`, /Customer in Polar/);
    await follow('Replay…');
    await press('Preview');
    expect(await shown()).toMatch(
      /What it says about .* was already known|No field of the contact/,
    );
    await press('Replay now');
    await seen(`/events/${webhookId}?view=replays`, /contact only, requested by a local user/);
  });

  it('one sends a dead letter again once its cause is gone', async () => {
    const sqs = new SQSClient(stack.clientConfigs.sqs);
    const message = replayMessage({
      replayId: randomUUID(),
      webhookId: 'too-early',
      triggers: false,
      again: false,
      by: 'somebody',
      at: new Date().toISOString(),
    });
    const QueueUrl = stack.queues['EventsQueue'];
    await sqs.send(new SendMessageCommand({ QueueUrl, ...message }));
    sqs.destroy();
    await seen('/dead-letters', /replay/);
    await follow(/replay/);
    expect(await shown()).toContain('too-early');
    await press('Send again');
    await page.getByRole('status').waitFor();
    expect(await page.getByRole('status').innerText()).toContain('1 sent again');
  });

  it('the console refuses what another web page asks for', async () => {
    await page.goto(`${polar.url}/oauth2/authorize`);
    await page.evaluate(
      `document.body.innerHTML = '<form method="post" action="${stack.consoleUrl}/audience/add"><button>Go</button></form>'`,
    );
    const [answer] = await Promise.all([
      page.waitForResponse(`${stack.consoleUrl}/audience/add`),
      press('Go'),
    ]);
    expect(answer.status()).toBe(403);
  });

  keyboardWalk(async () => {
    const pathOf = async (list: string, link: Locator) => {
      await open(list);
      return new URL(`${await link.getAttribute('href')}`, page.url()).pathname.replace(
        '/console',
        '',
      );
    };
    const contact = await pathOf('/audience', rowOf('ada@example.com'));
    const workflow = await pathOf(
      '/workflows',
      page.getByRole('link', { name: 'Welcome' }).first(),
    );
    return { browser, consoleUrl: stack.consoleUrl, contact, workflow };
  });

  walkWithoutScript(() => ({
    ...{ browser, stack },
    signUp: () => {
      const [product] = catalogue;
      const wish = { email: 'new@example.com', name: 'New' };
      polar.shop.signUp(northlight.id, wish, product?.id ?? '');
    },
  }));

  describe('axe-core finds no fault, and nothing scrolls sideways, in light and dark', () => {
    const places: Record<string, string> = { eve: eve.customerId };

    it('first, an event, a contact and a workflow are found', async () => {
      const webhookId = await happens('customer.updated', ada);
      await seen(`/events/${webhookId}`, /Customer in Polar/);
      const pathOf = async (link: Locator) =>
        new URL(`${await link.getAttribute('href')}`, page.url()).pathname.replace('/console', '');
      await open('/audience');
      places['contact'] = await pathOf(rowOf('ada@example.com'));
      await open('/workflows');
      places['workflow'] = await pathOf(page.getByRole('link', { name: /Welcome/ }).first());
      places['event'] = `/events/${webhookId}`;
    });

    it.each([
      '?period=14d',
      '?period=24h',
      '/audience',
      '/audience/add',
      '/audience/customers/:eve',
      ':contact',
      ':contact/erase',
      '/events',
      ':event',
      ':event?view=payload',
      ':event?ask=replay',
      '/emails',
      '/workflows',
      '/workflows/new',
      ':workflow',
      ':workflow/edit',
      '/polar',
      '/polar/import',
      '/polar/disconnect',
      '/settings',
      '/brand',
      '/test',
      '/dead-letters',
      '/log',
      '/no-such-page',
    ])('%s', async (path) => {
      const answer = await open(path.replace(/:(\w+)/, (_, name) => places[name] ?? ''));
      expect(answer?.status()).toBe(path === '/no-such-page' ? 404 : 200);
      expect(await faultsOn(page)).toEqual([]);
    });

    it.each(['ada', 'nobody-at-all'])('what Find finds for %s', async (text) => {
      await page.setViewportSize({ width: 390, height: 844 });
      await findFor(text);
      expect(await faultsOn(page)).toEqual([]);
    });
  });

  it('did nothing in all of this that IAM would not have allowed', async () => {
    const { refused, unused } = await comparedWithPolicies(await localAssembly(), recorded.calls);
    expect(refused).toEqual([]);
    // It made calls.
    expect(unused).toHaveProperty('Console');
  });
});
