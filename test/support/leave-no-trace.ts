import { afterAll, vi } from 'vitest';

/** The test files of a worker share its process: each finds the environment and the clock as if it were the first. */
const environment = { ...process.env };

afterAll(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
});
