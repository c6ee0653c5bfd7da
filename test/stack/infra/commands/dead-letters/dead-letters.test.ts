import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSqs } from '#infra/local/emulators/sqs.ts';
import { deadLetterOf } from '#shared/queue/dead-letters/dead-letter.ts';
import { wakeMessage } from '#shared/queue/events-queue.ts';
import {
  customerCreated,
  startDeadLetters,
  unreadable,
} from '#test/support/audience/dead-letters-at-work.ts';
import { clientConfig } from '#test/support/cloud/emulators.ts';

let dead: Awaited<ReturnType<typeof startDeadLetters>>;
beforeAll(async () => {
  dead = await startDeadLetters();
});
afterAll(() => dead.stop());
beforeEach(() => dead.empty());

const away = { settings: () => Promise.reject(new Error('The table is away.')) };
const slow = { settings: () => Promise.reject(new Error('It took too long.')) };
const text = (StringValue: string) => ({ DataType: 'String', StringValue });
const record = (webhookId: string) => dead.audience.item('Events', { webhookId });

describe('npm run deadletters', () => {
  it('shows what cannot be read with its reason, and whom it is about', async () => {
    await dead.queueWebhook('evt-bad', unreadable('ann@example.com'));
    await dead.work();
    await dead.does().list(50);
    expect(dead.output()).toMatch(
      /^events +evt-bad +customer\.created +\d+ s +1 +a\*\*\*@example\.com +final: The payload cannot be read: /m,
    );
    expect(dead.output()).toMatch(/^1 × +The payload cannot be read/m);
    expect(dead.output()).toMatch(
      /1 fails again if .* Discard it instead: .*\n\nNext:\n.* show evt-bad\n.* discard evt-bad$/,
    );
    const found: object[] = [];
    const forProgram = dead.does({ document: (one) => found.push(one) });
    await forProgram.list(50);
    await forProgram.show('evt-bad');
    const letter = {
      ...{ queue: 'events', id: 'evt-bad', type: 'customer.created', webhookId: 'evt-bad' },
      ...{ email: 'a***@example.com', receives: 1 },
      failure: { isFinal: true, lastReason: expect.stringMatching(/^The payload cannot be read/) },
    };
    expect(found).toMatchObject([
      { isWhole: true, count: 1, reasons: [{ count: 1 }], deadLetters: [letter] },
      { deadLetters: [letter] },
    ]);
    expect(dead.output()).not.toContain('ann@');
    await dead.does({ address: (address) => address }).show('evt-bad');
    expect(dead.output()).toMatch(/^contact +ann@example\.com$/m);
    expect(dead.output()).toMatch(/^first reason +The payload cannot be read/m);
    expect(dead.output()).toContain('No retry can fix it');
    expect(dead.output()).toMatch(/discard evt-bad\n.* resend evt-bad\n/);
  });

  it('shows the first and the last reason of what failed until SQS gave up, and resends it', async () => {
    await dead.queueWebhook('evt-slow', customerCreated('c-slow'));
    const failed = await dead.workOnce(away);
    await dead.reveal(
      dead.events.sourceUrl,
      (failed ?? []).map(({ ReceiptHandle }) => ReceiptHandle),
    );
    await dead.dieByRedrive(slow);
    await dead.does().list(50);
    expect(dead.output()).toMatch(
      /^events +evt-slow .* 3 +c\*\*\*@example\.com +It took too long\. \(at first: The table is away\.\)$/m,
    );
    await dead.does().resend({ kind: 'id', id: 'evt-slow' });
    expect(dead.output()).toContain('1 resent.');
    await dead.work();
    expect(await record('evt-slow')).toMatchObject({ outcome: 'applied' });
    expect(await dead.visible(dead.events.url)).toEqual([]);
  });

  it('says of what died with its function that no reason is kept', async () => {
    await dead.queueWebhook('evt-crash', customerCreated('c-crash'));
    await dead.dieByRedrive('crash');
    await dead.does().list(50);
    expect(dead.output()).toMatch(/evt-crash .* No reason is kept: its function crashed/);
    await dead.does().resend({ kind: 'filter', filter: { reason: 'crashed' } });
    await dead.work();
    expect(await record('evt-crash')).toMatchObject({ outcome: 'applied' });
  });

  it('shows a message without attributes under the id of its message', async () => {
    await dead.send(dead.events.sourceUrl, 'not even JSON');
    await dead.dieByRedrive('crash');
    const [message] = await dead.visible(dead.events.url);
    await dead.does().show(message?.MessageId ?? '');
    expect(dead.output()).toContain(`npm run deadletters -- discard ${message?.MessageId}`);
    expect(dead.output()).toMatch(/^type +unknown$/m);
  });

  it('prints commands that a shell takes for what is known by two words, such as a step of a run', async () => {
    const wake = { runId: 'r-1', customerId: 'c-1', workflowId: 'w', stepId: 's', dueAt: 'now' };
    await dead.sqs.send(
      new SendMessageCommand({ QueueUrl: dead.events.url, ...wakeMessage(wake) }),
    );
    await dead.does().list(50);
    await dead.does().show('run r-1');
    expect(dead.output()).toContain("npm run deadletters -- show 'run r-1'");
    expect(dead.output()).toContain("npm run deadletters -- resend 'run r-1'");
    expect(dead.output()).toContain('npm run why -- r-1');
    expect(dead.output()).not.toMatch(/-- \w+ run r-1/);
  });

  it('shows the address of the customer whom a mail would go to', async () => {
    await dead.audience.tell('customer.created', 'c-mail', { minute: 1, email: 'eve@example.com' });
    const mail = { ledgerKey: 'key-1', workflowId: 'welcome', workflowVersion: 1 };
    const body = JSON.stringify({ ...mail, webhookId: 'evt-mail', customerId: 'c-mail' });
    await dead.send(dead.mail.url, body, { webhookId: text('evt-mail'), type: text('mail') });
    await dead.audience.put('Failures', {
      webhookId: 'key-1',
      firstReason: 'The table is away.',
      firstAt: '2026-11-23T12:00:00.000Z',
      lastReason: 'The table is away.',
      lastAt: '2026-11-23T12:00:00.000Z',
      attempts: 12,
      isFinal: false,
    });
    await dead.does().list(50);
    expect(dead.output()).toMatch(
      /^mail +key-1 +mail of welcome .* 12 +e\*\*\*@example\.com +The table is away\.$/m,
    );
    await dead.does().resend({ kind: 'id', id: 'evt-mail' });
    const [sent] = await dead.visible(dead.mail.sourceUrl);
    expect(sent).toMatchObject({ Body: body, MessageAttributes: { type: text('mail') } });
  });

  it('hides nothing from others once it has read', async () => {
    for (let n = 0; n < 25; n++) await dead.bury(`evt-${n}`, customerCreated(`c-${n}`));
    await dead.does().list(10);
    expect(dead.output()).toContain('… and 15 more');
    expect(dead.output()).toContain('25 in all:');
    expect(dead.output()).toMatch(/^25 × +No reason is kept/m);
    expect(await dead.visible(dead.events.url)).toHaveLength(25);
    await expect(dead.does().show('evt-none')).rejects.toThrow(/^There is no dead letter evt-none/);
    expect(await dead.visible(dead.events.url)).toHaveLength(25);
  });

  it('says so when there is nothing', async () => {
    await dead.does().list(10);
    await dead.does().resend({ kind: 'all' });
    expect(dead.printed).toEqual(['There are no dead letters.', 'There was nothing to resend.']);
  });

  it('resends only what died for a reason', async () => {
    await dead.queueWebhook('evt-away', customerCreated('c-away'));
    await dead.dieByRedrive(away);
    await dead.queueWebhook('evt-bad', unreadable('ann@example.com'));
    await dead.work();
    await dead.does().resend({ kind: 'filter', filter: { reason: 'TABLE is away' } });
    expect(dead.printed.slice(-2)).toEqual(['1 resent.', '1 left: not meant by the filter.']);
    const left = await dead.visible(dead.events.url);
    expect(left.map(({ MessageAttributes }) => MessageAttributes?.['webhookId'])).toMatchObject([
      text('evt-bad'),
    ]);
  });

  it('resends a message with its attributes, binary ones too, and its body to the byte', async () => {
    const attributes = {
      kind: text('erasure'),
      webhookId: text('evt-bytes'),
      bytes: { DataType: 'Binary.seal', BinaryValue: new Uint8Array([0, 255, 10]) },
      count: { DataType: 'Number', StringValue: '42' },
    };
    const body = ` {"customerId":"c"}\t\r\n${'ü'.repeat(500_000)}`;
    await dead.send(dead.events.url, body, attributes);
    await dead.does().resend({ kind: 'all' });
    const [message] = await dead.visible(dead.events.sourceUrl);
    expect(message?.Body).toBe(body);
    const [bytes] = [message?.MessageAttributes?.['bytes']];
    expect(message?.MessageAttributes).toMatchObject({
      kind: text('erasure'),
      webhookId: text('evt-bytes'),
      count: { DataType: 'Number', StringValue: '42' },
    });
    expect(bytes?.DataType).toBe('Binary.seal');
    expect([...(bytes?.BinaryValue ?? [])]).toEqual([0, 255, 10]);
  });
});

