import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createTables, startDynamo } from '#infra/local/emulators/dynamo.ts';
import {
  fillSecrets,
  type SecretStore,
  secretStore,
  startSecretsManager,
  webhookSecret,
} from '#infra/local/emulators/secrets-manager.ts';
import { type LocalSes, sendsMail, startSes } from '#infra/local/emulators/ses.ts';
import { createQueues, startSqs } from '#infra/local/emulators/sqs.ts';
import { synthesise } from './assembly/synthesis.ts';
import { localIdentities, readTemplate } from './assembly/template.ts';
import { type LocalClock, localClock } from './clock/local-clock.ts';
import { moveOn } from './clock/move-on.ts';
import { whatIsDue, whenSettled } from './clock/settling.ts';
import { type Exchange, startHttpApi, startPages } from './http/http-api.ts';
import { freePort, requireFreePort, startGuardedProxy } from './http/loopback-server.ts';
import type { BundledFunction } from './lambda/lambda-function.ts';
import {
  bundledFunctions,
  httpRoutes,
  type OnOutput,
  startEventSources,
  startSchedules,
} from './lambda/local-functions.ts';
import { localClientConfig } from './local-account.ts';
import { type StandInForPolar, standInForPolar } from './stand-in-for-polar.ts';

export type Ports = Readonly<{
  http: number;
  dynamodb: number;
  sqs: number;
  secretsManager: number;
  ses: number;
  /** Not that of webhooks, which may be tunnelled to the world. */
  console: number;
}>;

type Options = Readonly<{
  /** Where data is kept from one start to the next; absent: in memory only. */
  directory?: string;
  /** Absent: free ports. */
  ports?: Ports;
  /** A cloud assembly of the stage `local` that exists already; absent: it is made, in seconds. */
  assembly?: string;
  /** Loopback servers that play Polar for the functions; any other URL is left out. */
  polar?: StandInForPolar;
  /** Something of the caller's in front of an emulator: is given its address, gives its own. */
  inFront?: (service: Service, address: string) => Promise<string>;
  /** Further variables for the process of every function. */
  environment?: Readonly<Record<string, string>>;
  /** Absent: as it was left in the directory, else the time of this machine. */
  clock?: LocalClock;
  /** What has to be there before the functions begin to work. */
  prepare?: (resources: Resources) => Promise<void>;
  /** How often what runs every minute is called; absent: every minute. */
  minuteMs?: number | undefined;
  onExchange?: (exchange: Exchange) => void;
  /** A line that a function wrote, or a problem with an event source, by logical id. */
  onOutput?: OnOutput;
}>;

/** The emulators that stand in for AWS's services. */
export type Service = 'dynamodb' | 'sqs' | 'ses' | 'secretsManager';

type ClientConfig = ReturnType<typeof localClientConfig>;

/** What the functions work on. */
export type Resources = Readonly<{
  /** Names by logical id. */
  tables: Readonly<Record<string, string>>;
  /** URLs by logical id. */
  queues: Readonly<Record<string, string>>;
  /** Options for SDK clients that reach the local emulators. */
  clientConfigs: Readonly<Record<'dynamodb' | 'sqs' | 'secretsManager', ClientConfig>>;
}>;

export type LocalStack = Resources &
  Readonly<{
    /** The address of the routes that are public in AWS, without a path. */
    url: string;
    webhookUrl: string;
    /** By the name localhost, which Polar's sign-in returns to. */
    consoleUrl: string;
    /** What the local webhooks are signed with. */
    webhookSecret: string;
    secrets: SecretStore;
    functions: readonly BundledFunction[];
    /** Absent: the stack sends no mail. */
    ses: LocalSes | undefined;
    clock: LocalClock;
    /** Moves the clock on by so much; over when all that became due on the way is done. */
    moveOn: (byMs: number) => Promise<void>;
    /** Lets what has begun finish, then ends every process and server. Safe to repeat. */
    stop: () => Promise<void>;
  }>;

const freePorts: Ports = { http: 0, dynamodb: 0, sqs: 0, secretsManager: 0, ses: 0, console: 0 };

/**
 * Runs the synthesised stack on loopback: its tables, queues, secrets, functions and routes, and
 * nothing that the template does not have. Throws Advice, with everything ended again, if it cannot.
 */
