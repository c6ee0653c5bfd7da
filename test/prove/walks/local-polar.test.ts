import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { visitorOver } from '#test/support/console-visitor.ts';
import { npmStart } from '#test/support/process/npm-start.ts';
import { typed } from '#test/support/process/typed-command.ts';

const mailboxSchema = z.object({
  emails: z.array(
    z.object({
      subject: z.string(),
      body: z.object({ text: z.string().optional() }),
      destination: z.object({ to: z.array(z.string()) }),
    }),
  ),
});

// Below the ports that systems hand out by themselves, and apart from those of other tests.
const port = 8_000 + (process.pid % 1_600) * 7;
const polar = `http://127.0.0.1:${port + 5}`;
const patience = { timeout: 120_000, interval: 250 };
/** Longer than a setting or a secret counts after it was changed. */
const overMs = 2 * 60_000;

let directory: string;
let npm: ReturnType<typeof npmStart>;
let stack: Awaited<ReturnType<typeof npm.started>>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'polar-audience-polar-'));
  npm = npmStart(directory);
  stack = await npm.started(['--polar', '--port', String(port)], 'Press Ctrl-C to stop.');
}, 600_000);

afterAll(async () => {
  stack?.child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true, maxRetries: 10 });
});

/** The console as a browser without JavaScript sees it. */
const visitor = visitorOver(`http://localhost:${port + 6}`);

const environment = () => ({ POLAR_AUDIENCE_LOCAL: directory, HOME: directory });
async function cli(...words: string[]) {
  const { code, out: output } = await typed(words, environment());
  return { code, output };
}

/** Sends a form of Polar's, and gives the page that it leads to. */
async function atPolar(path: string, fields: Readonly<Record<string, string>> = {}) {
  const headers = { origin: polar };
  const body = new URLSearchParams(fields);
  const response = await fetch(`${polar}${path}`, { method: 'POST', headers, body });
  return { url: response.url, html: await response.text() };
}

const show = async (path: string) => (await fetch(`${polar}${path}`)).text();

const named = (html: string, name: string) =>
  new RegExp(`name="${name}" value="([^"]+)"`).exec(html)?.[1] ?? '';

/** Lets somebody new subscribe: gives their page and their subscription. */
async function buys(email: string) {
  const [, product = ''] =
    /<option value="([^"]+)">Studio Monthly/.exec(await show('/northlight/customers')) ?? [];
  const { url, html } = await atPolar('/northlight/customers', {
    email,
    name: 'Nova Lund',
    product,
  });
  return { email, path: new URL(url).pathname, subscription: named(html, 'subscription') };
}

async function mailsTo(email: string): Promise<string[]> {
  return (await lettersTo(email)).map(({ subject }) => subject);
}

async function lettersTo(email: string) {
  const response = await fetch(`http://127.0.0.1:${port + 4}/store`);
  const { emails } = mailboxSchema.parse(await response.json());
  return emails.filter(({ destination }) => destination.to.includes(email));
}

