import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { npmStart } from '#test/support/process/npm-start.ts';
import { typed } from '#test/support/process/typed-command.ts';

// Below the ports that systems hand out by themselves.
const port = 20_000 + (process.pid % 1_700) * 7;

let directory: string;
let stack: Awaited<ReturnType<ReturnType<typeof npmStart>['started']>>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'polar-audience-life-'));
  stack = await npmStart(directory).started(['--port', String(port), '--demo'], 'Read the mail at');
}, 600_000);

afterAll(async () => {
  stack?.child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true, maxRetries: 10 });
});

const run = (script: string, ...args: string[]) =>
  npmStart(directory).run(`infra/local/${script}`, args);

/** A command of the engineer's, about the stack that runs here. */
const command = (...words: string[]) =>
  typed(words, { POLAR_AUDIENCE_LOCAL: directory, HOME: directory });

test('days of a customer go by in seconds, and commands have the time of the stack', {
  timeout: 600_000,
}, async () => {
  const life = await run('polar.ts', 'life', 'onboarding', '--add');
  expect(life).toMatchObject({ code: 0, problems: '' });
  expect(life.output).toMatch(
    /^day {3}0 {2}mail {3}Welcome to Studio Monthly \(onboarding-\w+\)$/m,
  );
  const days = life.output.split('\n').filter((line) => /^day +[1-9]/.test(line));
  expect(days.map((line) => line.replace(/ \(onboarding-\w+\)$/, ''))).toEqual([
    'day   2  mail   How are you getting on with Studio Monthly?',
    'day   5  mail   What’s missing?',
    'day   5  run    done: all steps taken',
  ]);
  const acts = (await command('acts')).out;
  expect(acts).toContain('Add a workflow as a draft.');
  expect(acts).toContain('Activate a workflow.');
  expect(await run('polar.ts', 'order.paid')).toMatchObject({ code: 0 });
  expect(await run('clock.ts', '-1d')).toMatchObject({
    code: 1,
    problems: expect.stringMatching(/^The clock never goes back/),
  });
  expect((await command('emails', 'list')).out).toMatch(
    /^The local stack at \S+, its clock 6 days(?: \d+ minutes?)? ahead/,
  );
  const lately = await command('replay', '--since', '1h', '--dry-run');
  expect(lately.out).toMatch(/^1 event checked/m);
  expect((await run('clock.ts', '+2h')).output).toMatch(
    /, 6 days 2 hours(?: \d+ minutes?)? ahead\.\n$/,
  );
});
