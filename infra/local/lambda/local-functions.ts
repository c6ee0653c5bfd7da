import { devNull } from 'node:os';
import type { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import type { Identities, Resource, Template } from '#infra/local/assembly/template.ts';
import type { LocalClock } from '#infra/local/clock/local-clock.ts';
import type { HttpRoute } from '#infra/local/http/http-api.ts';
import { localRegion } from '#infra/local/local-account.ts';
import type { StandInForPolar } from '#infra/local/stand-in-for-polar.ts';
import { type EventSourceAtWork, startEventSource } from './event-source.ts';
import {
  type BundledFunction,
  type LambdaFunction,
  lambdaFunction,
  maxProcesses,
} from './lambda-function.ts';
import { type ScheduleAtWork, schedulesOf, startSchedule } from './schedules.ts';

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
    // As in AWS, each has credentials of its own: by them a test knows who made a call.
    AWS_ACCESS_KEY_ID: logicalId,
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

const codeSchema = z.object({
  Code: z.object({ S3Key: z.string() }),
  Timeout: z.number().default(3),
});

type FunctionSurroundings = Readonly<{
  endpoints: Endpoints;
  /** Variables beside those of the template and of Lambda. */
  environment: Readonly<Record<string, string>>;
  clock: LocalClock;
}>;

export type OnOutput = (logicalId: string, line: string) => void;

/** Every function of the stack, by ARN; each registers how to stop it. Its code is loaded when it is first called. */
export function bundledFunctions(
  { bundles }: Template,
  identities: Identities,
  { endpoints, environment, clock }: FunctionSurroundings,
  onOutput: OnOutput,
  toStop: (stop: () => Promise<void>) => void,
): ReadonlyMap<string, BundledFunction> {
  const bundled = (resource: Resource) => {
    const { logicalId, properties } = resource;
    const { Code, Timeout } = codeSchema.parse(properties);
    const bundle = bundles.get(Code.S3Key.replace(/\.zip$/, ''));
    if (bundle === undefined) throw new Error(`The assembly has no bundle for ${logicalId}.`);
    const arn = String(identities.resolve({ 'Fn::GetAtt': [logicalId, 'Arn'] }));
    const lambda = lambdaFunction({
      logicalId,
      arn,
      bundle,
      timeoutSeconds: Timeout,
      environment: { ...functionEnvironment(resource, identities, endpoints), ...environment },
      ...{ onOutput, clock },
    });
    toStop(lambda.stop);
    return [arn, lambda] as const;
  };
  return new Map(identities.ofType('AWS::Lambda::Function').map(bundled));
}

const mappingSchema = z.object({
  FunctionName: z.string(),
  EventSourceArn: z.string(),
  BatchSize: z.number().default(10),
  Enabled: z.boolean().default(true),
  FunctionResponseTypes: z.array(z.string()).default([]),
  ScalingConfig: z.object({ MaximumConcurrency: z.number() }).exactOptional(),
  FilterCriteria: z
    .undefined('The local stack knows no filters of event source mappings.')
    .optional(),
});

/** Starts every event source mapping of the stack; each registers how to stop it. */
export function startEventSources(
  identities: Identities,
  lambdas: ReadonlyMap<string, LambdaFunction>,
  sqs: SQSClient,
  onOutput: OnOutput,
  toStop: (stop: () => Promise<void>) => void,
): readonly EventSourceAtWork[] {
  const queueUrls = new Map(
    identities.ofType('AWS::SQS::Queue').map(({ logicalId }) => {
      const arn = String(identities.resolve({ 'Fn::GetAtt': [logicalId, 'Arn'] }));
      return [arn, String(identities.resolve({ Ref: logicalId }))];
    }),
  );
  const looping = new Set(
    identities
      .ofType('AWS::Lambda::Function')
      .filter(({ properties }) => properties['RecursiveLoop'] === 'Allow')
      .map(({ logicalId }) => String(identities.resolve({ 'Fn::GetAtt': [logicalId, 'Arn'] }))),
  );
  const sources: EventSourceAtWork[] = [];
  for (const { logicalId, properties } of identities.ofType('AWS::Lambda::EventSourceMapping')) {
    const mapping = mappingSchema.parse(properties);
    const queueUrl = queueUrls.get(mapping.EventSourceArn);
    const [functionArn, lambda] = functionNamed(lambdas, mapping.FunctionName) ?? [];
    if (queueUrl === undefined || !lambda || functionArn === undefined)
      throw new Error(`${logicalId} joins nothing known.`);
    if (!mapping.Enabled) continue;
    const source = {
      queueUrl,
      queueArn: mapping.EventSourceArn,
      functionArn,
      mayLoop: looping.has(functionArn),
      batchSize: mapping.BatchSize,
      concurrency: Math.min(
        maxProcesses,
        mapping.ScalingConfig?.MaximumConcurrency ?? maxProcesses,
      ),
      reportsItemFailures: mapping.FunctionResponseTypes.includes('ReportBatchItemFailures'),
    };
    const onProblem = (message: string) => onOutput(logicalId, message);
    const started = startEventSource(source, { sqs, lambda, onProblem });
    toStop(started.stop);
    sources.push(started);
  }
  return sources;
}

/** Starts every schedule of the stack; each registers how to stop it. */
export function startSchedules(
  identities: Identities,
  lambdas: ReadonlyMap<string, LambdaFunction>,
  clock: LocalClock,
  onOutput: OnOutput,
  toStop: (stop: () => Promise<void>) => void,
  minuteMs?: number,
): readonly ScheduleAtWork[] {
  return schedulesOf(identities, minuteMs).map(({ functionArn, ...schedule }) => {
    const [, lambda] = functionNamed(lambdas, functionArn) ?? [];
    if (!lambda) throw new Error(`A schedule leads to no function, but to ${functionArn}.`);
    const onProblem = (message: string) => onOutput('Schedule', message);
    const started = startSchedule(schedule, { lambda, onProblem, clock });
    toStop(started.stop);
    return started;
  });
}

/** A function with its ARN, by its name or its ARN. */
function functionNamed(
  lambdas: ReadonlyMap<string, LambdaFunction>,
  nameOrArn: string,
): readonly [arn: string, lambda: LambdaFunction] | undefined {
  return [...lambdas].find(([arn]) => arn === nameOrArn || arn.endsWith(`:${nameOrArn}`));
}

const routeSchema = z.object({
  RouteKey: z.string(),
  Target: z.string(),
  AuthorizationType: z.enum(['NONE', 'AWS_IAM']).default('NONE'),
});
const integrationSchema = z.object({
  IntegrationType: z.literal('AWS_PROXY'),
  IntegrationUri: z.string(),
  PayloadFormatVersion: z.literal('2.0'),
});

/** The functions behind the HTTP API, by route key. */
export function httpRoutes(
  identities: Identities,
  lambdas: ReadonlyMap<string, LambdaFunction>,
): ReadonlyMap<string, HttpRoute> {
  const integrations = new Map(
    identities
      .ofType('AWS::ApiGatewayV2::Integration')
      .map(({ logicalId, properties }) => [logicalId, integrationSchema.parse(properties)]),
  );
  return new Map(
    identities.ofType('AWS::ApiGatewayV2::Route').map(({ logicalId, properties }) => {
      const { RouteKey, Target, AuthorizationType } = routeSchema.parse(properties);
      const integration = integrations.get(Target.replace('integrations/', ''));
      const [, lambda] = (integration && functionNamed(lambdas, integration.IntegrationUri)) ?? [];
      if (!lambda) throw new Error(`The route ${logicalId} leads to no function.`);
      return [RouteKey, { lambda, isPublic: AuthorizationType === 'NONE' }];
    }),
  );
}
