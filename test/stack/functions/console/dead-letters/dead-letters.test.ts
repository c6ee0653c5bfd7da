import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest';
import { created, list, startConsoleWithLetters } from './dead-letters-in-console.ts';

let at: Awaited<ReturnType<typeof startConsoleWithLetters>>;
beforeAll(async () => {
  at = await startConsoleWithLetters();
});
afterAll(() => at.stop());
afterEach(() => at.empty());

const dead = 'EVENTS_DEAD_LETTERS_URL';

const unescaped = (url: string) => url.replaceAll('&amp;', '&');
const lettersIn = (html: string) =>
  [
    ...html.matchAll(/<td data-head="[^"]*"><a class="whole" href="([^"]+\/letter\?id=[^"]+)"/g),
  ].map(([, url = '']) => unescaped(url));

const letter = (id: string) => at.get(`${list}/letter?id=${id}`);

describe('the list of dead letters', () => {
  test('says that there is none, and what that means', async () => {
    const { html, text, status } = await at.get(list);
    expect(status).toBe(200);
    expect(text).toContain('No dead letters. Everything was processed');
    expect(html).not.toContain('class="filters"');
    expect((await at.get(`${list}?type=order`)).html).toContain('class="filters"');
  });

  test('shows the oldest first, why each died and whom it is about, and loses none by that', async () => {
    await at.bury('evt-new', created('new@example.com'), '2026-11-22T10:00:00.000Z');
    await at.bury('evt-old', created('old@example.com'), '2026-11-19T10:00:00.000Z');
    await at.failed('evt-old', 'It took too long.');
    await at.tell('customer.created', 'c-mail', { minute: 1, email: 'eve@example.com' });
    const mail = { ledgerKey: 'key-1', workflowId: 'welcome', workflowVersion: 1 };
    const body = JSON.stringify({ ...mail, webhookId: 'evt-mail', customerId: 'c-mail' });
    await at.send('MAIL_DEAD_LETTERS_URL', body, { webhookId: 'evt-mail', type: 'mail' });
    const { text } = await at.get(list);
    expect(text.indexOf('old@example.com')).toBeLessThan(text.indexOf('new@example.com'));
    expect(text).toContain('3 dead letters.');
    expect(text).toContain('12 It took too long. At first: The table is away. old@example.com');
    expect(text).toMatch(/2 No reason is kept.* not known Send these again/);
    expect(text).toContain('eve@example.com');
    const onlyMail = await at.get(`${list}?queue=mail`);
    expect(lettersIn(onlyMail.html)).toHaveLength(1);
    expect(onlyMail.text).not.toContain('old@example.com');
    expect(await at.count(dead)).toBe(2);
    expect(await at.count('MAIL_DEAD_LETTERS_URL')).toBe(1);
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
    await at.buryMany(320);
    const { text, html } = await at.get(`${list}?queue=events`);
    const [, read = '', more = ''] =
      /(\d+) were read, and about (\d+) more are there/.exec(text) ?? [];
    expect(Number(read)).toBeGreaterThanOrEqual(200);
    expect(Number(read) + Number(more)).toBe(320);
    expect(lettersIn(html)).toHaveLength(50);
    expect(html.length).toBeLessThan(100_000);
  });
});

describe('a dead letter', () => {
  test('shows its attributes, its reasons and its body as Polar sent it', async () => {
    const body = JSON.stringify({
      type: 'customer.created',
      data: { email: 'ann@example.com', name: 'Ann \u{1f600}' },
    });
    const id = await at.bury('evt-emoji', body);
    await at.failed('evt-emoji', 'It took too long.', { isFinal: true });
    const page = await letter(id);
    expect(page.text).toContain('First reason The table is away.');
    expect(page.text).toContain('Last reason It took too long.');
    expect(page.text).toContain('No retry can fix it');
    expect(page.text).toContain('encoding base64 String');
    expect(page.text).toContain('"name" : "Ann \u{1f600}"');
    expect(page.text).toContain('evt-emoji, not recorded');
    for (const one of ['evt-emoji', id]) expect(page.html).toContain(`data-copy="${one}"`);
  });

  test('leads to its event, where that has a record', async () => {
    await at.tell('customer.created', 'c-known', { minute: 2, email: 'known@example.com' });
    const [record] = await at.items('Events');
    const webhookId = String(record?.['webhookId']);
    await at.bury(webhookId);
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
    await at.failed(hostile, hostile);
    const pages = [await at.get(list), await letter(id), await at.get(`${list}/discard?id=${id}`)];
    for (const { html, text } of pages) {
      expect(html).not.toContain('<script>');
      expect(text).toContain(hostile);
    }
  });

  test('shows what would turn its texts around', async () => {
    const turned = 'ev\u202egpj.exe';
    const id = await at.bury('evt-turned', created(`${turned}@example.com`));
    for (const { html } of [await at.get(list), await letter(id)]) {
      expect(html).not.toContain('\u202e');
      expect(html).toContain(String.raw`ev\u202egpj.exe@example.com`);
    }
  });

  it('among several with its id has a heading and names of its own', async () => {
    await at.bury('twice', created('one@example.com'));
    await at.bury('twice', created('two@example.com'));
    const { html, text } = await letter('twice');
    expect(text).toContain('There are 2 dead letters with this id.');
    expect(text).toMatch(/Dead letter 1 of 2 .* Dead letter 2 of 2 /);
    const main = html.slice(html.indexOf('<main'));
    const labels = [...main.matchAll(/aria-label="([^"]+)"/g)].map(([, label]) => label);
    expect(labels).toContain('In short, 2 of 2');
    expect(new Set(labels).size).toBe(labels.length);
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
    expect(text).toContain('Dead letter not found');
  });
});
