import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { mailSettings } from '#infra/local/polar-server/customer-mails.ts';
import { type LocalPolar, startLocalPolar } from '#infra/local/polar-server/local-polar.ts';
import { polarApi } from '#shared/polar/api.ts';

let directory: string;
let polar: LocalPolar;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'local-polar-'));
  polar = await startLocalPolar({ port: 0, directory });
});
afterEach(async () => {
  await polar.stop();
  await rm(directory, { recursive: true });
});

async function show(path: string) {
  const response = await fetch(`${polar.url}${path}`);
  return { status: response.status, headers: response.headers, html: await response.text() };
}

/** Sends a form as a browser without JavaScript does, and shows the page that it leads to. */
async function submit(path: string, fields: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`${polar.url}${path}`, {
    method: 'POST',
    headers: { origin: polar.url, 'sec-fetch-site': 'same-origin' },
    body: new URLSearchParams(fields),
  });
  return { status: response.status, url: response.url, html: await response.text() };
}

async function newToken(slug = 'northlight'): Promise<string> {
  const { html } = await submit(`/${slug}/access`, { act: 'token' });
  return /polar_oat_[\w-]+/.exec(html)?.[0] ?? '';
}

async function apiOf(slug?: string) {
  const token = await newToken(slug);
  return polarApi({
    ...{ baseUrl: polar.url, token: async () => token },
    ...{ pause: async () => undefined, patienceMs: 1_000 },
  });
}

async function customersOf(api: Awaited<ReturnType<typeof apiOf>>) {
  const found: Readonly<Record<string, unknown>>[] = [];
  for await (const { items } of api.customers()) found.push(...items);
  return found;
}

const optionOf = (html: string, label: RegExp) =>
  new RegExp(`<option value="([^"]+)">${label.source}`).exec(html)?.[1] ?? '';

async function buyer(email = 'nova@example.com') {
  const { html } = await show('/northlight/customers');
  const product = optionOf(html, /Studio Monthly/);
  const bought = await submit('/northlight/customers', { email, name: 'Nova', product });
  const path = new URL(bought.url).pathname;
  return { path, html: bought.html, subscription: subscriptionIn(bought.html) };
}
const subscriptionIn = (html: string) =>
  /name="subscription" value="([^"]+)"/.exec(html)?.[1] ?? '';

