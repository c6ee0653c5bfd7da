import { expect, it } from 'vitest';
import { recoverCommand } from '#infra/commands/recover/recover.ts';
import { Advice } from '#infra/terminal/advice.ts';
import { wordsRead } from '#test/support/words-read.ts';

const read = (args: readonly string[]) => wordsRead('recover', recoverCommand, args);

it('npm run recover takes the beginning of the gap and what need not arrive, and no more', async () => {
  expect(await read(['--since', '2026-11-01', '--local'])).toEqual({
    target: { local: true },
    since: '2026-11-01T00:00:00.000000Z',
    accept: [],
    acceptListed: false,
    yes: false,
    json: false,
    acceptDeletions: undefined,
    organization: undefined,
    isDryRun: false,
    applyLost: false,
  });
  expect(await read(['--apply-lost', '--accept-deletions', '12'])).toMatchObject({
    applyLost: true,
    acceptDeletions: 12,
  });
  expect(await read(['--dry-run'])).toMatchObject({ isDryRun: true });
  const accepting = ['--accept', 'evt-1', '--accept', 'listed', '--accept', 'evt-2', '--yes'];
  expect(await read(accepting)).toMatchObject({
    accept: ['evt-1', 'evt-2'],
    acceptListed: true,
    yes: true,
  });
  expect(await read(['--help'])).toMatch(/^Usage: npm run recover -- \[options\]\n/);
});

it.each([
  [['--accept', ''], /^--accept needs an event id/],
  [['--since', 'yesterday'], /^--since must be a day such as/],
  [['--dry-run', '--apply-lost'], /^A dry run changes nothing/],
  [['--accept-deletions', 'all'], /^--accept-deletions must be a number such as 12, not "all"/],
])('npm run recover %j gets a sentence', async (args, sentence) => {
  await expect(read(args)).rejects.toThrow(Advice);
  await expect(read(args)).rejects.toThrow(sentence);
});
