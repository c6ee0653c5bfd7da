import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { watchFolder } from '#infra/local/assembly/watch-folder.ts';
import { temporaryFolder } from '#test/support/process/function-in-a-folder.ts';

const patience = { timeout: 60_000 };

async function watched() {
  const outside = await temporaryFolder();
  const root = join(outside, 'sources');
  await mkdir(join(root, 'deep', 'down'), { recursive: true });
  const file = join(root, 'deep', 'down', 'file.ts');
  await writeFile(file, '0');
  const changed = new Set<string>();
  onTestFinished(watchFolder(root, (path) => void changed.add(path)));
  /** Does something, and waits until it is told. */
  const told = async (path: string, act: () => Promise<unknown>) => {
    changed.clear();
    await act();
    await vi.waitFor(() => expect(changed).toContain(path), patience);
  };
  const replaced = async () => {
    await writeFile(join(outside, 'new'), '1');
    await rename(join(outside, 'new'), file);
  };
  return { root, file, told, replaced };
}

test('a file that is replaced is told of each time, and so is what is written to it then', async () => {
  const { file, told, replaced } = await watched();
  await told(file, replaced);
  await told(file, replaced);
  await told(file, () => writeFile(file, '2'));
  await told(file, () => rm(file));
  await told(file, () => writeFile(file, '3'));
});

test('a folder that is new, or was made again, is watched as any other', async () => {
  const { root, file, told } = await watched();
  const added = join(root, 'added');
  await told(added, () => mkdir(added));
  await told(join(added, 'a.ts'), () => writeFile(join(added, 'a.ts'), ''));

  const deep = join(root, 'deep');
  await told(deep, () => rm(deep, { recursive: true }));
  await told(deep, () => mkdir(deep));
  const down = join(deep, 'down');
  await told(down, () => mkdir(down));
  await told(file, () => writeFile(file, '4'));
});

test('a folder that is not there is not watched', () => {
  const stop = watchFolder('/no/such/folder', () => undefined);
  expect(stop()).toBeUndefined();
});
