import { describe, expect, it } from 'vitest';
import { backfillCommand } from '#infra/commands/backfill/backfill.ts';
import { Advice } from '#infra/terminal/advice.ts';
import { wordsRead } from '#test/support/words-read.ts';

const read = (args: readonly string[], POLAR_TOKEN?: string) =>
  wordsRead('backfill', (command, act) => backfillCommand(command, act, { POLAR_TOKEN }), args);

describe('the command line of npm run backfill', () => {
  it('needs nothing, and takes a window, a token and what to show', async () => {
    expect(await read([])).toMatchObject({ isDryRun: false, restart: false, given: undefined });
    expect(await read(['--help'])).toMatch(/^Usage: npm run backfill -- \[options\]\n/);
    expect(
      await read(['--dry-run', '--since', '2026-11-01', '--reveal'], 'polar_oat_x'),
    ).toMatchObject({
      isDryRun: true,
      since: '2026-11-01T00:00:00.000000Z',
      reveal: true,
      given: { token: 'polar_oat_x', server: 'production' },
    });
    expect(await read(['--token', '-', '--sandbox'])).toMatchObject({
      given: { token: '-', server: 'sandbox' },
    });
  });

  it.each([
    ['2026-11-01', '2026-11-01T00:00:00.000000Z'],
    ['2026-11-01T08:30Z', '2026-11-01T08:30:00.000000Z'],
    ['2026-11-01T08:30:15+02:00', '2026-11-01T06:30:15.000000Z'],
  ])('reads %s as %s', async (given, since) => {
    expect(await read(['--since', given])).toMatchObject({ since });
  });

  it.each([
    [['--since', 'yesterday'], /^--since must be a day such as 2026-11-01/],
    [['--since'], /^Missing value: --since <day>\. Run "npm run backfill -- --help"/],
    [['--since', '--dry-run'], /^Missing value: --since <day>\./],
    [['--sandbox'], /^--sandbox only works with --token/],
    [['--dry-run', '--restart'], /^A dry run starts over anyway/],
    [
      ['--dryrun'],
      /^Unknown option '--dryrun'\. Did you mean --dry-run\? Run "npm run backfill -- --help" for usage/,
    ],
    [['staging'], /^Unexpected "staging"\. Usage: npm run backfill\.$/],
  ])('%j gets a sentence', async (args, sentence) => {
    await expect(read(args)).rejects.toThrow(Advice);
    await expect(read(args)).rejects.toThrow(sentence);
  });
});
