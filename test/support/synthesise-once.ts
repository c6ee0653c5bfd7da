import type { TestProject } from 'vitest/node';
import { stageTemplate } from '#test/infra/stage-stack.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The template of the stage `local`, without bundles. */
    stackTemplate: Record<string, unknown>;
  }
}

/** Loading the CDK takes seconds, so it is done once for all the tests that only need the stack's tables. */
export default function setup({ provide }: TestProject): void {
  provide('stackTemplate', stageTemplate({ stage: 'local' }).toJSON());
}