it('the dead letters of a local stack, which are kept on disk, are there after they were read', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kept-messages-'));
  const emulator = await startSqs({ directory });
  const sqs = new SQSClient(clientConfig(emulator.endpoint));
  await sqs.send(new CreateQueueCommand({ QueueName: 'kept' }));
  const url = `${emulator.endpoint}/000000000000/kept`;
  const MessageAttributes = { webhookId: text('evt-kept') };
  await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: '{}', MessageAttributes }));
  const queues = [{ name: 'events', url, sourceUrl: dead.events.sourceUrl }] as const;
  const does = dead.does({ sqs, queues, shownAfterSeconds: 1, waitSeconds: 2 });
  await does.list(10);
  await does.show('evt-kept');
  expect(dead.output()).toMatch(/^id +evt-kept$/m);
  sqs.destroy();
  await emulator.stop();
  await rm(directory, { recursive: true });
});

describe('npm run deadletters -- discard', () => {
  it('asks, keeps the body in a file that only its owner reads, and removes it', async () => {
    await dead.bury('evt/../1', unreadable('ann@example.com'));
    const asked: string[] = [];
    const confirmed = (answer: boolean) => async (question: string) => {
      asked.push(question);
      expect(await dead.visible(dead.events.url)).toHaveLength(1);
      return answer;
    };
    await dead.does({ confirmed: confirmed(false) }).discard({ kind: 'id', id: 'evt/../1' }, false);
    expect(await dead.visible(dead.events.url)).toHaveLength(1);
    await expect(readdir(dead.folder)).rejects.toThrow('ENOENT');

    await dead.does({ confirmed: confirmed(true) }).discard({ kind: 'id', id: 'evt/../1' }, false);
    expect(asked).toHaveLength(2);
    expect(await dead.visible(dead.events.url)).toEqual([]);
    const [name = ''] = await readdir(dead.folder);
    const file = join(dead.folder, name);
    expect(dead.output()).toContain(`Kept in ${file}`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
      queue: 'events',
      MessageBody: unreadable('ann@example.com'),
      MessageAttributes: { webhookId: text('evt/../1') },
    });
  });

  it('discards all with one id, and nothing else', async () => {
    for (const id of ['evt-1', 'evt-2', 'evt-1']) await dead.bury(id, customerCreated(id));
    await dead.does().discard({ kind: 'id', id: 'evt-1' }, true);
    expect(dead.output()).toContain('2 discarded.');
    const left = await dead.visible(dead.events.url);
    expect(left.map(({ MessageAttributes }) => MessageAttributes?.['webhookId'])).toMatchObject([
      text('evt-2'),
    ]);
  });
});