describe('the pages of the local Polar', () => {
  test('show sixty customers of many kinds, and those of the other organization apart', async () => {
    const { html } = await show('/northlight/customers');
    expect(html).toContain('60 customers');
    expect(html).toContain('&lt;b&gt;Bobby&lt;/b&gt; Tables');
    expect(html).not.toContain('<b>Bobby');
    for (const state of ['active', 'trialing', 'past due', 'cancellation scheduled', 'ended']) {
      expect(html).toContain(`>${state}</span>`);
    }
    expect((await show('/harbour-press/customers')).html).toContain('3 customers');
    expect(await customersOf(await apiOf())).toHaveLength(60);
    expect(await customersOf(await apiOf('harbour-press'))).toHaveLength(3);
  });

  test('let somebody buy and do everything else that is possible then', async () => {
    const { path, html, subscription } = await buyer();
    expect(html).toContain('Bought.');
    const happens = async (act: string) =>
      (await submit(`${path}/subscription`, { subscription, act })).html;
    expect(await happens('renew')).toContain('A new period has begun');
    const unpaid = await happens('failPayment');
    expect(unpaid).toContain('past due');
    expect(unpaid).not.toContain('>Renew</button>');
    expect(await happens('recoverPayment')).toContain('The new card was charged.');
    expect(await happens('cancel')).toContain('cancellation scheduled');
    expect(await happens('takeBack')).toContain('was withdrawn');
    expect(await happens('takeBack')).toContain('No cancellation is scheduled.');
    await happens('cancel');
    expect(await happens('reachEnd')).toContain('The end is reached.');
    const changed = await submit(`${path}/change`, { email: 'nova@new.example', name: 'Nova' });
    expect(changed.html).toContain('nova@new.example');
    const taken = await submit(`${path}/change`, { email: 'cher@example.com', name: 'Nova' });
    expect(taken.html).toContain('Another customer has the address cher@example.com already.');
    expect((await submit(`${path}/delete`, { anonymise: 'yes' })).html).toContain('60 customers');
    expect((await show(path)).status).toBe(404);
  });

  test('show a customer what they bought, at the address that emails link to', async () => {
    await buyer();
    const { status, html } = await show('/northlight/portal?email=Nova%40example.com');
    expect(status).toBe(200);
    expect(html).toContain('Customer portal of Northlight');
    expect(html).toContain('Studio Monthly');
    expect(html).toContain('>active</span>');
    expect(html).not.toContain('>Cancel</button>');
    const asked = await show('/northlight/portal');
    expect(asked.html).toContain('Find your purchases');
    const stranger = await show('/northlight/portal?email=%3Cb%3E%40example.com');
    expect(stranger.html).toContain('No customer has the address &lt;b&gt;@example.com.');
    const elsewhere = await show('/harbour-press/portal?email=nova%40example.com');
    expect(elsewhere.html).toContain('No customer has the address');
  });

  test('list what Polar itself would have mailed, and what is switched off', async () => {
    await buyer();
    const { html } = await show('/northlight/emails');
    expect(html).toContain('Your Studio Monthly subscription');
    for (const name of mailSettings) expect(html).toContain(`name="${name}" checked`);
    await submit('/northlight/emails', { subscription_cycled: 'on' });
    await buyer('second@example.com');
    expect((await show('/northlight/emails')).html).toContain('switched off');
  });

  test('refuse what comes from a page of another site, and cannot be framed', async () => {
    for (const headers of [{ origin: 'http://evil.example' }, { origin: 'null' }]) {
      const init = { method: 'POST', headers, body: new URLSearchParams({ act: 'token' }) };
      expect((await fetch(`${polar.url}/northlight/access`, init)).status).toBe(403);
    }
    const { headers } = await show('/northlight/customers');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    // Without one, a browser would name no origin in the form that follows.
    expect(headers.get('referrer-policy')).toBe('same-origin');
    expect((await show('/northlight/access')).html).toContain('Active tokens: 0.');
  });

  test('show a new token once, and take all of them back', async () => {
    const api = await apiOf();
    expect((await show('/northlight/access')).html).not.toContain('polar_oat_');
    expect(await api.organizations()).toMatchObject([{ name: 'Northlight' }]);
    await submit('/northlight/access', { act: 'revoke' });
    await expect(api.organizations()).rejects.toThrow();
  });

  test('know nothing of what is not there', async () => {
    for (const path of [
      '/northlight/customers/nobody',
      '/northlight/nothing',
      '/nobody/customers',
    ]) {
      expect((await show(path)).status, path).toBe(404);
    }
    expect((await submit('/northlight/customers/nobody/buy')).html).toContain('no such customer');
  });

  test('are the same after a restart', async () => {
    const { path } = await buyer();
    const api = await apiOf();
    await polar.stop();
    polar = await startLocalPolar({ port: Number(new URL(polar.url).port), directory });
    expect((await show(path)).html).toContain('nova@example.com');
    expect(await customersOf(api)).toHaveLength(61);
    expect((await show('/northlight/emails')).html).toContain('nova@example.com');
  });
});

