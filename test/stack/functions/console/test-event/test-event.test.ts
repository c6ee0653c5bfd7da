import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { polarEvent } from '#shared/polar/event.ts';
import { supportedEventTypes } from '#shared/polar/event-types.ts';
import { saveSettings } from '#shared/store/settings/history.ts';
import { startConsole, webhookSecret } from '#test/stack/functions/console/console-at-work.ts';

const path = '/console/test';
const typed = { type: 'order.paid', email: 'me@example.com', name: 'Me Myself', externalId: 'u1' };

const entity = (character: string) => (character === '<' ? '&lt;' : '&gt;');

type Received = { headers: Record<string, string>; body: string };
let received: Received[] = [];
let answer: { status: number; text: string } | undefined;

/** Stands where Polar posts to. */
const door = createServer(async (request, response) => {
  const headers = z.record(z.string(), z.string()).parse(request.headers);
  received.push({ headers, body: await text(request) });
  if (!answer) return void request.socket.destroy();
  response.writeHead(answer.status).end(answer.text);
});

let at: Awaited<ReturnType<typeof startConsole>>;
beforeAll(async () => {
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  const { port } = door.address() as AddressInfo;
  at = await startConsole({ WEBHOOK_URL: `http://127.0.0.1:${port}/webhooks/polar` });
});
afterAll(async () => {
  await at.stop();
  door.closeAllConnections();
  await new Promise((resolve) => door.close(resolve));
});
beforeEach(() => {
  received = [];
  answer = { status: 202, text: '{"message":"Taken."}' };
});

test.each(supportedEventTypes)('%s is posted as Polar would post it', async (type) => {
  const shown = await at.submit(path, { ...typed, type });
  const [only, ...others] = received;
  expect(others).toEqual([]);
  const { headers = {}, body = '' } = only ?? {};
  expect(new Webhook(webhookSecret).verify(body, headers)).toMatchObject({ type });
  expect(headers['user-agent']).toBe('polar.sh webhooks');
  const parsed = polarEvent(body);
  expect(parsed).toMatchObject({
    kind: 'event',
    event: { type, customer: { email: typed.email, name: typed.name, externalId: 'u1' } },
  });
  expect(shown.text).toContain(`${type} was answered 202: Taken.`);
  expect(shown.html).toContain(`href="/console/events/${headers['webhook-id']}"`);
});

test('one address is one customer, as in the command', async () => {
  const customerId = async (email: string, type: string) => {
    await at.post(path, { ...typed, email, type });
    const parsed = polarEvent(received.at(-1)?.body ?? '');
    return parsed.kind === 'event' ? parsed.event.customer.id : undefined;
  };
  const id = await customerId('One@example.com', 'customer.created');
  expect(await customerId('one@example.com', 'customer.deleted')).toBe(id);
  expect(await customerId('two@example.com', 'customer.deleted')).not.toBe(id);
});

test('the address is remembered', async () => {
  const someone = at.someoneElse();
  await someone.post(path, { ...typed, email: 'again@example.com' });
  expect((await someone.get(path)).html).toContain('value="again@example.com"');
});

test.each([
  [{ type: 'refund.created' }, 'Choose one of these events.'],
  [{ type: '' }, 'Choose one of these events.'],
  [{ email: 'nobody' }, 'Enter an email address'],
  [{ email: '<script>alert(1)</script>' }, 'Enter an email address'],
  [{ name: 'x'.repeat(201) }, 'Use at most 200 characters.'],
  [{ externalId: 'x'.repeat(201) }, 'Use at most 200 characters.'],
])('%j is told at its field, and nothing is sent', async (change, sentence) => {
  const { status, text, html } = await at.post(path, { ...typed, ...change });
  expect(status).toBe(422);
  expect(text).toContain(sentence);
  expect(html).not.toContain('<script>alert');
  for (const [name, value] of Object.entries({ ...typed, ...change })) {
    if (name !== 'type') expect(html).toContain(`name="${name}"`);
    if (name !== 'type') expect(html).toContain(`value="${value.replace(/[<>]/g, entity)}"`);
  }
  expect(received).toEqual([]);
});

