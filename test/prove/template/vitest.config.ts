import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('../../../', import.meta.url));
process.env['CDK_VALIDATION'] ??= 'false';

/** For the tests of the template alone, which need neither emulators nor what is made once per run. */
export default defineConfig({
  root,
  test: {
    include: ['test/stack/infra/constructs/*.test.ts'],
    experimental: { viteModuleRunner: false, nodeLoader: false },
    isolate: false,
    maxWorkers: 1,
    bail: 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
