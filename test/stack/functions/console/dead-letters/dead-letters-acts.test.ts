import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { created, list, startConsoleWithLetters } from './dead-letters-in-console.ts';

let at: Awaited<ReturnType<typeof startConsoleWithLetters>>;
beforeAll(async () => {
  at = await startConsoleWithLetters();
});
afterAll(() => at.stop());
afterEach(() => at.empty());

const dead = 'EVENTS_DEAD_LETTERS_URL';

describe('sending again', () => {
  test('moves the one that is meant, as it was, and no other', async () => {
    const id = await at.bury('evt-1', created('one@example.com'));
    await at.bury('evt-2', created('two@example.com'));
    const fields = { which: 'one', queue: 'events', id };
    const done = await at.submit(`${list}/resend`, fields);
    expect(done.text).toContain('1 sent again.');
    const [message] = await at.emptied('EVENTS_QUEUE_URL');
    expect(message?.Body).toBe(created('one@example.com'));
    expect(message?.MessageAttributes?.['webhookId']?.StringValue).toBe('evt-1');
    expect(await at.count(dead)).toBe(1);
    const again = await at.submit(`${list}/resend`, fields);
    expect(again.text).toContain('Nothing to send again.');
  });

  test('moves those that died for one reason', async () => {
    for (const id of ['evt-a', 'evt-b', 'evt-c']) await at.bury(id);
    await at.failed('evt-a', 'Throttled.');
    await at.failed('evt-c', 'Throttled.');
    const done = await at.submit(`${list}/resend`, { which: 'reason', reason: 'Throttled.' });
    expect(done.text).toContain('2 sent again.');
    const sent = await at.emptied('EVENTS_QUEUE_URL');
    expect(
      sent.map(({ MessageAttributes }) => MessageAttributes?.['webhookId']?.StringValue).sort(),
    ).toEqual(['evt-a', 'evt-c']);
    expect(await at.count(dead)).toBe(1);
  });

  test('of many stops after some, says what is left, and goes on where it stopped', async () => {
    await at.buryMany(620);
    const first = await at.submit(`${list}/resend`, { which: 'all' });
    const told = /(\d+) sent again\..* About (\d+) are left\./.exec(first.text);
    // 500, and what was read with them; fewer where the machine is so busy that the request ends before.
    expect(Number(told?.[1])).toBeLessThan(600);
    expect(Number(told?.[2])).toBeGreaterThan(0);
    expect(await at.count(dead)).toBeGreaterThan(20);
    const since = /name="since" value="([^"]+)"/.exec(first.html)?.[1] ?? '';
    await at.bury('evt-newer');
    let next = first;
    while (/About \d+ are left/.test(next.text)) {
      next = await at.submit(`${list}/resend`, { which: 'all', since });
    }
    expect(next.text).toContain('1 skipped: they failed since this run began.');
    expect(await at.emptied('EVENTS_QUEUE_URL')).toHaveLength(620);
    expect(await at.count(dead)).toBe(1);
  });

  test('does nothing without the token of the form, or without a choice', async () => {
    await at.bury('evt-1');
    expect((await at.postWithToken(`${list}/resend`, 'guessed', { which: 'all' })).status).toBe(
      403,
    );
    const { text } = await at.submit(`${list}/resend`, { which: 'some' });
    expect(text).toContain('Nothing was sent');
    expect(await at.count(dead)).toBe(1);
    expect(await at.count('EVENTS_QUEUE_URL')).toBe(0);
  });
});

describe('discarding', () => {
  test('asks first, offers the message for keeping, and takes it with its reason', async () => {
    const id = await at.bury('evt-1', created('one@example.com'));
    await at.bury('evt-2');
    await at.failed('evt-1', 'It took too long.');
    const question = await at.get(`${list}/discard?id=${id}`);
    expect(question.text).toContain('Discarding deletes the message');
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
    expect(await at.count(dead)).toBe(2);

    const done = await at.submit(`${list}/discard`, { queue: 'events', id });
    expect(done.text).toContain('The dead letter was discarded.');
    expect(await at.item('Failures', { webhookId: 'evt-1' })).toBeUndefined();
    const [left, ...more] = await at.emptied(dead);
    expect(left?.MessageAttributes?.['webhookId']?.StringValue).toBe('evt-2');
    expect(more).toEqual([]);
  });

  test('leaves the reason to another that shares it, until that goes as well', async () => {
    const [first, second] = [await at.bury('evt-1'), await at.bury('evt-1')];
    await at.failed('evt-1', 'It took too long.');
    await at.submit(`${list}/discard`, { queue: 'events', id: first });
    const left = await at.get(`${list}/letter?id=${second}`);
    expect(left.text).toContain('It took too long.');
    await at.submit(`${list}/discard`, { queue: 'events', id: second });
    expect(await at.item('Failures', { webhookId: 'evt-1' })).toBeUndefined();
    expect(await at.count(dead)).toBe(0);
  });

  test('takes nothing without the token, and none that is not there', async () => {
    const id = await at.bury('evt-1');
    expect((await at.postWithToken(`${list}/discard`, '', { queue: 'events', id })).status).toBe(
      403,
    );
    for (const fields of [{ id: randomUUID(), queue: 'events' }, { id, queue: 'other' }, {}]) {
      const { text } = await at.submit(`${list}/discard`, fields);
      expect(text).toContain('Nothing was discarded');
    }
    expect(await at.count(dead)).toBe(1);
  });
});

