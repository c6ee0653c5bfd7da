import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Advice } from '#infra/terminal/advice.ts';
import type { Settings } from '#shared/audience/settings.ts';
import type { AudienceStore } from '#shared/audience/unit-of-work.ts';
import { cached } from '#shared/in-time.ts';
import { type Access, type PolarServer, polarAddresses } from '#shared/polar/access.ts';
import { polarApi } from '#shared/polar/api.ts';
import type { Connection, ConnectionParts } from '#shared/polar/connection.ts';
import { addressHash, dynamoAudienceStore } from '#shared/store/audience/audience-store.ts';
import { livingCustomerIds } from '#shared/store/audience/contact-search.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoEventLog } from '#shared/store/events/event-log.ts';
import { dynamoLease } from '#shared/store/lease.ts';
import { accessLease, bearerOf, polarAccess } from '#shared/store/polar/access.ts';
import {
  connectionLease,
  connectionTurn,
  dynamoConnection,
  webhookSecretDocument,
} from '#shared/store/polar/connection.ts';
import { secretText } from '#shared/store/secret.ts';
import { dynamoSettings } from '#shared/store/settings.ts';
import type { Deployment, StackResources } from './deployment.ts';

export type AudienceSide = Readonly<{
  store: AudienceStore;
  settings: Settings;
  livingIds: () => AsyncIterable<readonly string[]>;
  hasRecord: (webhookId: string) => Promise<boolean>;
  now: () => Date;
  newId: () => string;
  pause: (lostRaces: number) => Promise<void>;
}>;

/** The audience of a deployment, with the settings of now. */
export async function audienceSide(
  {
    clientConfigs,
    settingsTable,
    retentionDays,
  }: Pick<Deployment, 'clientConfigs' | 'settingsTable' | 'retentionDays'>,
  { physicalId, secretsManager }: StackResources,
): Promise<AudienceSide> {
  const db = documentClient(new DynamoDBClient(clientConfigs.dynamodb));
  const tables = {
    customers: physicalId('Customers'),
    addresses: physicalId('Addresses'),
    contacts: physicalId('Contacts'),
    suppressions: physicalId('Suppressions'),
    events: physicalId('Events'),
  };
  const key = secretText(new SecretsManagerClient(secretsManager), physicalId('SuppressionKey'));
  return {
    store: dynamoAudienceStore(db, tables, {
      addressHash: cached(async () => addressHash(await key()), Number.POSITIVE_INFINITY, Date.now),
      retentionDays,
    }),
    settings: await dynamoSettings(db, settingsTable)(),
    livingIds: () => livingCustomerIds(db, tables.customers),
    hasRecord: dynamoEventLog(db, tables.events).has,
    now: () => new Date(),
    newId: randomUUID,
    pause: (lostRaces) => setTimeout(Math.random() * Math.min(1_000, 20 * 2 ** lostRaces)),
  };
}

export type PolarSide = Readonly<{
  parts: ConnectionParts;
  connection: Connection | undefined;
  organizationId: string;
}>;

/**
 * Polar as this deployment is connected with it, or by a token that is given. Throws Advice where there is no access,
 * or one to another organisation: its customers would all seem to be deleted.
 */
export async function polarSide(
  deployment: Deployment,
  resources: StackResources,
  given?: PolarToken,
): Promise<PolarSide> {
  const partsFor = partsOf(deployment, resources);
  const connection = await partsFor('production').connections.read();
  if (!connection && !given) {
    throw new Advice(
      'Polar is not connected. Connect it: npm run connect -- --token - or give an access token: --token -',
    );
  }
  const server = connection?.server ?? given?.server ?? 'production';
  const parts = partsFor(server, given && { kind: 'token', server, token: given.token });
  const organizations = await parts.api.organizations();
  const [only, ...more] = organizations;
  if (!connection) {
    if (only && more.length === 0) return { parts, connection, organizationId: only.id };
    throw new Advice(`The token covers ${organizations.length} organisations: use one for one.`);
  }
  const { organizationId, organizationName } = connection;
  if (organizations.some(({ id }) => id === organizationId)) {
    return { parts, connection, organizationId };
  }
  const covered = organizations.map(({ name }) => name).join(', ') || 'no organisation';
  throw new Advice(
    `This deployment is connected with ${organizationName}, and the access covers ${covered}. Nothing was compared: to compare them would take everybody here for deleted.`,
  );
}

/** What the use cases of the connection need, by the access that is kept or by one that is given. */
export type PartsFor = (server: PolarServer, given?: Access) => ConnectionParts;

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

export type PolarToken = Readonly<{ token: string; server: PolarServer }>;
