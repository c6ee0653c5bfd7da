import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Advice } from '#infra/local/advice.ts';
import { connectionLease, connectionTurn } from '#shared/aws/connection-turn.ts';
import { documentClient } from '#shared/aws/document-client.ts';
import { dynamoConnection } from '#shared/aws/dynamo-connection.ts';
import { dynamoLease } from '#shared/aws/dynamo-lease.ts';
import { accessLease, bearerOf, polarAccess } from '#shared/aws/polar-access.ts';
import { webhookSecretDocument } from '#shared/aws/webhook-secret-document.ts';
import type { Access } from '#shared/polar/access.ts';
import { connectPolar } from '#shared/polar/connect-polar.ts';
import type { Connection, ConnectionParts } from '#shared/polar/connection.ts';
import { connectionHealth } from '#shared/polar/connection-health.ts';
import { polarApi } from '#shared/polar/polar-api.ts';
import { isPolarApiError } from '#shared/polar/polar-api-error.ts';
import { type PolarServer, polarAddresses } from '#shared/polar/polar-server.ts';
import {
  disconnectPolar,
  forgetLeftAccess,
  repairConnection,
  type Tended,
} from '#shared/polar/tend-connection.ts';
import { confirmed } from './confirmation.ts';
import { type ConnectOptions, connectHelp, connectOptions, tokenGiven } from './connect-options.ts';
import { healthLines } from './connect-text.ts';
import { type Deployment, findDeployment } from './deployment.ts';
import { person } from './person.ts';
import { type StackResources, stackResources } from './stack-resources.ts';

type Print = (line: string) => void;

/** `npm run connect`. */
export async function connectCommand(args: readonly string[], print: Print): Promise<void> {
  const options = connectOptions(args, process.env['POLAR_TOKEN']);
  if (!options) return print(connectHelp);
  const deployment = await findDeployment(options.target, print);
  const resources = await stackResources(options.target, deployment);
  try {
    await act(options, partsOf(deployment, resources), deployment, print);
  } catch (error) {
    throw isPolarApiError(error) ? new Advice(error.message, { cause: error }) : error;
  }
}

/** What the use cases of the connection need, by the access that is kept or by one that is given. */
export type PartsFor = (server: PolarServer, given?: Access) => ConnectionParts;

async function act(
  options: ConnectOptions,
  partsFor: PartsFor,
  { options: sameDeployment }: Deployment,
  print: Print,
): Promise<void> {
  if (options.verb === 'connect') return connect(options, partsFor, print);
  const connection = await partsFor('production').connections.read();
  if (!connection) return notConnected(options, partsFor('production'), print);
  const parts = partsFor(connection.server);
  if (options.verb === 'disconnect') return disconnect(parts, connection, options.yes, print);
  if (options.verb === 'repair') return say(await repairConnection(parts, connection), print);
  const health = await connectionHealth(parts, connection);
  for (const line of healthLines(connection, health, sameDeployment)) print(line);
}

async function notConnected(
  { verb }: ConnectOptions,
  parts: ConnectionParts,
  print: Print,
): Promise<void> {
  if (!(await parts.access.isKept())) {
    throw new Advice('Polar is not connected. Connect it: npm run connect -- --token -');
  }
  if (verb === 'disconnect') return say(await forgetLeftAccess(parts), print);
  throw new Advice(
    'Polar is not connected, but an access to it is kept: connecting was broken off midway. Connect again, which makes nothing twice, or forget it: npm run connect -- --disconnect',
  );
}

async function connect(
  options: Extract<ConnectOptions, { verb: 'connect' }>,
  partsFor: PartsFor,
  print: Print,
): Promise<void> {
  const { server, organization } = options;
  const token = await tokenGiven(options.token, process.stdin);
  const access = { kind: 'token', server, token } as const;
  const wish = { access, organization, by: person() };
  const connected = await connectPolar(partsFor(server, access), wish);
  switch (connected.kind) {
    case 'connected':
      for (const line of connected.done) print(line);
      return;
    case 'choose': {
      const slugs = connected.organizations.map(({ slug }) => slug).join(', ');
      throw new Advice(`The token covers ${slugs}: say which one with --organization <slug>.`);
    }
    case 'refused':
      throw new Advice(connected.reason);
  }
}

async function disconnect(
  parts: ConnectionParts,
  connection: Connection,
  yes: boolean,
  print: Print,
): Promise<void> {
  const question = `Disconnect from ${connection.organizationName}? Polar will send nothing any more.`;
  if (!yes && !(await confirmed(question))) return print('Nothing was changed.');
  say(await disconnectPolar(parts, connection), print);
}

function say(tended: Tended, print: Print): void {
  if (tended.kind === 'unfinished') throw new Advice(tended.reason, { cause: tended.error });
  for (const line of tended.done) print(line);
}

export function partsOf(
  { clientConfigs, settingsTable, unsubscribeUrl }: Deployment,
  { physicalId, secretsManager }: StackResources,
): PartsFor {
  const db = documentClient(new DynamoDBClient(clientConfigs.dynamodb));
  const secrets = new SecretsManagerClient(secretsManager);
  const now = () => new Date();
  const addresses = (server: PolarServer) => polarAddresses(server, process.env);
  const leaseOf = (lease: Readonly<{ name: string; leaseMs: number }>) =>
    dynamoLease(db, { table: settingsTable, ...lease, now });
  const inTurn = connectionTurn({ lease: leaseOf(connectionLease), newId: randomUUID });
  const access = polarAccess({
    secrets,
    secretId: physicalId('PolarAccess'),
    lease: leaseOf(accessLease),
    addresses,
    now,
    newId: randomUUID,
  });
  return (server, given) => ({
    api: polarApi({
      baseUrl: addresses(server).apiUrl,
      token: given ? async () => bearerOf(given) : access.token,
    }),
    connections: dynamoConnection(db, settingsTable),
    webhookSecrets: webhookSecretDocument(secrets, physicalId('WebhookSecret')),
    access,
    inTurn,
    webhookUrl: new URL('/webhooks/polar', unsubscribeUrl).href,
    apiUrl: addresses(server).apiUrl,
    now,
  });
}
