import { globSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType, DockerImage, type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Architecture,
  type AssetCode,
  Code,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { type BuildOptions, buildSync, type OutputFile } from 'esbuild';
import { bundleInto, bundling, isInParts } from '#shared/bundle/bundling.ts';

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
    code: bundled(name),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    loggingFormat: LoggingFormat.JSON,
    applicationLogLevelV2: ApplicationLogLevel.INFO,
    systemLogLevelV2: SystemLogLevel.WARN,
  });
}

/** A handler's bundle, made by esbuild itself: the CDK's own way starts `npx` for each function. */
function bundled(name: string): AssetCode {
  return Code.fromAsset(projectRoot, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never run: `local` gives a bundle or throws. But the CDK bundles once whatever has the same command.
      image: DockerImage.fromRegistry('none'),
      command: [name],
      local: {
        tryBundle(directory) {
          if (isInParts(name)) {
            buildSync({
              ...howBundled,
              entryPoints: [entryOf(name)],
              ...bundleInto(directory, name),
            });
            return true;
          }
          const own = allBundles().filter(({ path }) => basename(dirname(path)) === name);
          if (own.length === 0) throw new Error(`There is no ${entryOf(name)} to bundle.`);
          for (const { path, contents } of own) {
            writeFileSync(join(directory, basename(path)), contents);
          }
          return true;
        },
      },
    },
  });
}

const entryOf = (name: string) => `functions/${name}/handler.ts`;

const howBundled = {
  ...bundling,
  mainFields: [...bundling.mainFields],
  absWorkingDir: projectRoot,
  bundle: true,
  platform: 'node',
  logLevel: 'warning',
} satisfies BuildOptions;

let bundles: readonly OutputFile[] | undefined;

/** All handlers that are one file, in one go: esbuild then reads once what they share. */
function allBundles(): readonly OutputFile[] {
  bundles ??= buildSync({
    ...howBundled,
    entryPoints: globSync(entryOf('*'), { cwd: projectRoot })
      .map((file) => basename(dirname(file)))
      .filter((name) => !isInParts(name))
      .map((name) => ({ in: entryOf(name), out: join(name, 'index') })),
    outdir: 'cdk.out/bundles',
    outExtension: { '.js': '.mjs' },
    write: false,
  }).outputFiles;
  return bundles;
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
