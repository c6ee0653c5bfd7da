import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { localIdentities, templateOf } from '#infra/local/assembly/template.ts';
import type { FunctionSpec } from '#infra/local/lambda/lambda-function.ts';
import { functionEnvironment } from '#infra/local/lambda/local-functions.ts';

/** A folder of its own, gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'polar-audience-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A function with this module as its bundle, in the environment that the local stack gives. */
export async function functionInAFolder(
  code: string,
  overrides: Partial<FunctionSpec> = {},
): Promise<FunctionSpec & { output: string[] }> {
  const bundle = await temporaryFolder();
  await writeFile(join(bundle, 'index.mjs'), code);
  const output: string[] = [];
  return {
    logicalId: 'Tested',
    arn: 'arn:aws:lambda:us-east-1:000000000000:function:tested',
    bundle,
    timeoutSeconds: 10,
    environment: testedEnvironment(),
    onOutput: (_, line) => output.push(line),
    output,
    ...overrides,
  };
}

const refusing = 'http://127.0.0.1:9';

export function testedEnvironment(): Record<string, string> {
  const template = templateOf('Stack', {
    Resources: {
      Tested: {
        Type: 'AWS::Lambda::Function',
        Properties: {
          Handler: 'index.handler',
          MemorySize: 256,
          Environment: { Variables: { EVENTS_TABLE: { Ref: 'Events' } } },
        },
      },
      Events: { Type: 'AWS::DynamoDB::Table' },
    },
  });
  const identities = localIdentities(template, { sqs: refusing, http: refusing });
  const [tested] = identities.ofType('AWS::Lambda::Function');
  if (!tested) throw new Error('The template has no function.');
  const endpoints = { dynamodb: refusing, sqs: refusing, secretsManager: refusing };
  return functionEnvironment(tested, identities, endpoints);
}