describe('a newcomer with npm start -- --polar', { timeout: 600_000 }, () => {
  it('signs in to Polar, chooses an organization and is connected', async () => {
    expect(stack.output()).toContain(`Polar      ${polar}\n`);
    const fields = { signInServer: 'production', clientId: '', clientSecret: '' };
    const { html } = await visitor.post('/console/polar/sign-in', fields);
    const [, url = ''] = /content="0; url=([^"]+)"/.exec(html) ?? [];
    const form = await (await fetch(url.replaceAll('&amp;', '&'))).text();
    expect(form).toContain('Harbour Press');
    const hidden = [...form.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)];
    const [, organization = ''] = /value="([^"]+)" checked> Northlight/.exec(form) ?? [];
    const allowed = await fetch(`${polar}/oauth2/consent`, {
      method: 'POST',
      headers: { origin: polar },
      redirect: 'manual',
      body: new URLSearchParams({
        ...Object.fromEntries(hidden.map(([, name, value]) => [name, value])),
        organization,
        action: 'allow',
      }),
    });
    const back = new URL(allowed.headers.get('location') ?? '');
    await visitor.get(`${back.pathname}${back.search}`);
    expect((await visitor.get('/console/polar')).text).toContain('Connected with Northlight');
    const status = await cli('connect', '--status');
    expect(status.output).toContain('Nothing is wrong.');
    expect(status.code).toBe(0);
  });

  it('imports the sixty who were there before, which mails nobody', async () => {
    expect(await cli('backfill', '--dry-run')).toMatchObject({ code: 2 });
    const { code, output } = await cli('backfill');
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).toMatch(/\ncompared +60 /);
    // One is a team that has no address.
    expect(output).toMatch(/\nno address +1 /);
    expect(output).toMatch(/\nrepaired +59\n/);
    expect(await mailsTo('ada.lovelace@example.com')).toEqual([]);
  });

  it('writes a welcome and a receipt, which mail nobody of those who are here already', async () => {
    const address = 'Example Shop, Main Street 1, 12345 Springfield';
    expect(await cli('settings', 'set', 'postalAddress', address)).toMatchObject({ code: 0 });
    for (const workflow of ['welcome', 'receipt']) {
      expect(await cli('workflows', 'add', workflow)).toMatchObject({ code: 0 });
      expect(await cli('workflows', 'activate', workflow)).toMatchObject({ code: 0 });
    }
  });

  it('lets somebody buy, and sees the welcome and the receipt', async () => {
    await npm.moveOn(overMs);
    const { email, path, subscription } = await buys('nova@example.com');
    await expect.poll(() => mailsTo(email), patience).toHaveLength(2);
    expect(await mailsTo(email)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^Welcome/), expect.stringMatching(/receipt/)]),
    );
    const receipt = (await lettersTo(email)).find(({ subject }) => subject.includes('receipt'));
    const [portal = ''] = /http:\S+\/portal\?\S+/.exec(receipt?.body.text ?? '') ?? [];
    expect(portal).toBe(`${polar}/northlight/portal?email=nova%40example.com`);
    expect(await (await fetch(portal)).text()).toContain('Customer portal of Northlight');
    await atPolar(`${path}/subscription`, { subscription, act: 'renew' });
    await expect.poll(() => mailsTo(email), patience).toHaveLength(3);
  });

  it('sees Polar disable an endpoint whose secret was reset behind our back, and recovers', async () => {
    const webhooks = await show('/northlight/webhooks');
    await atPolar('/northlight/webhooks/endpoint', {
      endpoint: named(webhooks, 'endpoint'),
      act: 'reset',
    });
    for (let number = 1; number <= 3; number += 1) await buys(`lost-${number}@example.com`);
    await atPolar('/northlight/webhooks/skip');
    expect(await show('/northlight/webhooks')).toContain('>disabled</span>');
    const broken = await cli('connect', '--status');
    expect(broken).toMatchObject({ code: 2, output: expect.stringMatching(/disabled/) });

    expect(await cli('connect', '--repair')).toMatchObject({ code: 0 });
    expect(await show('/northlight/webhooks')).toContain('>enabled</span>');
    await npm.moveOn(overMs);
    await buys('found@example.com');
    await expect.poll(() => mailsTo('found@example.com'), patience).toHaveLength(2);
    await cli('recover', '--yes');
    await expect.poll(() => mailsTo('lost-1@example.com'), patience).toHaveLength(2);
  });

  it('still plays Polar from a terminal, with the secret that counts now', async () => {
    const grace = ['customer.created', '--email', 'grace@example.com'];
    const { code, output } = await npm.run('infra/local/polar.ts', grace);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/ 202 /) });
  });

  it('sees what Polar itself would have mailed', async () => {
    const html = await show('/northlight/emails');
    expect(html).toContain('Your Studio Monthly subscription');
    expect(html).toContain('has been renewed');
  });
});
