import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest';
import { encodeEventMessage } from '#shared/aws/encode-event-message.ts';
import { queueStatus } from '#shared/dead-letters/queue-status.ts';
import { startConsole } from './console-at-work.ts';

let at: Awaited<ReturnType<typeof startConsole>>;
beforeAll(async () => {
  at = await startConsole();
});
afterAll(() => at.stop());

type Queue = Parameters<typeof at.urlOf>[0];

const dead = 'EVENTS_DEAD_LETTERS_URL';
const list = '/console/dead-letters';

/** How many messages a queue has, those included that a reader hides for the moment. */
async function count(variable: Queue) {
  const { visible, hidden } = await queueStatus(at.sqs, at.urlOf(variable), at.now);
  return visible + hidden;
}

/** Everything in a queue, waited for while it is hidden. */
async function emptied(variable: Queue) {
  const all = await at.taken(variable);
  while ((await count(variable)) > 0) {
    await setTimeout(100);
    all.push(...(await at.taken(variable)));
  }
  return all;
}

afterEach(async () => {
  for (const one of [
    dead,
    'MAIL_DEAD_LETTERS_URL',
    'EVENTS_QUEUE_URL',
    'MAIL_QUEUE_URL',
  ] as const) {
    await emptied(one);
  }
});

const created = (email: string) =>
  JSON.stringify({ type: 'customer.created', data: { id: 'c-1', email } });

async function bury(
  webhookId: string,
  body = created('ann@example.com'),
  receivedAt = '2026-11-20T10:00:00.000Z',
) {
  const message = encodeEventMessage({ webhookId, type: 'customer.created', receivedAt, body });
  if (message === 'too-large') throw new Error('too large');
  const attributes = Object.entries(message.MessageAttributes).map(
    ([name, { StringValue = '' }]) => [name, StringValue],
  );
  const sent = await at.send(dead, message.MessageBody, Object.fromEntries(attributes));
  return sent.MessageId ?? '';
}

const failed = (webhookId: string, lastReason: string, change = {}) =>
  at.put('Failures', {
    webhookId,
    firstReason: 'The table is away.',
    firstAt: '2026-11-20T10:00:00.000Z',
    lastReason,
    lastAt: '2026-11-20T11:00:00.000Z',
    attempts: 12,
    isFinal: false,
    ...change,
  });

const unescaped = (url: string) => url.replaceAll('&amp;', '&');
const lettersIn = (html: string) =>
  [...html.matchAll(/<td><a class="whole" href="([^"]+\/letter\?id=[^"]+)"/g)].map(([, url = '']) =>
    unescaped(url),
  );

const letter = (id: string) => at.get(`${list}/letter?id=${id}`);

describe('the list of dead letters', () => {
  test('says that there is none, and what that means', async () => {
    const { text, status } = await at.get(list);
    expect(status).toBe(200);
    expect(text).toContain('There are no dead letters: whatever came in was dealt with');
  });

  test('shows the oldest first, why each died and whom it is about, and loses none by that', async () => {
    await bury('evt-new', created('new@example.com'), '2026-11-22T10:00:00.000Z');
    await bury('evt-old', created('old@example.com'), '2026-11-19T10:00:00.000Z');
    await failed('evt-old', 'It took too long.');
    await at.tell('customer.created', 'c-mail', { minute: 1, email: 'eve@example.com' });
    const mail = { ledgerKey: 'key-1', workflowId: 'welcome', workflowVersion: 1 };
    const body = JSON.stringify({ ...mail, webhookId: 'evt-mail', customerId: 'c-mail' });
    await at.send('MAIL_DEAD_LETTERS_URL', body, { webhookId: 'evt-mail', type: 'mail' });
    const { text } = await at.get(list);
    expect(text.indexOf('old@example.com')).toBeLessThan(text.indexOf('new@example.com'));
    expect(text).toContain('There are 3.');
    expect(text).toContain('12 It took too long. At first: The table is away. old@example.com');
    expect(text).toMatch(/2 No reason is kept.* not known Send these again/);
    expect(text).toContain('eve@example.com');
    const onlyMail = await at.get(`${list}?queue=mail`);
    expect(lettersIn(onlyMail.html)).toHaveLength(1);
    expect(onlyMail.text).not.toContain('old@example.com');
    expect(await count(dead)).toBe(2);
    expect(await count('MAIL_DEAD_LETTERS_URL')).toBe(1);
  });

  it.each(['queue=nothing', 'goOn=reason&since=yesterday', 'goOn=all&reason=%3Cscript%3E'])(
    'takes %s calmly',
    async (query) => {
      const { status, html } = await at.get(`${list}?${query}`);
      expect(status).toBe(200);
      expect(html).not.toContain('<script>');
    },
  );

  test('says how many more there are than one request reads', async () => {
    await buryMany(320);
    const { text, html } = await at.get(`${list}?queue=events`);
    const [, read = '', more = ''] =
      /(\d+) were read, and about (\d+) more are there/.exec(text) ?? [];
    expect(Number(read)).toBeGreaterThanOrEqual(200);
    expect(Number(read) + Number(more)).toBe(320);
    expect(lettersIn(html)).toHaveLength(50);
    expect(html.length).toBeLessThan(100_000);
  });
});

