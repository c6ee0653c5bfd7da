import { expect, onTestFinished, test, vi } from 'vitest';
import { consoleLines } from '#infra/local/console-lines.ts';

const exchange = {
  method: 'POST',
  path: '/webhooks/polar',
  webhookId: 'w1',
  body: Buffer.from('{"type":"order.paid"}'),
  status: 202,
  answer: Buffer.from('{"status":"accepted","message":"Accepted."}'),
};
const decided = (fields: object) =>
  JSON.stringify({ level: 'INFO', message: 'event decided', webhookId: 'w1', ...fields });

const decidedBy = (webhookId: string) => ({ level: 'INFO', message: 'event decided', webhookId });

function shown() {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const lines: string[] = [];
  const { exchange: came, output } = consoleLines({
    print: (line) => lines.push(line.replace(/^\d\d:\d\d:\d\d {2}/, '').replaceAll(/ +/g, ' ')),
    emailOf: async () => 'ada@example.com',
    mailOf: async ({ ledgerKey }) => {
      if (ledgerKey !== 'sent1') throw new Error('There is no such mail.');
      return { what: 'Welcome!', to: 'ada@example.com' };
    },
    patienceMs: 5_000,
  });
  return { came, output, lines, settled: () => vi.advanceTimersByTimeAsync(10_000) };
}

test('one line tells what came, what was answered and what it did', async () => {
  const { came, output, lines, settled } = shown();
  came(exchange);
  output('Worker', decided({ outcome: 'skipped', reason: 'It is switched off.' }));
  await settled();
  expect(lines).toEqual([
    'order.paid 202 accepted → skipped, ada@example.com, It is switched off.',
  ]);
});

test('a worker that is faster than the answer is shown, too', async () => {
  const { came, output, lines, settled } = shown();
  output('Worker', decided({ type: 'order.paid', outcome: 'applied' }));
  await vi.advanceTimersByTimeAsync(1);
  came(exchange);
  await settled();
  expect(lines).toEqual(['order.paid → applied, ada@example.com', 'order.paid 202 accepted']);
});

test('a webhook that is not applied soon is shown as it is, and again when it is', async () => {
  const { came, output, lines, settled } = shown();
  came(exchange);
  await settled();
  output('Worker', decided({ type: 'order.paid', outcome: 'applied' }));
  await settled();
  expect(lines).toEqual([
    'order.paid 202 accepted, not applied yet',
    'order.paid → applied, ada@example.com',
  ]);
});

test('a failure of a webhook stands in its line', async () => {
  const { came, output, lines, settled } = shown();
  came(exchange);
  const failure = { level: 'ERROR', message: 'message is dead', webhookId: 'w1', reason: 'No id.' };
  output('Worker', JSON.stringify(failure));
  await settled();
  expect(lines).toEqual(['order.paid 202 accepted → message is dead, ada@example.com, No id.']);
});

const email = { message: 'email decided', webhookId: 'w1', workflowId: 'welcome-x', level: 'INFO' };

test.each([
  ['is sent', { ...email, ledgerKey: 'sent1', state: 'sent' }, 'Welcome! → ada@example.com, sent'],
  [
    'is not sent',
    { ...email, ledgerKey: 'k2', state: 'blocked', reason: 'No sender.' },
    'welcome-x → blocked, No sender.',
  ],
  [
    'bounces',
    { message: 'feedback applied', ledgerKey: 'sent1', kind: 'bounce', refusal: 'bounced' },
    'Welcome! → ada@example.com, bounced',
  ],
])('an email that %s is a line of its own', async (_, entry, line) => {
  const { came, output, lines, settled } = shown();
  came(exchange);
  output('Mailer', JSON.stringify({ level: 'INFO', ...entry }));
  await vi.advanceTimersByTimeAsync(1);
  expect(lines).toEqual([`mail ${line}`]);
  await settled();
  expect(lines.slice(1)).toEqual(['order.paid 202 accepted, not applied yet']);
});

test('an email that was settled before, or is delivered, needs no line', async () => {
  const { output, lines, settled } = shown();
  output('Mailer', JSON.stringify({ ...email, ledgerKey: 'sent1', state: 'settled' }));
  const delivery = { message: 'feedback applied', ledgerKey: 'sent1', kind: 'delivery' };
  output('Feedback', JSON.stringify({ level: 'INFO', ...delivery }));
  await settled();
  expect(lines).toEqual([]);
});

test('what is not accepted is shown with its sentence, at once', () => {
  const { came, lines } = shown();
  const answer = Buffer.from('{"status":"rejected","message":"Wrong signature."}');
  came({ ...exchange, status: 401, answer });
  came({ ...exchange, webhookId: undefined, method: 'GET', path: '/x', status: 404, answer });
  came({ ...exchange, webhookId: undefined, path: `/u/${'x'.repeat(60)}`, status: 404, answer });
  expect(lines).toEqual([
    'order.paid 401 Wrong signature.',
    'GET /x 404 Wrong signature.',
    `POST /u/${'x'.repeat(39)}… 404 Wrong signature.`,
  ]);
});

test('problems and unstructured output are shown, ordinary log lines are not', () => {
  const { output, lines } = shown();
  output('Worker', '{"level":"INFO","message":"all is well"}');
  output('Worker', '{"level":"WARN","timestamp":"now","message":"slow","seconds":4}');
  output('Worker', 'TypeError: no good');
  expect(lines).toEqual(['Worker: WARN: slow, seconds 4', 'Worker: TypeError: no good']);
});

test('an outsider neither steers the terminal nor forges a line', async () => {
  const { came, output, lines } = shown();
  const type = 'x\u001b[2J\u009b1m\u202e\r\n12:00:00  order.paid 202 accepted → applied';
  const answer = Buffer.from(JSON.stringify({ status: 'rejected', message: type }));
  came({ ...exchange, body: Buffer.from(JSON.stringify({ type })), status: 401, answer });
  came({ ...exchange, webhookId: undefined, path: `/${type}`, status: 404, answer });
  output('Worker', JSON.stringify({ level: 'WARN', message: type, type }));
  output('Worker', JSON.stringify({ ...decidedBy('w2'), type, outcome: 'skipped', reason: type }));
  output('Mailer', `TypeError: ${type}`);
  await vi.advanceTimersByTimeAsync(1);
  expect(lines).toHaveLength(5);
  for (const line of lines) {
    expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
    expect(line).toContain(String.raw`x\u001b[2J\u009b1m\u202e\u000d\u000a12:00:00`);
  }
  came({ ...exchange, body: Buffer.from(`{"type":"${'x'.repeat(99)}"}`), status: 401, answer });
  expect(lines[5]).toMatch(/^x{47}… 401 /);
});
