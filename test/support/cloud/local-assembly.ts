import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { inject } from 'vitest';
import { synthesise } from '#infra/local/assembly/synthesis.ts';

/**
 * The cloud assembly that `npm start` runs, made by the first test file of a run that asks for it: the others wait.
 * Fails where that one failed.
 */
export async function localAssembly(): Promise<string> {
  const directory = join(inject('sharedDirectory'), 'assembly');
  const [done, failed] = [`${directory}.done`, `${directory}.failed`];
  const isFirst = await mkdir(directory).then(
    () => true,
    () => false,
  );
  if (isFirst) {
    try {
      await synthesise(directory);
      await writeFile(done, '');
    } catch (error) {
      await writeFile(failed, '');
      throw error;
    }
  }
  while (!existsSync(done)) {
    if (existsSync(failed)) throw new Error('The assembly could not be made; see the other test.');
    await setTimeout(100);
  }
  return directory;
}
