import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { workflowFolder } from '#infra/commands/workflows/files/folder.ts';
import { Advice } from '#infra/terminal/advice.ts';

let root: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'workflow-folder-'));
  folder = join(root, 'flows');
  onTestFinished(() => rm(root, { recursive: true }));
});

const file = (workflowId: string, name = 'A') => ({
  workflowId,
  text: `---\nversion: 1\nname: ${name}\nsteps: []\n---\n`,
});

it('makes the folder, writes what differs, and reads it again in the order of ids', async () => {
  const files = [file('a-1'), file('b-2')];
  expect(await workflowFolder(folder).write([...files].reverse())).toEqual(['b-2', 'a-1']);
  expect(await workflowFolder(folder).read()).toEqual(files);
  expect(await workflowFolder(folder).write([file('a-1'), file('b-2', 'B')])).toEqual(['b-2']);
  expect((await readdir(folder)).sort()).toEqual(['a-1.md', 'b-2.md']);
});

it('reads workflows only', async () => {
  await workflowFolder(folder).write([file('a-1')]);
  await writeFile(join(folder, 'README.md'), 'Ours');
  await writeFile(join(folder, 'notes.txt'), 'Ours');
  await mkdir(join(folder, 'more'));
  expect(await workflowFolder(folder).read()).toEqual([file('a-1')]);
  await writeFile(join(folder, 'My flow.md'), 'x');
  await expect(workflowFolder(folder).read()).rejects.toThrow(/Rename it/);
});

it('overwrites no file of others, and then writes none at all', async () => {
  await mkdir(folder);
  await writeFile(join(folder, 'b-2.md'), '---\nname: Mine\n---\n');
  const writing = workflowFolder(folder).write([file('a-1'), file('b-2')]);
  await expect(writing).rejects.toThrow(
    /b-2\.md was not written by "export", so nothing was written/,
  );
  expect(await readdir(folder)).toEqual(['b-2.md']);
});

it('overwrites its own file also where somebody broke it', async () => {
  await mkdir(folder);
  await writeFile(join(folder, 'a-1.md'), '---\nversion: 1\nname: [\n---\n');
  expect(await workflowFolder(folder).write([file('a-1')])).toEqual(['a-1']);
});

it('follows no link, neither reading nor writing', async () => {
  await mkdir(folder);
  const secret = join(root, 'secret.md');
  const { text } = file('secret');
  await writeFile(secret, text);
  await symlink(secret, join(folder, 'a-1.md'));
  await expect(workflowFolder(folder).read()).rejects.toThrow(Advice);
  await expect(workflowFolder(folder).write([file('a-1', 'B')])).rejects.toThrow(
    /is no file of its/,
  );
  await workflowFolder(folder).note(file('a-1', 'B'));
  expect((await lstat(join(folder, 'a-1.md'))).isFile()).toBe(true);
  expect(await readFile(secret, 'utf8')).toBe(text);

  await symlink(folder, join(root, 'link'));
  await expect(workflowFolder(join(root, 'link')).write([file('a-1')])).rejects.toThrow(
    /is a link/,
  );
});

it('writes nothing outside the folder', async () => {
  await expect(workflowFolder(folder).write([file('../a-1')])).rejects.toThrow(
    /cannot be the name/,
  );
  expect(await readdir(root)).toEqual([]);
});

it('says that there is no folder', async () => {
  await expect(workflowFolder(folder).read()).rejects.toThrow(
    /^There is no folder .* export <folder>$/,
  );
});
