import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('refuses to let the CDK deploy the stage of a laptop, whose tables nothing protects', () => {
  const { status, stderr } = spawnSync(process.execPath, ['infra/app.ts'], {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    env: {
      ...process.env,
      CDK_CLI_VERSION: '2.0.0',
      CDK_CONTEXT_JSON: JSON.stringify({ stage: 'local' }),
    },
    encoding: 'utf8',
  });

  expect(status).toBe(1);
  expect(stderr).toMatch(/^The stage local is the one on a laptop: .* -c stage=dev\.\n$/);
});
