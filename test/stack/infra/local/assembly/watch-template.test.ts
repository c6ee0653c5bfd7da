import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { watchTemplate } from '#infra/local/assembly/watch-sources.ts';
import { temporaryFolder } from '#test/support/process/function-in-a-folder.ts';

test('a change of what the template is made from says once that a restart is due', async () => {
  const infra = await temporaryFolder();
  await mkdir(join(infra, 'constructs'));
  await mkdir(join(infra, 'local'));
  const printed: string[] = [];
  onTestFinished(watchTemplate((line) => void printed.push(line), infra));
  await writeFile(join(infra, 'local', 'start.ts'), '');
  await writeFile(join(infra, 'constructs', 'worker.ts'), '1');
  await writeFile(join(infra, 'constructs', 'worker.ts'), '2');
  await writeFile(join(infra, 'polar-audience-stack.ts'), '');
  const due = (file: string) => `infra/${file} has changed. Restart to pick it up.`;
  const both = [due(join('constructs', 'worker.ts')), due('polar-audience-stack.ts')];
  await vi.waitFor(() => expect(printed).toEqual(both), 60_000);
});
