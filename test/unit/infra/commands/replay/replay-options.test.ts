import { describe, expect, it, test } from 'vitest';
import { replayWords } from '#infra/commands/replay/options.ts';
import { Advice } from '#infra/terminal/advice.ts';
import { wordsRead } from '#test/support/words-read.ts';

describe('a command line of npm run replay', () => {
  const now = new Date('2026-11-23T12:00:00.000Z');
  const until = now.toISOString();
  const read = (args: readonly string[]) =>
    wordsRead('replay', (command, act) => replayWords(command, act, () => now), args);

  test.each([
    [
      ['--webhook', 'msg_1'],
      { choice: { kind: 'one', webhookId: 'msg_1' }, triggers: false, dryRun: false },
    ],
    [['--since', '24h'], { choice: { kind: 'many', since: '2026-11-22T12:00:00.000Z', until } }],
    [
      ['--since', '7d', '--until', '90m', '--type', 'order.paid', '--outcome', 'skipped'],
      {
        choice: {
          since: '2026-11-16T12:00:00.000Z',
          until: '2026-11-23T10:30:00.000Z',
          type: 'order.paid',
          outcome: 'skipped',
        },
      },
    ],
    [['--since', '2026-11-20'], { choice: { since: '2026-11-20T00:00:00.000Z' } }],
    [['--since', '2026-11-20T08:00'], { choice: { since: '2026-11-20T08:00:00.000Z' } }],
    [['--since', '2026-11-20T08:00+02:00'], { choice: { since: '2026-11-20T06:00:00.000Z' } }],
    [
      ['--since', '1h', '--triggers', '--again', '--run', 'run-1', '--yes', '--stage', 'test'],
      { triggers: true, again: true, run: 'run-1', yes: true, target: { stage: 'test' } },
    ],
  ])('%j is understood', async (args, expected) => {
    expect(await read(args)).toMatchObject(expected);
  });

  test.each([
    [['--triggers'], /^Pass which events/],
    [['--webhook', 'a', '--since', '1h'], /^Pass which events/],
    [['--webhook', 'a', '--type', 'order.paid'], /^--webhook means one event/],
    [['--webhook', ''], /^Pass the webhook id/],
    [['--since', 'yesterday'], /^--since must be a time such as/],
    [['--since', '2019-01-01'], /^--since must be a time such as/],
    [['--since', '1h', '--until', '2h'], /^--since must be a time in the past/],
    [['--since', '1h', '--type', 'order'], /^--type must be one of customer\.created/],
    [['--since', '1h', '--outcome', 'lost'], /^--outcome must be one of applied/],
    [['--since', '1h', '--again'], /^--again resends emails/],
    [['--since', '1h', '--json'], /^--json only works with --dry-run/],
    [['--since', '1h', '--run', 'a b'], /^--run needs the id/],
    [['msg_1'], /^Unexpected "msg_1"\. Usage: /],
  ])('%j gets a sentence', async (args, sentence) => {
    await expect(read(args)).rejects.toThrow(Advice);
    await expect(read(args)).rejects.toThrow(sentence);
  });

  it('without anything, or with --help, wants the help', async () => {
    expect(await read([])).toMatch(/^Usage: npm run replay -- /);
    expect(await read(['--webhook', 'a', '--help'])).toMatch(/^Usage: npm run replay -- /);
  });
});
