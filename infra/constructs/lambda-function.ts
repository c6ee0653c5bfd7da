import { fileURLToPath } from 'node:url';
import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Architecture,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import { LogLevel, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { bundling } from '#shared/bundle/bundling.ts';

const aliases = Object.entries(bundling.alias).map(([name, path]) => `${name}=${path}`);
const outputFormats = { esm: OutputFormat.ESM };

const projectRoot = fileURLToPath(new URL('../../', import.meta.url));

type LambdaFunctionProps = {
  /** The folder under `functions/`, whose `handler.ts` exports `handler`. */
  name: string;
  description: string;
  timeout: Duration;
  memoryMb: number;
  /** Besides what tables, queues and secrets put there when they are given to it. */
  environment?: Record<string, string>;
  /**
   * It sends messages to the queue that feeds it, and that has an end. Lambda stops what looks like an endless loop
   * after about 16 rounds, unless it is told that it may go on.
   */
  isFedByItself?: true;
};

/** A function of this system. It may write to its own log group; everything else it must be allowed. */
export function lambdaFunction(
  scope: Construct,
  id: string,
  { name, memoryMb, isFedByItself, ...props }: LambdaFunctionProps,
): NodejsFunction {
  const logGroup = new LogGroup(scope, `${id}Logs`, {
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new Role(scope, `${id}Role`, {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
  });
  logGroup.grantWrite(role);
  return new NodejsFunction(scope, id, {
    ...props,
    ...(isFedByItself && { recursiveLoop: RecursiveLoop.ALLOW }),
    role,
    logGroup,
    memorySize: memoryMb,
    entry: `${projectRoot}functions/${name}/handler.ts`,
    projectRoot,
    depsLockFilePath: `${projectRoot}package-lock.json`,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    loggingFormat: LoggingFormat.JSON,
    applicationLogLevelV2: ApplicationLogLevel.INFO,
    systemLogLevelV2: SystemLogLevel.WARN,
    bundling: {
      format: outputFormats[bundling.format],
      target: bundling.target,
      mainFields: [...bundling.mainFields],
      minify: bundling.minify,
      sourceMap: bundling.sourcemap,
      sourcesContent: bundling.sourcesContent,
      // The version in the lock file, not whatever the runtime brings along today.
      bundleAwsSDK: true,
      esbuildArgs: { '--alias': aliases },
      forceDockerBundling: false,
      logLevel: LogLevel.WARNING,
    },
  });
}

/** Allows a function exactly these calls on exactly these resources. */
export function allow(
  lambda: NodejsFunction,
  actions: readonly string[],
  resources: readonly string[],
): void {
  lambda.addToRolePolicy(
    new PolicyStatement({
      effect: Effect.ALLOW,
      actions: [...actions],
      resources: [...resources],
    }),
  );
}