describe('a dead letter', () => {
  const message = (body: string, attributes: Record<string, ReturnType<typeof text>> = {}) => ({
    messageId: 'm-1',
    receiptHandle: '',
    body,
    attributes,
    sentAt: new Date(0),
    receives: 1,
  });
  const bounce = JSON.stringify({
    eventType: 'Bounce',
    mail: { destination: ['ann@example.com'], tags: { ledgerKey: ['key-1'] } },
  });

  it.each([
    ['feedback', bounce, {}, { id: 'key-1', failureId: 'feedback key-1', type: 'SES Bounce' }],
    ['feedback', bounce, {}, { email: 'ann@example.com' }],
    [
      'feedback',
      '[]',
      { webhookId: text('message m-0') },
      { id: 'm-0', failureId: 'message m-0', type: 'SES' },
    ],
    ['mail', '{', {}, { id: 'm-1', failureId: 'message m-1', type: 'mail' }],
    ['events', 'null', {}, { id: 'm-1', failureId: 'message m-1', email: undefined }],
    ['events', '{"data":{"customer":{"id":"c-1"}}}', {}, { customerId: 'c-1' }],
    ['events', '{"customerId":"c-1"}', { kind: text('erasure') }, { customerId: 'c-1' }],
    ['events', '{"type":"order.paid","data":{"id":"o-1"}}', {}, { customerId: undefined }],
  ] as const)(
    'of the queue %s with the body %s is read as far as it goes',
    (queue, body, attributes, expected) => {
      expect(deadLetterOf(queue, message(body, attributes))).toMatchObject(expected);
    },
  );
});