describe('a fault that is switched on', () => {
  const fault = (...names: string[]) =>
    submit('/northlight/faults', Object.fromEntries(names.map((name) => [name, 'on'])));

  test('outage: every call is answered 503, until it is over', async () => {
    const api = await apiOf();
    await fault('outage');
    await expect(api.organizations()).rejects.toThrow('Polar did not list the organizations');
    expect((await show('/northlight/customers')).html).toContain('a fault that you switched on');
    await fault();
    expect(await api.organizations()).toHaveLength(1);
  });

  test('slow answers: a call takes longer than who asks will wait', async () => {
    const token = await newToken();
    await fault('slow');
    const headers = { authorization: `Bearer ${token}` };
    const signal = AbortSignal.timeout(200);
    await expect(fetch(`${polar.url}/v1/organizations/`, { headers, signal })).rejects.toThrow();
  });

  test('rate limit: every second call is told to come back later', async () => {
    const token = await newToken();
    await fault('limited');
    const headers = { authorization: `Bearer ${token}` };
    const answers = [];
    for (let call = 0; call < 4; call += 1) {
      answers.push(await fetch(`${polar.url}/v1/organizations/`, { headers }));
    }
    expect(answers.map(({ status }) => status)).toEqual([200, 429, 200, 429]);
    expect(answers[1]?.headers.get('retry-after')).toBe('1');
  });

  test('shortened lists: half of the customers are left out, but still there by id', async () => {
    const api = await apiOf();
    const all = await customersOf(api);
    await fault('short');
    const listed = new Set((await customersOf(api)).map(({ id }) => id));
    expect(listed.size).toBe(30);
    const left = String(all.find(({ id }) => !listed.has(id))?.['id']);
    expect(await api.customer(left)).toMatchObject({ id: left });

    await fault('short', 'hidden');
    await expect(api.customer(left)).rejects.toMatchObject({ name: 'PolarMissing' });
    expect(await customersOf(api)).toHaveLength(30);
  });

  test('a secret that was reset signs from then on', async () => {
    const api = await apiOf();
    const fields = { url: 'http://127.0.0.1:9/', name: 'here', format: 'raw' } as const;
    const made = await api.createEndpoint({ ...fields, api_version: '2026-10', events: [] });
    await submit('/northlight/webhooks/endpoint', { endpoint: made.id, act: 'reset' });
    expect((await api.endpoint(made.id)).secret).not.toBe(made.secret);
    await submit('/northlight/webhooks/endpoint', { endpoint: made.id, act: 'disable' });
    expect(await api.endpoint(made.id)).toMatchObject({ enabled: false });
  });
});

const organizationSchema = z.object({
  id: z.string(),
  customer_email_settings: z.record(z.string(), z.boolean()),
});
const listSchema = z.object({ items: z.array(organizationSchema) });

describe("Polar's own customer mails", () => {
  test('are read and replaced as a whole by the API', async () => {
    const token = await newToken();
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const list = await fetch(`${polar.url}/v1/organizations/`, { headers });
    const [organization] = listSchema.parse(await list.json()).items;
    const settings = organization?.customer_email_settings ?? {};
    expect(Object.keys(settings).sort()).toEqual([...mailSettings].sort());
    const url = `${polar.url}/v1/organizations/${organization?.id}`;
    const patch = (next: unknown) =>
      fetch(url, {
        ...{ method: 'PATCH', headers },
        body: JSON.stringify({ customer_email_settings: next }),
      });
    expect((await patch({ order_confirmation: false })).status).toBe(422);
    expect((await patch({ ...settings, order_confirmation: false, later: true })).status).toBe(200);
    const read = organizationSchema.parse(await (await fetch(url, { headers })).json());
    expect(read.customer_email_settings).toMatchObject({ order_confirmation: false, later: true });
  });
});

test.each(['', '{"customers": [', 'null', '{"customers": 5}'])(
  'a damaged file (%j) is named, with what to do',
  async (text) => {
    await polar.stop();
    await writeFile(join(directory, 'polar.json'), text);
    const start = startLocalPolar({ port: 0, directory });
    await expect(start).rejects.toThrow(/polar\.json is damaged.*npm start -- --polar --fresh/);
    await rm(join(directory, 'polar.json'));
    polar = await startLocalPolar({ port: 0, directory });
  },
);
