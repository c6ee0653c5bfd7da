import { describe, expect, it } from 'vitest';
import { actsCommand } from '#infra/commands/acts.ts';
import { audienceCommand } from '#infra/commands/audience/audience.ts';
import { commands } from '#infra/commands/commands.ts';
import { connectCommand } from '#infra/commands/connect/connect.ts';
import { consoleCommand } from '#infra/commands/console-door/console.ts';
import { deadLettersCommand } from '#infra/commands/dead-letters/dead-letters.ts';
import { emailsCommand } from '#infra/commands/emails/emails.ts';
import { migrateCommand } from '#infra/commands/migrate.ts';
import { runsCommand } from '#infra/commands/runs.ts';
import { brandCommand } from '#infra/commands/settings/brand.ts';
import { settingsCommand } from '#infra/commands/settings/settings.ts';
import { statusCommand } from '#infra/commands/status/status.ts';
import { whyCommand } from '#infra/commands/why/why.ts';
import { workflowsCommand } from '#infra/commands/workflows/workflows.ts';
import { Advice } from '#infra/terminal/advice.ts';
import type { StackCommand } from '#infra/terminal/command-line.ts';
import { wordsRead } from '#test/support/words-read.ts';
import packageFile from '../../../../package.json' with { type: 'json' };

const ledgerKey = `-${'x-_9'.repeat(10)}AB`;

type Act = (options: unknown) => void;

const words: Readonly<Record<string, (command: StackCommand, act: Act) => void>> = {
  acts: actsCommand,
  audience: audienceCommand,
  connect: (command, act) => connectCommand(command, act, {}),
  console: consoleCommand,
  deadletters: deadLettersCommand,
  emails: emailsCommand,
  migrate: migrateCommand,
  brand: brandCommand,
  runs: runsCommand,
  settings: settingsCommand,
  status: statusCommand,
  why: whyCommand,
  workflows: workflowsCommand,
};

function read(line: string | readonly string[]): Promise<unknown> {
  const [name = '', ...args] = typeof line === 'string' ? line.split(' ') : line;
  const add = words[name];
  if (!add) throw new Error(`No command ${name}`);
  return wordsRead(name, add, args);
}