describe('what a person looks at', () => {
  const old = (webhookId: string, hours: number, type = 'customer.created') =>
    dead.send(dead.events.url, customerCreated(webhookId), {
      ...{ webhookId: text(webhookId), type: text(type) },
      receivedAt: text(new Date(Date.now() - hours * 3_600_000).toISOString()),
    });

  it('is the oldest first, whatever SQS hands out first, with the final ones marked', async () => {
    for (let n = 1; n <= 25; n++) await old(`evt-${n}`, n);
    const at = new Date().toISOString();
    await dead.audience.put('Failures', {
      ...{ webhookId: 'evt-25', firstReason: 'It cannot be read.', firstAt: at },
      ...{ lastReason: 'It cannot be read.', lastAt: at, attempts: 1, isFinal: true },
    });
    await dead.does().list(3);
    const ids = dead.printed.slice(1, 4).map((line) => line.split(/ +/)[1]);
    expect(ids).toEqual(['evt-25', 'evt-24', 'evt-23']);
    expect(dead.printed[1]).toMatch(/ final: It cannot be read\.$/);
    expect(dead.output()).toContain('25 in all:');
  });

  it('is no more than it says, and about how many it did not look at', async () => {
    for (let n = 1; n <= 60; n++) await old(`evt-${n}`, n);
    const found: { count?: number; notLookedAt?: number }[] = [];
    await dead.does({ mostLookedAt: 10, document: (one) => found.push(one) }).list(5);
    const [{ count = 0, notLookedAt = 0 } = {}] = found;
    expect(count).toBeGreaterThanOrEqual(10);
    expect(count).toBeLessThan(60);
    expect(count + notLookedAt).toBe(60);
    await dead.does({ mostLookedAt: 10 }).list(5);
    expect(dead.output()).toMatch(/About \d+ more were not, and may be older/);
  });

  it('is discarded by a filter after a look, and put back from its file', async () => {
    await old('evt-young', 1, 'order.paid');
    await old('evt-old', 100, 'order.paid');
    await old('evt-other', 100);
    const filter = { type: 'order.paid', olderThanMs: 48 * 3_600_000 };
    const asked: string[] = [];
    const refuse = async (question: string) => {
      asked.push(question);
      return false;
    };
    await dead.does({ confirmed: refuse }).discard({ kind: 'filter', filter }, false);
    expect(asked).toEqual(['Discard this dead letter, so that it is never applied?']);
    expect(await dead.visible(dead.events.url)).toHaveLength(3);
    // The folder comes with the first that is discarded.
    const before = await readdir(dead.folder).catch((): string[] => []);
    await dead.does().discard({ kind: 'filter', filter }, false);
    expect(await dead.visible(dead.events.url)).toHaveLength(2);
    const [name = ''] = (await readdir(dead.folder)).filter((one) => !before.includes(one));
    await dead.does().putBack(join(dead.folder, name));
    expect(dead.output()).toContain('npm run deadletters -- resend evt-old');
    await dead.does().resend({ kind: 'id', id: 'evt-old' });
    await dead.work();
    expect(await record('evt-old')).toMatchObject({ outcome: 'applied' });
    await expect(dead.does().putBack('no-such-file')).rejects.toThrow(/cannot be read\.$/);
  });

  it('that is put back says again why it died, unless there is a newer reason', async () => {
    await dead.queueWebhook('evt-back', unreadable('ann@example.com'));
    await dead.work();
    const reasons = await dead.audience.item('Failures', { webhookId: 'evt-back' });
    const before = await readdir(dead.folder).catch((): string[] => []);
    await dead.does().discard({ kind: 'id', id: 'evt-back' }, true);
    expect(await dead.audience.item('Failures', { webhookId: 'evt-back' })).toBeUndefined();
    const [name = ''] = (await readdir(dead.folder)).filter((one) => !before.includes(one));
    const file = join(dead.folder, name);
    dead.printed.length = 0;
    await dead.does().putBack(file);
    expect(dead.output()).toContain('It is among the dead letters again.\n1 fails again if');
    const { expiresAt: _, ...kept } = reasons ?? {};
    expect(await dead.audience.item('Failures', { webhookId: 'evt-back' })).toMatchObject(kept);
    await dead.does().list(10);
    expect(dead.output()).toMatch(/^events +evt-back .* final: The payload cannot be read/m);

    await dead.audience.put('Failures', { ...reasons, lastReason: 'Newer.' });
    await dead.does().putBack(file);
    const now = await dead.audience.item('Failures', { webhookId: 'evt-back' });
    expect(now).toMatchObject({ lastReason: 'Newer.' });
  });

  it('that an earlier version discarded is put back without its reason', async () => {
    await dead.bury('evt-former', customerCreated('evt-former'));
    const before = await readdir(dead.folder).catch((): string[] => []);
    await dead.does().discard({ kind: 'id', id: 'evt-former' }, true);
    const [name = ''] = (await readdir(dead.folder)).filter((one) => !before.includes(one));
    const file = join(dead.folder, name);
    const { failureId, type, failure, ...former } = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify(former));
    await dead.does().putBack(file);
    expect(await dead.visible(dead.events.url)).toHaveLength(1);
    expect(await dead.audience.item('Failures', { webhookId: 'evt-former' })).toBeUndefined();
  });

  it.each([
    ['is of no message', { failureId: '' }, {}],
    ['is of an id that is too long for the table', { failureId: 'x'.repeat(3_000) }, {}],
    ['has a time that is none', {}, { lastAt: 'yesterday' }],
    ['is longer than any of ours', {}, { lastReason: 'x'.repeat(500_000) }],
  ])('is put back without a reason that %s', async (_, wrong, inReason) => {
    const rows = await dead.audience.items('Failures');
    await dead.queueWebhook('evt-changed', unreadable('ann@example.com'));
    await dead.work();
    const before = await readdir(dead.folder).catch((): string[] => []);
    await dead.does().discard({ kind: 'id', id: 'evt-changed' }, true);
    const [name = ''] = (await readdir(dead.folder)).filter((one) => !before.includes(one));
    const file = join(dead.folder, name);
    const kept = JSON.parse(await readFile(file, 'utf8'));
    expect(kept.failure.lastReason).toContain('cannot be read');
    await writeFile(
      file,
      JSON.stringify({ ...kept, ...wrong, failure: { ...kept.failure, ...inReason } }),
    );
    await dead.does().putBack(file);
    expect(await dead.visible(dead.events.url)).toHaveLength(1);
    expect(await dead.audience.items('Failures')).toHaveLength(rows.length);
  });

  it('is resent by a filter after a look, which says what will die again', async () => {
    await dead.queueWebhook('evt-bad', unreadable('ann@example.com'));
    await dead.work();
    const asked: string[] = [];
    const refuse = async (question: string) => {
      asked.push(question);
      return false;
    };
    const filter = { reason: 'cannot be read' };
    await dead.does({ confirmed: refuse }).resend({ kind: 'filter', filter });
    expect(asked).toEqual(['Resend it?']);
    expect(await dead.visible(dead.events.url)).toHaveLength(1);
    await dead.does().resend({ kind: 'id', id: 'evt-bad' });
    expect(dead.output()).toContain(
      '1 fails again if you resend it, unless you deployed another version since.',
    );
  });
});
