import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Advice } from '#infra/terminal/advice.ts';
import type { PolarServer } from '#shared/polar/access.ts';
import type { Connection, ConnectionParts } from '#shared/polar/connection.ts';
import {
  customersDeletedByBackfill,
  livingCustomers,
} from '#shared/store/audience/customer-scan.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoEventLog } from '#shared/store/events/event-log.ts';
import { audienceOf } from '#shared/store/wire-audience.ts';
import { polarLinkOf } from '#shared/store/wire-polar.ts';
import type { Deployment, StackResources } from './deployment.ts';

/** The audience of a deployment. */
export function deployedAudience(
  { clientConfigs, settingsTable, retentionDays }: AudienceDeployment,
  { physicalId, secretsManager }: StackResources,
) {
  const ids = {
    contacts: physicalId('Contacts'),
    customers: physicalId('Customers'),
    addresses: physicalId('Addresses'),
    suppressions: physicalId('Suppressions'),
    events: physicalId('Events'),
    settings: settingsTable,
    suppressionKey: physicalId('SuppressionKey'),
  };
  const db = documentClient(new DynamoDBClient(clientConfigs.dynamodb));
  return audienceOf(db, new SecretsManagerClient(secretsManager), ids, retentionDays);
}

type AudienceDeployment = Pick<Deployment, 'clientConfigs' | 'settingsTable' | 'retentionDays'>;

/** The same with the settings of now, and who lives there. */
export async function audienceSide(deployment: AudienceDeployment, resources: StackResources) {
  const { db, settingsNow, ...audience } = deployedAudience(deployment, resources);
  const customers = resources.physicalId('Customers');
  return {
    ...audience,
    settings: await settingsNow(),
    living: () => livingCustomers(db, customers),
    deletedByBackfill: () => customersDeletedByBackfill(db, customers),
    hasRecord: dynamoEventLog(db, resources.physicalId('Events')).has,
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
  const parts = partsFor(server, { given: given && { kind: 'token', server, token: given.token } });
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
export type PartsFor = ReturnType<typeof polarLinkOf>['partsFor'];

export function partsOf(
  { clientConfigs, settingsTable, unsubscribeUrl, polar }: Deployment,
  { physicalId, secretsManager }: StackResources,
): PartsFor {
  const link = polarLinkOf({
    db: documentClient(new DynamoDBClient(clientConfigs.dynamodb)),
    secrets: new SecretsManagerClient(secretsManager),
    settingsTable,
    accessId: physicalId('PolarAccess'),
    webhookSecretId: physicalId('WebhookSecret'),
    webhookUrl: new URL('/webhooks/polar', unsubscribeUrl).href,
    variables: polar ?? process.env,
  });
  return link.partsFor;
}

export type PolarToken = Readonly<{ token: string; server: PolarServer }>;
