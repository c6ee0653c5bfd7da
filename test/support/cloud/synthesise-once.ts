import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { stageTemplate } from './stage-stack.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The template of the stage `local`, without bundles. */
    stackTemplate: Record<string, unknown>;
    /** Where the first test that starts the whole stack puts the assembly for all of them. */
    sharedDirectory: string;
  }
}

/** Loading the CDK takes seconds, so it is done once for all the tests that only need the stack's tables. */
export default function setup({ provide }: TestProject): () => void {
  // Outside the project, so that a bundle finds no module that it would not have in AWS either.
  const directory = mkdtempSync(join(tmpdir(), 'polar-audience-test-'));
  // For the stacks that this process and the workers make.
  process.env['TEST_RUN_DIRECTORY'] = directory;
  provide('stackTemplate', stageTemplate({ stage: 'local' }).toJSON());
  provide('sharedDirectory', directory);
  return () => rmSync(directory, { recursive: true, force: true });
}