async function buryMany(number: number) {
  for (let start = 0; start < number; start += 10) {
    const Entries = Array.from({ length: Math.min(10, number - start) }, (_, nth) => ({
      Id: String(nth),
      MessageBody: created(`many-${start + nth}@example.com`),
    }));
    await at.sqs.send(new SendMessageBatchCommand({ QueueUrl: at.urlOf(dead), Entries }));
  }
}

describe('a dead letter', () => {
  test('shows its attributes, its reasons and its body as Polar sent it', async () => {
    const body = JSON.stringify({
      type: 'customer.created',
      data: { email: 'ann@example.com', name: 'Ann \u{1f600}' },
    });
    const id = await bury('evt-emoji', body);
    await failed('evt-emoji', 'It took too long.', { isFinal: true });
    const page = await letter(id);
    expect(page.text).toContain('First reason The table is away.');
    expect(page.text).toContain('Last reason It took too long.');
    expect(page.text).toContain('No retry by itself can mend it');
    expect(page.text).toContain('encoding base64 String');
    expect(page.text).toContain('"name": "Ann \u{1f600}"');
    expect(page.text).toContain('evt-emoji, of which nothing is recorded');
  });

  test('leads to its event, where that has a record', async () => {
    await at.tell('customer.created', 'c-known', { minute: 2, email: 'known@example.com' });
    const [record] = await at.items('Events');
    const webhookId = String(record?.['webhookId']);
    await bury(webhookId);
    const page = await letter(webhookId);
    expect(page.html).toContain(`href="/console/events/${webhookId}"`);
    expect(page.text).toContain('ann@example.com');
  });

  test('keeps hostile names text', async () => {
    const hostile = `"><script>alert("1")</script>`;
    const { MessageId: id = '' } = await at.send(dead, created(hostile), {
      webhookId: hostile,
      type: hostile,
      [`x.y`]: hostile,
    });
    await failed(hostile, hostile);
    const pages = [await at.get(list), await letter(id), await at.get(`${list}/discard?id=${id}`)];
    for (const { html, text } of pages) {
      expect(html).not.toContain('<script>');
      expect(text).toContain(hostile);
    }
  });

  it.each([
    'letter',
    'letter?id=',
    'letter?id=%3Cb%3E',
    'body?id=nothing',
    'discard',
    'discard?id=x',
  ])('that is not there gets a sentence: %s', async (path) => {
    const { status, text } = await at.get(`${list}/${path}`);
    expect(status).toBe(404);
    expect(text).toContain('There is no such dead letter now');
  });
});

