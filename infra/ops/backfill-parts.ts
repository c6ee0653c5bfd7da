import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Advice } from '#infra/local/advice.ts';
import { addressHash } from '#shared/aws/address-hash.ts';
import { documentClient } from '#shared/aws/document-client.ts';
import { dynamoAudienceStore } from '#shared/aws/dynamo-audience-store.ts';
import { livingCustomerIds } from '#shared/aws/dynamo-customer-ids.ts';
import { dynamoEventLog } from '#shared/aws/dynamo-event-log.ts';
import { dynamoSettings } from '#shared/aws/dynamo-settings.ts';
import { secretText } from '#shared/aws/secret.ts';
import { cached } from '#shared/cached.ts';
import type { Connection, ConnectionParts } from '#shared/polar/connection.ts';
import type { PolarToken } from './backfill-options.ts';
import type { BackfillParts } from './backfill-run.ts';
import { partsOf } from './connect-command.ts';
import type { Deployment } from './deployment.ts';
import type { StackResources } from './stack-resources.ts';

export type AudienceSide = Omit<BackfillParts, 'api' | 'organizationId'> &
  Readonly<{ hasRecord: (webhookId: string) => Promise<boolean> }>;

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
