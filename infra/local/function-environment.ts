import { devNull } from 'node:os';
import * as z from 'zod';
import type { Identities } from './identities.ts';
import { localRegion } from './local-account.ts';
import type { StandInForPolar } from './stand-in-for-polar.ts';
import type { Resource } from './template.ts';

export type Endpoints = Readonly<{
  dynamodb: string;
  sqs: string;
  secretsManager: string;
  /** Absent: the stack sends no mail. */
  ses?: string | undefined;
  /** A stand-in for Polar; absent: Polar itself, which cannot be reached from here. */
  polar?: StandInForPolar | undefined;
}>;

const functionSchema = z.object({
  Handler: z.string(),
  MemorySize: z.number().default(128),
  Environment: z
    .object({ Variables: z.record(z.string(), z.string()).default({}) })
    .default({ Variables: {} }),
});

/**
 * Everything that a function process finds in its environment: the template's variables, Lambda's
 * own, and endpoints on this machine. Nothing of the person's shell, so no profile, credentials or
 * proxy of theirs.
 */
export function functionEnvironment(
  { logicalId, properties }: Resource,
  identities: Identities,
  endpoints: Endpoints,
): Record<string, string> {
  const { Handler, MemorySize, Environment } = functionSchema.parse(properties);
  const name = identities.nameOf(logicalId);
  return {
    ...Environment.Variables,
    _HANDLER: Handler,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_REGION: localRegion,
    AWS_DEFAULT_REGION: localRegion,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(MemorySize),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    TZ: 'UTC',
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoints.secretsManager,
    ...(endpoints.ses !== undefined && { AWS_ENDPOINT_URL_SESV2: endpoints.ses }),
    ...endpoints.polar,
    // Services without a stand-in: this one refuses what it does not know.
    AWS_ENDPOINT_URL: endpoints.secretsManager,
    // Without these the SDK looks for a home directory, and finds the person's profiles in it.
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