describe('a command line', () => {
  it.each([
    ['audience export --group Even', { filter: { group: 'Even' }, file: undefined }],
    [
      'audience edit a@example.com --name Ada --external-id u1 --clear group --dry-run',
      {
        ...{ verb: 'edit', address: 'a@example.com', isDryRun: true, isSure: false },
        edits: [
          { field: 'firstName', value: 'Ada' },
          { field: 'lastName', value: null },
          { field: 'externalId', value: 'u1' },
          { field: 'userGroup' },
        ],
      },
    ],
    [
      'audience export --consent unsubscribed --output a.csv --stage test',
      { filter: { isSubscribed: false }, file: 'a.csv', target: { stage: 'test' } },
    ],
    [
      'connect --token - --sandbox --organization northlight',
      { verb: 'connect', token: '-', server: 'sandbox', organization: 'northlight' },
    ],
    ['connect --disconnect --yes --local', { verb: 'disconnect', target: { local: true } }],
    ['connect --drop-previous', { verb: 'drop-previous' }],
    ['connect --accept-emails', { verb: 'accept-emails' }],
    ['connect --emails-off a,b', { verb: 'emails-off', keys: ['a', 'b'] }],
    ['connect --emails-on a', { verb: 'emails-on', keys: ['a'] }],
    ['console', { port: 4747, opens: true }],
    ['console --port 5000 --no-open --region eu-west-1', { port: 5000, opens: false }],
    ['migrate', { isDryRun: false, isSure: false, reveal: false, json: false }],
    ['migrate --dry-run --reveal --stage test', { isDryRun: true, target: { stage: 'test' } }],
    ['migrate --yes --json', { isSure: true, json: true }],
    ['deadletters list', { verb: 'list', limit: 50, queues: ['events', 'mail', 'feedback'] }],
    ['deadletters list --queue mail --limit 7', { queues: ['mail'], limit: 7 }],
    ['deadletters --queue mail list', { queues: ['mail'], limit: 50 }],
    [`deadletters show ${ledgerKey} --reveal`, { verb: 'show', id: ledgerKey, reveal: true }],
    ['deadletters resend --all', { verb: 'resend', choice: { kind: 'all' } }],
    ['deadletters resend evt-1 --local', { choice: { kind: 'id', id: 'evt-1' } }],
    [
      'deadletters resend --reason away',
      { choice: { kind: 'filter', filter: { reason: 'away' } } },
    ],
    [
      'deadletters discard evt-1 --yes',
      { verb: 'discard', choice: { kind: 'id', id: 'evt-1' }, yes: true },
    ],
    [
      'deadletters discard --type order.paid --older-than 7d --queue events',
      { choice: { filter: { type: 'order.paid', olderThanMs: 604_800_000 } }, queues: ['events'] },
    ],
    ['deadletters put-back a.json', { verb: 'put-back', file: 'a.json' }],
    ['emails list', { verb: 'list', limit: 50, filter: {} }],
    [
      'emails list --state unknown --workflow welcome-1 --limit 7',
      { limit: 7, filter: { state: 'unknown', workflowId: 'welcome-1' } },
    ],
    ['emails list --state held', { filter: { state: 'held' } }],
    [`emails show ${ledgerKey} --local`, { verb: 'show', ledgerKey, target: { local: true } }],
    [`emails --stage test mark-sent ${ledgerKey}`, { ledgerKey, target: { stage: 'test' } }],
    ['emails release --stage test', { verb: 'release', target: { stage: 'test' } }],
    ['brand show --json', { verb: 'show', json: true }],
    ['brand set name Northlight', { verb: 'set', field: 'name', value: 'Northlight' }],
    ['brand clear --stage test', { verb: 'clear', target: { stage: 'test' } }],
    ['brand history', { verb: 'history', limit: 50 }],
    ['brand restore 2', { verb: 'restore', version: 2 }],
    [`runs show ${ledgerKey} --json`, { verb: 'show', runId: ledgerKey, json: true }],
    [`runs stop ${ledgerKey} --yes --local`, { verb: 'stop', yes: true, runId: ledgerKey }],
    ['settings show', { verb: 'show' }],
    ['settings history --limit 3 --json', { verb: 'history', limit: 3, json: true }],
    ['settings restore 7', { verb: 'restore', version: 7 }],
    ['status', { json: false }],
    ['status --json --stage test', { json: true, target: { stage: 'test' } }],
    ['settings set newContacts subscribed', { path: 'newContacts', value: 'subscribed' }],
    [`why ${ledgerKey} --stage staging`, { about: ledgerKey, target: { stage: 'staging' } }],
    ['why a@example.com --reveal', { about: 'a@example.com', reveal: true }],
    [
      'workflows test welcome --to you@example.com --stage staging',
      { verb: 'test', word: 'welcome', to: 'you@example.com', target: { stage: 'staging' } },
    ],
    ['workflows add', { verb: 'add', word: '' }],
    ['connect --status --json', { verb: 'status', json: true }],
    ['deadletters list --json --reveal', { json: true, reveal: true }],
    ['emails list', { json: false }],
    [`emails show ${ledgerKey} --json`, { ledgerKey, json: true }],
    ['settings show --json', { json: true }],
    ['workflows show receipt --json', { word: 'receipt', json: true }],
    ['workflows remove welcome --yes', { verb: 'remove', yes: true }],
    ['workflows show receipt --version 2', { verb: 'show', word: 'receipt', version: 2 }],
    ['runs stop --workflow dunning', { verb: 'stop-all', word: 'dunning', yes: false }],
    ['workflows runs dunning --limit 7', { verb: 'runs', word: 'dunning', limit: 7 }],
    ['workflows edit receipt', { verb: 'edit', word: 'receipt' }],
    ['workflows history', { verb: 'history', word: undefined, json: false }],
    ['workflows history receipt --json', { verb: 'history', word: 'receipt', json: true }],
    ['workflows export flows', { verb: 'export', folder: 'flows' }],
    ['workflows plan flows --json', { verb: 'plan', folder: 'flows', json: true }],
    [
      'workflows apply flows --plan 0123456789ab-0123456789ab --yes',
      { verb: 'apply', folder: 'flows', plan: '0123456789ab-0123456789ab', yes: true },
    ],
    [
      'workflows restore receipt 2',
      { verb: 'restore', word: 'receipt', version: 2, stopWaiting: false },
    ],
    ['workflows edit receipt --stop-waiting', { verb: 'edit', stopWaiting: true }],
    ['workflows test dunning --to a@b.example --step day-3', { verb: 'test', step: 'day-3' }],
  ])('npm run %s is understood', async (line, expected) => {
    expect(await read(line)).toMatchObject(expected);
  });

  it('of npm run connect takes the token from the environment too', async () => {
    const connect = (command: StackCommand, act: Act) =>
      connectCommand(command, act, { POLAR_TOKEN: 'polar_oat_x' });
    expect(await wordsRead('connect', connect, [])).toMatchObject({
      verb: 'connect',
      token: 'polar_oat_x',
    });
    expect(await wordsRead('connect', connect, ['--status'])).toMatchObject({ verb: 'status' });
  });

  it.each([
    'audience',
    'brand',
    'connect',
    'deadletters',
    'emails',
    'runs',
    'settings',
    'why',
    'workflows',
  ])('npm run %s alone gets the help', async (name) => {
    expect(await read(name)).toMatch(new RegExp(`^Usage: npm run ${name} -- `));
  });

  it.each(Object.entries(commands))('npm run %s shows what it takes', async (name, { load }) => {
    const words = await load();
    const help = await wordsRead(name, words, ['--stage', 'prod', '--help']);
    expect(help).toMatch(new RegExp(`^Usage: npm run ${name} -- `));
    expect(help).toMatch(/^ {2}--stage <stage> /m);
  });

  it('has an npm script for each command, of the same name', () => {
    const scripts = Object.entries(packageFile.scripts).flatMap(([script, line]) =>
      line.startsWith('node infra/cli.cjs ') ? [[script, line]] : [],
    );
    expect(Object.fromEntries(scripts)).toEqual(
      Object.fromEntries(Object.keys(commands).map((name) => [name, `node infra/cli.cjs ${name}`])),
    );
  });

  it('of the log names the page of the console that shows it, too', async () => {
    expect(await read('acts --help')).toContain('The console shows the same on its page Log.');
  });

  it('of one verb has a help of its own', async () => {
    const help = await read('workflows test --help');
    expect(help).toMatch(/^Usage: npm run workflows -- test \[options\] <id>\n/);
    expect(help).toMatch(/^ {2}--to <address> /m);
  });
});

