import { expect, onTestFinished, test, vi } from 'vitest';
import { startLeashed } from '#infra/local/emulators/leashed-program.ts';
import { descendantsOf, isRunning } from '#test/support/process/process-tree.ts';

test('a program is up when it says so, finds nothing of the person’s shell, and ends when it is told to', async () => {
  vi.stubEnv('SMTP_TRANSPORT', '{"host":"mail.example.com"}');
  onTestFinished(() => void vi.unstubAllEnvs());
  const before = descendantsOf(process.pid);
  const code = `console.log('up with ' + JSON.stringify(process.env.SMTP_TRANSPORT ?? null) + '.');
    setInterval(() => console.log('up with chatter.'), 10);`;
  const started = await startLeashed([process.execPath, '-e', code], /up with .*\./);
  if (started.kind === 'failed') throw new Error(started.output);
  expect(started.match).toBe('up with null.');
  const added = descendantsOf(process.pid).filter((id) => !before.includes(id));
  await started.program.stop();
  expect(added.filter(isRunning)).toEqual([]);
  await started.program.stop();
});

test('a program that ends before it is up is reported with what it wrote', async () => {
  const code = 'console.error("no such file"); process.exit(3);';
  expect(await startLeashed([process.execPath, '-e', code], /up/)).toEqual({
    kind: 'failed',
    output: 'no such file\n',
  });
});
