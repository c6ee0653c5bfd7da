import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const cwd = fileURLToPath(new URL('../../..', import.meta.url));

async function run(...args: string[]) {
  const child = spawn(process.execPath, ['infra/cli.ts', ...args], { cwd });
  const [out, error, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { out, error, code };
}

describe('the command line', () => {
  it('lists its commands, or shows what one takes', async () => {
    const { out, error, code } = await run('help');
    expect({ error, code }).toEqual({ error: '', code: 0 });
    expect(out).toMatch(/^Usage: npm run <command> -- \[options\]\n/);
    expect(out).toMatch(/^ {2}why {2,}show what became of/m);
    expect(out).toContain('Exit codes: 0 done, 1 failed');
    expect(await run('help', 'emails', 'list')).toMatchObject({
      out: expect.stringMatching(/^Usage: npm run emails -- list \[options\]\n/),
      code: 0,
    });
  });

  it('says which command a mistyped one may mean', async () => {
    expect(await run('deadleters')).toEqual({
      out: '',
      error: 'Unknown command "deadleters". Did you mean "deadletters"?\n',
      code: 1,
    });
  });

  it('ends without a word when its reader has enough', async () => {
    const child = spawn(process.execPath, ['infra/cli.ts', '--help'], { cwd });
    child.stdout.destroy();
    const [error, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect({ error, code }).toEqual({ error: '', code: 141 });
  });
});
