import { html } from 'hono/html';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { emailFrame, emailSources, previewPane } from '#functions/console/kit/email-frame.ts';
import { policyWith } from '#functions/console/kit/guard.ts';
import type { Html } from '#functions/console/kit/page.ts';
import { script } from '#functions/console/kit/script/script.ts';
import { hasBrowser, startBrowser } from './chromium.ts';

const origin = 'http://localhost:4000';
const address = `${origin}/console/page`;

/** What an email of ours cannot have, as its Markdown takes HTML for text: the frame would hold it all the same. */
const hostile = `<!doctype html><html><head>
<meta http-equiv="refresh" content="0; url=${origin}/console/refreshed">
<base href="https://evil.example/">
<style>@import url("https://evil.example/imported.css"); body { background: url("https://evil.example/background.png") }</style>
<link rel="stylesheet" href="https://evil.example/linked.css">
<script>parent.document.title = 'run'</script>
</head><body>
<img src='https://evil.example/pixel.png' onerror="parent.document.title = 'run'">
<iframe src="https://evil.example/inner"></iframe>
<iframe srcdoc="<script>top.document.title = 'run'</script>"></iframe>
<form method="post" action="${origin}/console/act"><button>Send</button></form>
<p><a href="javascript:parent.document.title = 'run'">Run</a></p>
<p><a href="https://evil.example/top" target="_top">Top</a></p>
<p><a href="https://evil.example/blank" target="_blank">Blank</a></p>
<p><a href="https://evil.example/self">Self</a></p>
<p><a href="${origin}/console/framed">Console</a></p>
</body></html>`;

describe.skipIf(!hasBrowser)('the frame of an email', { timeout: 120_000 }, () => {
  let browser: Browser;
  let page: Page;
  let loaded: string[];

  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 1_000, height: 600 } });
  });
  afterEach(() => page.close());

  /** A page of the console with this email, under the policy that it would have. */
  async function open(email: string, shown: Html = emailFrame(email)): Promise<void> {
    loaded = [];
    const headers = { 'content-security-policy': policyWith(emailSources(email)) };
    const body = `<!doctype html><title>Console</title><body>${await shown}<script src="/console/script.js" type="module"></script></body>`;
    await page.context().route('**/*', (route) => {
      const url = route.request().url();
      if (url === `${origin}/console/script.js`) {
        return route.fulfill({ contentType: 'text/javascript', body: script });
      }
      loaded.push(url.replace(origin, ''));
      return route.fulfill({ contentType: 'text/html; charset=utf-8', headers, body });
    });
    await page.goto(address);
  }

  it('is as high as its email, and no more scrolls inside of it', async () => {
    const rows = Array.from({ length: 120 }, (_, row) => `<p>Row ${row}</p>`).join('');
    await open(`<!doctype html><html><body>${rows}</body></html>`);
    const heightOf = async () => (await page.locator('iframe.mail').boundingBox())?.height ?? 0;
    await expect.poll(heightOf).toBeGreaterThan(120 * 18);
    const [frame] = page.frames().slice(1);
    const left = await frame?.evaluate(
      'document.documentElement.scrollHeight - document.documentElement.clientHeight',
    );
    expect(left).toBeLessThan(40);
  });

  it('stays in a preview as long as its email is the same', async () => {
    const email = '<!doctype html><html><body><p>Hello</p></body></html>';
    const choices = html`<label>Name <input name="name"></label>`;
    const pane = previewPane({
      ...{ choices, back: '#preview', sources: emailSources(email) },
      body: emailFrame(email),
    });
    await open(email, html`<form method="post" action="${address}">${pane}</form>`);
    const frame = await page.locator('iframe.mail').elementHandle();
    await expect.poll(() => frame?.getAttribute('style')).toMatch(/^height: \d+px;$/);
    const answered = page.waitForResponse((one) => one.request().method() === 'POST');
    await page.getByLabel('Name').fill('Ada');
    await (await answered).finished();
    await page.waitForTimeout(300);
    expect(await frame?.evaluate((one) => one.isConnected)).toBe(true);
  });

  it('runs nothing, loads nothing from elsewhere, sends nothing, and leads nowhere', async () => {
    await open(hostile);
    const mail = page.frameLocator('iframe.mail');
    for (const name of ['Run', 'Top', 'Blank', 'Self', 'Console']) {
      await mail.getByRole('link', { name }).click({ noWaitAfter: true });
      await page.waitForTimeout(200);
      expect(await page.title()).toBe('Console');
      expect(page.url()).toBe(address);
      expect(page.context().pages()).toHaveLength(1);
      // Those two leave the frame at a page that the browser refuses to show.
      if (name === 'Self' || name === 'Console') await page.reload();
    }
    await mail.getByRole('button', { name: 'Send' }).click({ noWaitAfter: true });
    await page.waitForTimeout(500);
    expect(await page.title()).toBe('Console');
    expect(loaded.filter((url) => !['/console/page', '/console/framed'].includes(url))).toEqual([]);
  });
});