describe('a filter', () => {
  /** Two of a reason that no retry mends, one of them old, and one that was throttled. */
  async function buried() {
    await at.bury('evt-final', created('final@example.com'), daysAgo(2));
    await at.bury('evt-old', created('old@example.com'), daysAgo(8));
    await at.bury('evt-throttled', created('throttled@example.com'), daysAgo(2));
    await at.failed('evt-final', 'The payload cannot be read.', { isFinal: true });
    await at.failed('evt-old', 'The payload cannot be read.', { isFinal: true });
    await at.failed('evt-throttled', 'Throttled.', { firstReason: 'Throttled.' });
  }
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
  const hidden = (html: string, name: string) =>
    new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? '';

  test('counts those that fit, marks those that die again, and sends them alone', async () => {
    await buried();
    const shown = await at.get(`${list}?about=CANNOT+be&type=customer.created`);
    expect(shown.text).toContain('2 of 3 match the filter');
    expect(shown.text).toContain('2 fail again if you resend them, unless');
    expect(shown.text).not.toContain('throttled@example.com');
    expect((await at.get(`${list}?older=7d`)).text).toContain('1 of 3 match the filter');
    expect((await at.get(`${list}?about=nothing`)).text).toContain('None of the 3 that were read');
    const fields = { which: 'filter', about: 'throttled', queue: 'events' };
    const done = await at.submit(`${list}/resend`, fields);
    expect(done.text).toContain('1 sent again.');
    expect(await at.count(dead)).toBe(2);
    const none = await at.submit(`${list}/resend`, { which: 'filter' });
    expect(none.text).toContain('Nothing was sent');
    expect(await at.count(dead)).toBe(2);
  });

  test('says of final ones first that they fail again, and offers to discard them before that', async () => {
    await buried();
    const all = await at.get(list);
    expect(all.text).toContain('2 fail again if you resend them, unless');
    const rowOf = (reason: string) =>
      all.html
        .split('<tr>')
        .find((row) => row.includes(`<span class="long">${reason}</span></td>`)) ?? '';
    expect(rowOf('The payload cannot be read.')).toContain('Download and discard…');
    expect(rowOf('The payload cannot be read.')).not.toContain('Send these again');
    expect(rowOf('Throttled.')).toContain('Send these again');

    const final = (await at.get(`${list}/letter?id=evt-final`)).html;
    const main = final.slice(final.indexOf('<main'));
    expect(main.indexOf('It will fail again')).toBeLessThan(main.indexOf('<dl class="facts">'));
    expect(main.indexOf('>Download</a>')).toBeLessThan(main.indexOf('Send again</button>'));
    expect(main).not.toContain('class="primary">Send again');
    const retried = (await at.get(`${list}/letter?id=evt-throttled`)).html;
    expect(retried).toContain('class="primary">Send again');
  });

  test('offers no sending where all that is there is final', async () => {
    await at.bury('evt-final', created('final@example.com'));
    await at.failed('evt-final', 'The payload cannot be read.', { isFinal: true });
    const { text } = await at.get(list);
    expect(text).toContain('1 fails again if you resend it');
    expect(text).not.toContain('Send all again');
  });

  test('discards those that were shown, after their file, from which they come back', async () => {
    await buried();
    const asked = await at.get(`${list}/discard-some?about=cannot+be+read`);
    expect(asked.text).toContain('Discard 2 dead letters for good');
    const ids = hidden(asked.html, 'ids');
    expect(ids.split(' ')).toHaveLength(2);
    const unkept = await at.submit(`${list}/discard`, { ids });
    expect(unkept.text).toContain('Nothing was discarded: download their file first.');
    const file = await at.post(`${list}/bodies`, { ids });
    expect(file.headers.get('content-disposition')).toMatch(/^attachment; filename="dead-letters-/);
    expect(JSON.parse(file.html)).toHaveLength(2);
    expect(await at.count(dead)).toBe(3);

    const done = await at.submit(`${list}/discard`, { ids, kept: 'yes' });
    expect(done.text).toContain('2 dead letters were discarded.');
    expect(await at.count(dead)).toBe(1);
    expect((await at.submit(`${list}/bodies`, { ids })).text).toContain('are gone');

    const back = await at.submit(`${list}/put-back`, { file: file.html });
    expect(back.text).toContain('All 2 are back in the dead letters.');
    expect((await at.get(list)).text).toContain('2 fail again if you resend them, unless');
    const messages = await at.emptied(dead);
    const webhooks = messages.map(({ MessageAttributes }) => MessageAttributes?.['webhookId']);
    expect(webhooks.map((one) => one?.StringValue).sort()).toEqual([
      'evt-final',
      'evt-old',
      'evt-throttled',
    ]);
  });

  test('puts a file back that a browser uploads, and nothing of any other', async () => {
    const id = await at.bury('evt-1', created('one@example.com'));
    const kept = (await at.get(`${list}/body?id=${id}`)).html;
    await at.submit(`${list}/discard`, { queue: 'events', id });
    const upload = (text: string) => {
      const body = new FormData();
      body.append('token', at.cookies.get('console-token') ?? '');
      body.append('file', new File([text], 'kept.json', { type: 'application/json' }));
      const cookie = [...at.cookies].map((pair) => pair.join('=')).join('; ');
      const headers = { host: 'localhost:4000', cookie };
      const url = `http://localhost:4000${list}/put-back`;
      return at.app.request(url, { method: 'POST', headers, body });
    };
    const wrong = await upload('{"queue":"events"}');
    expect(wrong.status).toBe(422);
    expect(await at.count(dead)).toBe(0);
    expect((await upload(kept)).status).toBe(303);
    expect(await at.count(dead)).toBe(1);
  });
});