export async function startLocalStack(options: Options = {}): Promise<LocalStack> {
  const stops: (() => Promise<void>)[] = [];
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= stopAll(stops);
    return stopped;
  };
  try {
    return { ...(await start(options, (step) => stops.push(step))), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  { directory, ports = freePorts, onExchange = () => {}, onOutput = () => {}, ...given }: Options,
  toStop: (stop: () => Promise<void>) => void,
): Promise<Omit<LocalStack, 'stop'>> {
  const clock = given.clock ?? localClock(directory);
  const { inFront = async (_, address) => address } = given;
  const kept = (name: string) => (directory === undefined ? undefined : join(directory, name));
  if (directory !== undefined) await mkdir(directory, { recursive: true, mode: 0o700 });
  const httpPort = ports.http === 0 ? await freePort() : ports.http;
  await requireFreePort(httpPort, 'the HTTP API');
  await requireFreePort(ports.ses, 'the local SES');
  await requireFreePort(ports.console, 'the console');

  const file = kept('dynamodb.db');
  const emulator = await startDynamo(file === undefined ? {} : { file });
  toStop(emulator.stop);
  const dynamo = await startGuardedProxy(emulator.endpoint, ports.dynamodb, 'the local DynamoDB');
  toStop(dynamo.stop);
  const messages = kept('sqs');
  const sqs = await startSqs({
    port: ports.sqs,
    now: clock.now,
    ...(messages && { directory: messages }),
  });
  toStop(sqs.stop);
  const dynamoAddress = await inFront('dynamodb', dynamo.address);
  const sqsAddress = await inFront('sqs', sqs.endpoint);
  const secrets = await secretStore(kept('secrets.json'));
  const secretsManager = await startSecretsManager(secrets, ports.secretsManager, clock.now);
  toStop(secretsManager.stop);

  const template = await readTemplate(given.assembly ?? (await madeAssembly(toStop)));
  const url = `http://127.0.0.1:${httpPort}`;
  const identities = localIdentities(template, { sqs: sqsAddress, http: url });
  const clientConfigs = {
    dynamodb: localClientConfig(dynamoAddress),
    sqs: localClientConfig(sqsAddress),
    secretsManager: localClientConfig(secretsManager.address),
  };
  const db = new DynamoDBClient(clientConfigs.dynamodb);
  const queueClient = new SQSClient(clientConfigs.sqs);
  toStop(async () => queueClient.destroy());
  const tables = await createTables(db, identities);
  toStop(async () => db.destroy());
  const queues = await createQueues(queueClient, identities);
  await fillSecrets(secrets, identities);
  const ses = sendsMail(identities)
    ? await startSes(identities, {
        port: ports.ses,
        sqs: queueClient,
        now: clock.now,
        onProblem: (message) => onOutput('SES', message),
      })
    : undefined;
  if (ses) toStop(ses.stop);
  const resources = { tables, queues, clientConfigs };
  await given.prepare?.(resources);

  const endpoints = {
    dynamodb: dynamoAddress,
    sqs: sqsAddress,
    secretsManager: await inFront('secretsManager', secretsManager.address),
    ses: ses && (await inFront('ses', ses.address)),
    polar: standInForPolar({ ...given.polar }),
  };
  const surroundings = { endpoints, environment: given.environment ?? {}, clock };
  const lambdas = bundledFunctions(template, identities, surroundings, onOutput, toStop);
  const signedWith = await webhookSecret(secrets, identities.nameOf('WebhookSecret'));
  const sources = startEventSources(identities, lambdas, queueClient, onOutput, toStop);
  const schedules = startSchedules(identities, lambdas, clock, onOutput, toStop, given.minuteMs);
  const routes = httpRoutes(identities, lambdas);
  const api = await startHttpApi(routes, httpPort, onExchange, clock);
  toStop(api.stop);
  const pages = await startPages(routes, ports.console, clock);
  toStop(pages.stop);
  const webhookUrl = String(identities.resolve(template.outputs.get('WebhookUrl')));
  const consoleUrl = `http://localhost:${new URL(pages.address).port}/console`;
  return {
    ...resources,
    url,
    webhookUrl,
    consoleUrl,
    webhookSecret: signedWith,
    secrets,
    functions: [...lambdas.values()],
    ses,
    clock,
    moveOn: async (byMs) => {
      const call = (some: typeof schedules) => Promise.all(some.map((one) => one.call()));
      const everyMinute = schedules.filter(({ everyMs }) => everyMs <= 60_000);
      const tick = async () => {
        await call(everyMinute);
        await whenSettled(queueClient, sources);
      };
      await whenSettled(queueClient, sources);
      await moveOn(byMs, { clock, nextDue: whatIsDue(db, tables), tick });
      await call(schedules.filter((one) => !everyMinute.includes(one) && one.everyMs <= byMs));
      await whenSettled(queueClient, sources);
    },
  };
}

/** Outside the project, so that a bundle finds no module that it would not have in AWS either. */
async function madeAssembly(toStop: (stop: () => Promise<void>) => void): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'polar-audience-'));
  toStop(() => rm(directory, { recursive: true, force: true }));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  await synthesise(directory);
  return directory;
}

/** Last started, first stopped; a step that fails does not keep the others from running. */
async function stopAll(stops: (() => Promise<void>)[]): Promise<void> {
  for (const stop of stops.reverse()) await stop().catch(() => {});
}