const seeHelp = (name: string) => `Run "npm run ${name} -- --help" for usage.`;

describe('one sentence says what is wrong with', () => {
  it.each([
    ['audience import', /^Unknown command "import"\. Did you mean "export"\?/],
    ['audience edit a@example.com', /^Nothing to change\. Pass /],
    [
      'audience edit a@example.com --clear group,age',
      /^--clear must be one of name, first-name, .*"age"/,
    ],
    [
      'audience export --consent maybe',
      /^--consent must be subscribed or unsubscribed, not "maybe"/,
    ],
    ['audience export now', /^Unexpected "now"\. Usage: npm run audience -- export\.$/],
    [
      'audience export --grup x',
      /^Unknown option '--grup'\. Did you mean --group\? Run "npm run aud/,
    ],
    ['connect --status --disconnect', /^Pass only one of --token, --status/],
    ['connect --status --token x', /^Pass only one of --token, --status/],
    ['connect --emails-off a --status', /^Pass only one of --token, --status/],
    ['connect --drop-previous --repair', /^Pass only one of --token, --status/],
    ['connect --stage staging', /^Pass a Polar organization access token/],
    ['connect --disconnect --json', /^--json only works with --status\.$/],
    ['connect --tokens x', /^Unknown option '--tokens'\. Did you mean --token\?/],
    ['connect polar_oat_x', /^Unexpected "polar_oat_x"\. Usage: npm run connect\.$/],
    ['console --port many', /^--port must be a whole number from 1 to 65535, not "many"\.$/],
    ['console --opne', /^Unknown option '--opne'\. .*"npm run console -- --help"/],
    ['deadletters resend', /^Say the id as well/],
    ['deadletters resend evt-1 --all', /^Say one of an id, --all, and a filter/],
    ['deadletters resend --all --reason x', /^Say one of an id, --all, and a filter/],
    ['deadletters list --queue orders', /^--queue must be one of events, mail, feedback/],
    ['deadletters discard', /^Say the id as well, or a filter/],
    ['deadletters discard --older-than week', /^--older-than is a time such as 90m/],
    ['deadletters list --limit 0', /^--limit must be/],
    [
      'deadletters purge',
      /^Unknown command "purge"\. Use one of list, show, resend, discard, put-back\./,
    ],
    ['emails list --state lost', /^--state must be one of/],
    ['emails list --limit all', /^--limit must be a whole/],
    ['emails hold', /^Missing <why>\. Usage: npm run emails -- hold <why>$/],
    ['emails hold ', /^Pass a reason: npm run emails -- hold "wrong prices"$/],
    ['emails hold wrong prices', /Put quotes around a value with spaces\.$/],
    [
      'emails mark-sent',
      /^Missing <ledger key>\. Usage: npm run emails -- mark-sent <ledger key>$/,
    ],
    [
      'settings set postalAddress Shop, Street',
      /Unexpected "Street"\. Usage: npm run settings -- set <path> <value>\. Put quotes around/,
    ],
    [
      'runs dunning',
      /^Unknown command "dunning"\. Use one of show, stop\. To see a workflow's runs: npm run workflows -- runs dunning\. Run "npm run runs -- --help"/,
    ],
    ['runs no:id', /To see a workflow's runs: npm run workflows -- runs <id>\./],
    ['runs shwo', /^Unknown command "shwo"\. Did you mean "show"\? Run "npm run runs -- --help"/],
    ['runs stop', /^Pass what to stop: a run id, or --workflow with a workflow id\.$/],
    ['runs stop run --workflow dunning', /^Pass what to stop: /],
    ['settings restore', /^Missing <version>\. Usage: npm run settings -- restore <version>$/],
    ['settings restore last', /^The version must be a whole number from 0/],
    ['why --local', /^Say what about/],
    [
      'why ',
      /^Say what about: an address, a webhook id, a ledger key, or the id of a run, a customer or a contact\./,
    ],
    ['why a b', /^Unexpected "b"\. /],
    [
      'workflows activte x',
      /^Unknown command "activte"\. Did you mean "activate"\? Run "npm run w/,
    ],
    [
      'workflows restore a',
      /^Missing <version>\. Usage: npm run workflows -- restore <id> <version>$/,
    ],
    ['workflows apply flows', /^Say which plan: --plan with the id that "plan" printed/],
    ['workflows apply flows --plan x', /^--plan takes the id that "npm run workflows/],
    ['workflows restore a b', /^The version must be a whole number from 1/],
    ['workflows show', /^Missing <id>\. Usage: npm run workflows -- show <id>$/],
    ['workflows show a b', /^Unexpected "b"\. /],
    ['workflows test a', /^Say whom to send the test to/],
    ['workflows test a --to b', /^--to: Enter an email address, such as you@example\.com\.$/],
    ['workflows test a --to b@c', /^--to: Enter the whole domain: “c” has no dot/],
    ['workflows test a --to', /^Missing value: --to <address>\./],
    ['workflows list --stage --local', /^Missing value: --stage <stage>\./],
  ])('npm run %s', async (line, sentence) => {
    await expect(read(line)).rejects.toThrow(Advice);
    await expect(read(line)).rejects.toThrow(sentence);
  });

  it('npm run workflows with an option that there is not', async () => {
    const sentence = `Unknown option '--everything'. ${seeHelp('workflows')}`;
    await expect(read('workflows list --everything')).rejects.toThrow(new Advice(sentence));
  });

  it('npm run deadletters with an empty reason', async () => {
    const line = ['deadletters', 'resend', '--reason', ''];
    await expect(read(line)).rejects.toThrow(/^Say a part of the reason/);
  });
});