describe('sending again', () => {
  test('moves the one that is meant, as it was, and no other', async () => {
    const id = await bury('evt-1', created('one@example.com'));
    await bury('evt-2', created('two@example.com'));
    const fields = { which: 'one', queue: 'events', id };
    const done = await at.submit(`${list}/resend`, fields);
    expect(done.text).toContain('1 sent through again.');
    const [message] = await emptied('EVENTS_QUEUE_URL');
    expect(message?.Body).toBe(created('one@example.com'));
    expect(message?.MessageAttributes?.['webhookId']?.StringValue).toBe('evt-1');
    expect(await count(dead)).toBe(1);
    const again = await at.submit(`${list}/resend`, fields);
    expect(again.text).toContain('There was nothing to send again.');
  });

  test('moves those that died for one reason', async () => {
    for (const id of ['evt-a', 'evt-b', 'evt-c']) await bury(id);
    await failed('evt-a', 'Throttled.');
    await failed('evt-c', 'Throttled.');
    const done = await at.submit(`${list}/resend`, { which: 'reason', reason: 'Throttled.' });
    expect(done.text).toContain('2 sent through again.');
    const sent = await emptied('EVENTS_QUEUE_URL');
    expect(
      sent.map(({ MessageAttributes }) => MessageAttributes?.['webhookId']?.StringValue).sort(),
    ).toEqual(['evt-a', 'evt-c']);
    expect(await count(dead)).toBe(1);
  });

  test('of many stops after some, says what is left, and goes on where it stopped', async () => {
    await buryMany(620);
    const first = await at.submit(`${list}/resend`, { which: 'all' });
    expect(first.text).toMatch(/5\d\d sent through again\. About (\d+) were not looked at yet\./);
    expect(await count(dead)).toBeGreaterThan(50);
    const since = /name="since" value="([^"]+)"/.exec(first.html)?.[1] ?? '';
    await bury('evt-newer');
    const second = await at.submit(`${list}/resend`, { which: 'all', since });
    expect(second.text).toContain('1 left alone: they died since this run began.');
    expect(await emptied('EVENTS_QUEUE_URL')).toHaveLength(620);
    expect(await count(dead)).toBe(1);
  });

  test('does nothing without the token of the form, or without a choice', async () => {
    await bury('evt-1');
    expect((await at.postWithToken(`${list}/resend`, 'guessed', { which: 'all' })).status).toBe(
      403,
    );
    const { text } = await at.submit(`${list}/resend`, { which: 'some' });
    expect(text).toContain('Nothing was sent');
    expect(await count(dead)).toBe(1);
    expect(await count('EVENTS_QUEUE_URL')).toBe(0);
  });
});

describe('discarding', () => {
  test('asks first, offers the message for keeping, and takes it with its reason', async () => {
    const id = await bury('evt-1', created('one@example.com'));
    await bury('evt-2');
    await failed('evt-1', 'It took too long.');
    const question = await at.get(`${list}/discard?id=${id}`);
    expect(question.text).toContain('Once discarded, the message is gone');
    expect(question.html).toContain(`${list}/body?id=${id}`);
    const kept = await at.get(`${list}/body?id=${id}`);
    expect(kept.headers.get('content-disposition')).toMatch(
      /^attachment; filename="events\.evt-1\./,
    );
    expect(JSON.parse(kept.html)).toMatchObject({
      messageId: id,
      MessageBody: created('one@example.com'),
      MessageAttributes: { webhookId: { StringValue: 'evt-1' } },
    });
    expect(await count(dead)).toBe(2);

    const done = await at.submit(`${list}/discard`, { queue: 'events', id });
    expect(done.text).toContain('The dead letter is discarded.');
    expect(await at.item('Failures', { webhookId: 'evt-1' })).toBeUndefined();
    const [left, ...more] = await emptied(dead);
    expect(left?.MessageAttributes?.['webhookId']?.StringValue).toBe('evt-2');
    expect(more).toEqual([]);
  });

  test('takes nothing without the token, and none that is not there', async () => {
    const id = await bury('evt-1');
    expect((await at.postWithToken(`${list}/discard`, '', { queue: 'events', id })).status).toBe(
      403,
    );
    for (const fields of [{ id: randomUUID(), queue: 'events' }, { id, queue: 'other' }, {}]) {
      const { text } = await at.submit(`${list}/discard`, fields);
      expect(text).toContain('Nothing was discarded');
    }
    expect(await count(dead)).toBe(1);
  });
});