test('the address of a customer is not taken over, and one that was taken can be given back', async () => {
  const email = 'ann@example.com';
  const claim = (state: 'living' | 'former') => ({
    ...{ email, revision: state },
    claims: { '5b1f7f6e-0000-4000-8000-000000000001': { version: '2026-11-01', state } },
  });
  await at.put('Addresses', claim('living'));
  const { status, text } = await at.post(path, { ...typed, email: 'Ann@Example.com' });
  expect(status).toBe(422);
  expect(text).toContain('This is a customer’s address. The test would claim it');
  expect(received).toEqual([]);

  await at.post(path, { ...typed, email, type: 'customer.deleted' });
  await at.put('Addresses', claim('former'));
  await at.post(path, { ...typed, email });
  expect(received).toHaveLength(2);
});

test('without a webhook secret it says so, and where to get one', async () => {
  await at.secrets.put('WebhookSecret', '{"current":""}');
  try {
    const { status, text, html } = await at.post(path, typed);
    expect(status).toBe(409);
    expect(text).toContain('No webhook secret is set yet, so the event couldn’t be signed or sent');
    expect(html).toMatch(/<a href="\/console\/polar">Connect Polar first/);
    expect(received).toEqual([]);
  } finally {
    await at.secrets.put('WebhookSecret', JSON.stringify({ current: webhookSecret }));
  }
});

test('an older secret signs with its whole text', async () => {
  const secret = `whsec_${'a1B2'.repeat(10)}xyz`;
  await at.secrets.put('WebhookSecret', JSON.stringify({ current: secret }));
  try {
    await at.post(path, typed);
    const { headers = {}, body = '' } = received[0] ?? {};
    const whole = new Webhook(Buffer.from(secret).toString('base64'));
    expect(whole.verify(body, headers)).toMatchObject({ type: 'order.paid' });
  } finally {
    await at.secrets.put('WebhookSecret', JSON.stringify({ current: webhookSecret }));
  }
});

test('an answer that Polar would count as a failure is shown as one, as text', async () => {
  answer = { status: 401, text: '<script>alert(1)</script>' };
  const { text, html } = await at.submit(path, typed);
  expect(text).toContain('order.paid was answered 401: <script>');
  expect(html).not.toContain('<script>alert');
  expect(text).not.toContain('see what it did');
});

test('a door that does not answer is a sentence', async () => {
  answer = undefined;
  const { text, status } = await at.submit(path, typed);
  expect(status).toBe(200);
  expect(text).toContain('Nothing answers at the webhook URL, so order.paid wasn’t delivered.');
});

test('it says which active workflows wait for an event, and which events are switched off', async () => {
  const { location = '' } = await at.post('/console/workflows', { template: 'receipt' });
  const workflow = location?.replace('/edit', '') ?? '';
  expect((await at.get(path)).html).not.toContain(workflow);
  await at.post(`${workflow}/activate`, { version: '1' });
  const { html, text } = await at.get(path);
  expect(html).toContain(`href="${workflow}"`);
  expect(text).toContain('order.paid May send Receipt.');
  const { version } = await at.parts.settings();
  const off = { ...defaultSettings.events['order.paid'], enabled: false };
  const events = { ...defaultSettings.events, 'order.paid': off };
  const next = { ...defaultSettings, events, version: version + 1 };
  await saveSettings(at.db, at.tableOf('Settings'), next, { at: new Date(), by: 'a test' });
  expect((await at.get(path)).text).toMatch(
    /Off in Events & groups ?: only recorded\. order\.paid/,
  );
});

test('a form without the token sends nothing', async () => {
  expect((await at.postWithToken(path, 'wrong', typed)).status).toBe(403);
  expect(received).toEqual([]);
});

test('what is in the address of the page stays text', async () => {
  const hostile = encodeURIComponent('"><script>alert(1)</script>');
  const { status, html } = await at.get(`${path}?sent=${hostile}&type=${hostile}`);
  expect(status).toBe(200);
  expect(html).not.toContain('<script>alert');
});

test('the page shows by itself that the event came through', async () => {
  const { location } = await at.post(path, typed);
  const webhookId = new URL(location ?? '', 'http://localhost').searchParams.get('sent') ?? '';
  const waiting = await at.get(location ?? '');
  expect(waiting.text).toContain('It’s on its way');
  expect(waiting.html).toContain('id="sent" data-refresh');

  await at.put('Events', { webhookId });
  const there = await at.get(location ?? '');
  expect(there.html).toContain(`<a href="/console/events/${webhookId}">see what it did</a>`);
  expect(there.html).not.toContain('data-refresh aria-live');
});
