import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { commands } from '#infra/commands/commands.ts';
import { Advice, withAdvice } from '#infra/terminal/advice.ts';
import { runProgram, stackCommands } from '#infra/terminal/command-line.ts';
import { startCloudFormation } from '#test/support/cloud/cloud-formation.ts';

/** Of each command one that looks and, where there is one, one that changes something. */
const lines: Readonly<Record<string, readonly string[]>> = {
  acts: ['acts'],
  audience: [
    'audience export',
    'audience export --json',
    'audience edit a@b.example --group x --yes',
  ],
  brand: ['brand show --json', 'brand restore 1'],
  backfill: ['backfill', 'backfill --dry-run --json', 'backfill --restore'],
  connect: ['connect --status', 'connect --status --json', 'connect --repair'],
  console: ['console --no-open'],
  deadletters: ['deadletters list --json', 'deadletters resend --all'],
  emails: ['emails list --json', 'emails hold why', 'emails release'],
  migrate: ['migrate', 'migrate --dry-run'],
  recover: ['recover', 'recover --dry-run --json'],
  replay: ['replay --webhook evt-1 --dry-run --json', 'replay --webhook evt-1'],
  runs: ['runs show run-1 --json', 'runs stop run-1 --yes'],
  settings: ['settings show --json', 'settings restore 1'],
  status: ['status', 'status --json'],
  why: ['why evt-1 --json'],
  workflows: ['workflows list --json', 'workflows history', 'workflows pause receipt'],
};
const all = Object.keys(commands).flatMap((name) => lines[name] ?? [`${name} is missing here`]);

let cloudFormation: Awaited<ReturnType<typeof startCloudFormation>>;
const written: string[] = [];

beforeAll(async () => {
  cloudFormation = await startCloudFormation({});
});
afterAll(() => cloudFormation.stop());
beforeEach(() => {
  written.length = 0;
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  }
  vi.stubEnv('npm_lifecycle_event', undefined);
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ENDPOINT_URL', cloudFormation.endpoint);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** What a command throws; the person sees it and nothing else. */
async function failureOf(line: string): Promise<unknown> {
  const args = [...line.split(' '), '--stage', 'nowhere'];
  const failure = await withAdvice(() => runProgram(stackCommands(commands), args)).catch(
    (error: unknown) => error,
  );
  expect(written).toEqual([]);
  return failure;
}

function expectSentence(failure: unknown, sentence: RegExp): void {
  if (!(failure instanceof Advice)) throw new Error('It is no sentence.', { cause: failure });
  expect(failure.message).toMatch(sentence);
  expect(failure.message).not.toContain('\n');
}

describe('one sentence, and nothing else, comes of', () => {
  it.each(all)('npm run %s, for a stage that there is not', async (line) => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
    expectSentence(await failureOf(line), /^There's no stack PolarAudience-nowhere in eu-west-1/);
  });

  it.each(all)('npm run %s, without credentials', async (line) => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
    vi.stubEnv('AWS_PROFILE', 'prodd');
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
    expectSentence(await failureOf(line), /^No usable AWS credentials /);
  });
});
