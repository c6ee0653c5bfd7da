import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  csv,
  exportContacts,
  type Format,
  json,
  shownCsv,
} from '#infra/commands/audience/export.ts';
import { deadLetterLines, deadLetterRows } from '#infra/commands/dead-letters/text.ts';
import { emailLines, emailListLines } from '#infra/commands/words.ts';
import { Advice, runCommand } from '#infra/terminal/advice.ts';
import { printLine } from '#infra/terminal/lines.ts';
import { outputFor } from '#infra/terminal/output.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import type { Contact } from '#shared/audience/person/person.ts';
import { jsonLog } from '#shared/log.ts';
import type { ExplainedLetter } from '#shared/queue/dead-letters/letter-reasons.ts';
import { visible, visibleLine } from '#shared/safe-text.ts';
import type { ContactList } from '#shared/store/audience/contact-search.ts';
import type { ReportedEmail } from '#shared/store/mail/emails.ts';

/** Clears the screen, sets the title, in 7 and in 8 bits, turns the direction, breaks the line. */
const hostile =
  'A\u001b[2J\u001b]0;pwned\u0007\u009b31mB\u202eC\u2066D\u200fE\u2028F\u0085G\rH\bI\u007f';
const steering = /(?!\n)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

function streams() {
  const written = { out: '', error: '' };
  return {
    written,
    out: (one: string) => {
      written.out += one;
    },
    error: (one: string) => {
      written.error += one;
    },
  };
}

test('what would steer a terminal is shown as JSON writes it', () => {
  expect(visible(hostile)).toBe(
    String.raw`A\u001b[2J\u001b]0;pwned\u0007\u009b31mB\u202eC\u2066D\u200fE\u2028F\u0085G\u000dH\u0008I\u007f`,
  );
  expect(visible('evil\u00ad\u200b\u2060\ufeff.com')).toBe(
    String.raw`evil\u00ad\u200b\u2060\ufeff.com`,
  );
  expect(visible('Łódź 東京 👩‍👩‍👧 שלום\r\nline\n')).toBe('Łódź 東京 👩‍👩‍👧 שלום\r\nline\n');
  expect(visibleLine('one\nline')).toBe(String.raw`one\u000aline`);
  expect(visible('\ud83d!')).toBe('\ufffd!');
});

test('no line of a command steers the terminal, and its document stays the same', () => {
  const person = streams();
  outputFor(false, person, true).print(`name ${hostile}`);
  expect(person.written.out).not.toMatch(steering);
  const program = streams();
  const { print, document } = outputFor(true, program, true);
  print(hostile);
  document?.({ [hostile]: hostile, nested: [hostile, 'two\nlines'] });
  expect(program.written.error).not.toMatch(steering);
  expect(program.written.out).not.toMatch(steering);
  expect(JSON.parse(program.written.out)).toEqual({
    [hostile]: hostile,
    nested: [hostile, 'two\nlines'],
  });
});

/** What is written to these while the test runs. */
function written(name: 'stdout' | 'stderr'): () => string {
  const write = vi.spyOn(process[name], 'write').mockReturnValue(true);
  onTestFinished(() => void write.mockRestore());
  return () => write.mock.calls.map(([one]) => String(one)).join('');
}

test('neither does what start prints, nor a failure, whether it is explained or not', async () => {
  onTestFinished(() => {
    process.exitCode = undefined;
  });
  const [out, error] = [written('stdout'), written('stderr')];
  printLine(hostile);
  await runCommand(() => Promise.reject(new Advice(`Polar says: ${hostile}`)));
  await runCommand(() => Promise.reject(new Error(`SES says: ${hostile}`)));
  expect(out()).toBe(`${visible(hostile)}\n`);
  expect(error()).toContain('Polar says: A\\u001b');
  expect(error()).toContain('SES says: A');
  expect(error()).not.toMatch(steering);
});

const reason = `${hostile}\nk2  sent`;
const at = '2026-11-20T10:00:00.000Z';
const email: ReportedEmail = {
  ...{ ledgerKey: 'k1', state: 'failed', reason, workflowId: hostile, workflowVersion: 1 },
  ...{ webhookId: hostile, customerId: hostile, attempts: 1, createdAt: at, updatedAt: at },
};
const letter: ExplainedLetter = {
  ...{ queue: 'events', id: hostile, messageId: 'm1', webhookId: hostile, type: reason },
  ...{
    receives: 1,
    since: new Date(at),
    failureId: 'f1',
    sentAt: new Date(at),
    email: `${hostile}@example.com`,
    customerId: hostile,
  },
  failure: {
    ...{ attempts: 1, firstReason: reason, firstAt: at, lastReason: reason, lastAt: at },
    isFinal: true,
  },
};
const how = { now: new Date(at), address: (address: string) => address };

test.each<[string, string[], number]>([
  ['npm run emails -- list', emailListLines([{ ...email, to: `${hostile}@example.com` }]), 2],
  ['npm run emails -- show', emailLines(email), 11],
  ['npm run deadletters -- list', deadLetterRows([letter], how), 2],
  ['npm run deadletters -- show', deadLetterLines(letter, how), 14],
])('in %s a reason of somebody else is no line of its own', (_, lines, count) => {
  const to = streams();
  outputFor(false, to, true).print(lines.join('\n'));
  expect(to.written.out).not.toMatch(steering);
  expect(to.written.out.trimEnd().split('\n')).toHaveLength(count);
});

const contact: Contact = {
  ...{ email: normalisedEmail('ada@example.com'), address: 'ada@example.com', contactId: 'c1' },
  ...{ createdAt: at, updatedAt: at, source: 'Polar webhook', consent: {}, subscribed: true },
  ...{ firstName: hostile, userGroup: hostile },
};
const list: ContactList = {
  page: async () => ({ items: [contact], next: undefined, isCutShort: false }),
};

async function exported(format: Format): Promise<string> {
  const to = new PassThrough();
  const [file] = await Promise.all([
    text(to),
    exportContacts(list, {}, to, () => {}, format).then(() => to.end()),
  ]);
  return file;
}

test('an export steers no terminal, and has names as they are in a file', async () => {
  expect(await exported(shownCsv)).not.toMatch(/(?!\r?\n)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
  expect(await exported(csv)).toContain(hostile);
  const document = await exported(json);
  expect(document).not.toMatch(steering);
  expect(JSON.parse(document).contacts).toMatchObject([{ firstName: hostile }]);
});

test('no value in a log is a line of its own or steers who reads it', () => {
  const lines: string[] = [];
  const log = jsonLog((line) => lines.push(line));
  const forged = `x","level":"ERROR"}\n{"level":"ERROR","message":"forged ${hostile}`;
  log.warn(forged, { type: forged });
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'WARN',
    message: forged,
    type: forged,
  });
});
