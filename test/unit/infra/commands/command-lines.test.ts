import { expect, test } from 'vitest';
import { emailsOptions } from '#infra/commands/emails.ts';
import { settingsOptions } from '#infra/commands/settings.ts';
import { workflowsOptions } from '#infra/commands/workflows/workflows.ts';
import { Advice } from '#infra/terminal/advice.ts';
import { columns } from '#infra/terminal/lines.ts';

test.each([
  ['npm run workflows', workflowsOptions],
  ['npm run emails', emailsOptions],
  ['npm run settings', settingsOptions],
])('%s alone, and with --help, asks for help', (_, options) => {
  expect(options([])).toBeUndefined();
  expect(options(['--help'])).toBeUndefined();
  expect(options(['list', '--stage', 'prod', '--help'])).toBeUndefined();
});

test('npm run workflows reads a verb, what it is about and its options', () => {
  const args = ['test', 'welcome', '--to', 'you@example.com', '--stage', 'staging'];
  expect(workflowsOptions(args)).toMatchObject({
    verb: 'test',
    word: 'welcome',
    to: 'you@example.com',
    target: { stage: 'staging' },
  });
  expect(workflowsOptions(['remove', 'welcome', '--yes'])).toMatchObject({ yes: true });
});

test('a ledger key that begins with a hyphen is no option', () => {
  const ledgerKey = `-${'x-_9'.repeat(10)}AB`;
  expect(ledgerKey).toHaveLength(43);
  expect(emailsOptions(['show', ledgerKey, '--local'])).toMatchObject({
    verb: 'show',
    ledgerKey,
    target: { local: true },
  });
});

test('npm run emails lists fifty unless told otherwise', () => {
  expect(emailsOptions(['list'])).toMatchObject({ limit: 50, filter: {} });
  expect(
    emailsOptions(['list', '--state', 'unknown', '--workflow', 'welcome-1', '--limit', '7']),
  ).toMatchObject({ limit: 7, filter: { state: 'unknown', workflowId: 'welcome-1' } });
});

test.each([
  ['an unknown verb', workflowsOptions, ['activte', 'x'], /^There is no "activte": it is one of/],
  ['a verb without its id', workflowsOptions, ['show'], /^Say the id as well: .* show <id>$/],
  ['a word too many', workflowsOptions, ['show', 'a', 'b'], /^"b" is one word too many/],
  ['a test for nobody', workflowsOptions, ['test', 'a'], /^Say whom to send the test to/],
  ['a test for no address', workflowsOptions, ['test', 'a', '--to', 'b'], /^Say whom to send/],
  ['an unknown option', workflowsOptions, ['list', '--all'], /^Unknown option '--all'\. "npm run/],
  ['a state that there is not', emailsOptions, ['list', '--state', 'lost'], /^--state is one of/],
  ['a limit that is none', emailsOptions, ['list', '--limit', 'all'], /^--limit must be a whole/],
  ['a verb of nothing', emailsOptions, ['mark-sent'], /^Say the ledger key as well/],
  [
    'a value without quotes',
    settingsOptions,
    ['set', 'postalAddress', 'Shop,', 'Street'],
    /"Street" is one word too many: .* Put quotes around/,
  ],
])('one sentence says what is wrong with %s', (_, options, args, sentence) => {
  expect(() => options(args)).toThrow(Advice);
  expect(() => options(args)).toThrow(sentence);
});

test('columns are as wide as their widest cell, and a cell cannot leave its line', () => {
  expect(
    columns([
      ['ID', 'NAME'],
      ['welcome-1', 'Grüße\n\u001b[31m!'],
    ]),
  ).toEqual(['ID         NAME', 'welcome-1  Grüße [31m!']);
});
