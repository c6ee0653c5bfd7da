import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { ended, npmStart } from '#test/support/process/npm-start.ts';

// Below the ports that systems hand out by themselves.
const port = 20_000 + (process.pid % 1_700) * 7;
const patience = { timeout: 120_000, interval: 50 };

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'polar-audience-start-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const run = (script: string, ...args: string[]) =>
  npmStart(directory).run(`infra/local/${script}`, args);

/** `npm start` with a demo, once it has printed this. */
async function started(until: string) {
  const stack = await npmStart(directory).started(['--port', String(port), '--demo'], until);
  onTestFinished(() => void stack.child.kill('SIGKILL'));
  return stack;
}

describe('npm start', { timeout: 600_000 }, () => {
  test('shows a purchase that becomes a contact and mail, takes webhooks, and ends with all it started', async () => {
    const { child, output, processes } = await started('Read the mail at');
    expect(output()).toContain(`http://127.0.0.1:${port}/webhooks/polar`);
    expect(output()).toContain(`Console    http://localhost:${port + 6}/console\n`);
    expect(output()).toMatch(/ {2}firstName +Ada\n/);
    expect(output()).toMatch(/customer\.created +(applied|unchanged)/);
    expect(output()).toMatch(/ {2}Welcome, Ada! +ada\+\w+@example\.com +sent, delivered\n/);
    expect(output()).toMatch(/ {2}Your receipt for .+ +ada\+\w+@example\.com +sent, delivered\n/);
    expect(output()).toMatch(/ mail +Welcome, Ada! → ada\+\w+@example\.com, sent\n/);
    expect(processes.length).toBeGreaterThanOrEqual(4);

    const purchase = await run('polar.ts', 'purchase', '--email', 'Grace@Example.com');
    expect(purchase).toMatchObject({ code: 0, problems: '' });
    expect(purchase.output.trim().split('\n').sort()).toEqual([
      expect.stringMatching(/^customer\.created +202 {2}Accepted/),
      expect.stringMatching(/^order\.paid +202 {2}Accepted/),
      expect.stringMatching(/^subscription\.active +202 {2}Accepted/),
      expect.stringMatching(/^subscription\.created +202 {2}Accepted/),
    ]);
    await vi.waitFor(
      () => expect(output().match(/202 accepted → \w+, grace@example\.com/g)).toHaveLength(4),
      patience,
    );
    expect(await run('polar.ts', 'order.paid', '--secret', 'whsec_d3Jvbmc=')).toMatchObject({
      code: 1,
      output: expect.stringMatching(/^order\.paid +401 {2}Not accepted/),
    });
    expect(await run('start.ts', '--port', String(port))).toEqual({
      code: 1,
      output: '',
      problems: `The local stack is already running (process ${child.pid}) and takes webhooks at http://127.0.0.1:${port}/webhooks/polar. Use that one, or stop it with Ctrl-C first.\n`,
    });

    child.kill('SIGINT');
    await ended(child, processes);
    expect(child.exitCode).toBe(0);
    expect(await run('polar.ts', 'purchase')).toMatchObject({
      code: 1,
      problems: expect.stringMatching(/^The local stack isn't running\. Start it with "npm start"/),
    });
  });
});
