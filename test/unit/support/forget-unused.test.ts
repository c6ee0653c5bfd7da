import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { forgetUnused } from '#test/support/process/forget-unused.ts';
import { temporaryFolder } from '#test/support/process/function-in-a-folder.ts';

test('what was neither read nor written for so many days goes, and nothing else', async () => {
  const folder = await temporaryFolder();
  const inside = join(folder, 'v24');
  await mkdir(inside);
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);
  const files = { read: [1, 40], written: [40, 1], unused: [15, 40] } as const;
  for (const [name, [read, written]] of Object.entries(files)) {
    await writeFile(join(inside, name), '');
    await utimes(join(inside, name), daysAgo(read), daysAgo(written));
  }
  forgetUnused(folder, 14);
  expect((await readdir(inside)).sort()).toEqual(['read', 'written']);
});

test('a folder that is not there yet is left so', () => {
  expect(forgetUnused('/no/such/folder', 14)).toBeUndefined();
});
