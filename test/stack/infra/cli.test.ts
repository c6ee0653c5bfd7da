import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import packageFile from '../../../package.json' with { type: 'json' };

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

/** The commands that have an npm script of their own. */
const commands = Object.entries(packageFile.scripts).flatMap(([script, line]) => {
  const command = /^node infra\/cli\.cjs (\S+)$/.exec(line)?.[1];
  return command === undefined ? [] : [{ script, command }];
});

describe('the command line', () => {
  it('has a script for each command, of the same name', async () => {
    const { out, code } = await run('--help');
    const listed = [...out.matchAll(/^ {2}([a-z]+) {2,}\S/gm)].map(([, name]) => name);
    expect(code).toBe(0);
    expect(commands.map(({ command }) => command).sort()).toEqual(listed.sort());
    expect(commands.every(({ script, command }) => script === command)).toBe(true);
  });

  it.each(commands)('shows what $command takes', async ({ command }) => {
    const { out, error, code } = await run(command, '--help');
    expect({ error, code }).toEqual({ error: '', code: 0 });
    expect(out).toContain(`npm run ${command}`);
  });

  it('says which command a mistyped one may mean', async () => {
    expect(await run('deadleters')).toEqual({
      out: '',
      error: 'There is no command "deadleters". Did you mean "deadletters"?\n',
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
