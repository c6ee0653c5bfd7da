import { afterAll, vi } from 'vitest';

/** The test files of a worker share its process: each finds environment, mocks and clock as if it were the first. */
const environment = { ...process.env };

afterAll(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.useRealTimers();
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
});
