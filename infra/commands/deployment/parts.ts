import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { isOnThisMachine, type StandInForPolar } from '#infra/local/stand-in-for-polar.ts';
import { Advice } from '#infra/terminal/advice.ts';
import type { PolarServer } from '#shared/polar/access.ts';
import type { Connection, ConnectionParts } from '#shared/polar/connection/connection.ts';
import { coversSwitching } from '#shared/polar/connection/switch-emails.ts';
import {
  customersDeletedByBackfill,
  livingCustomers,
} from '#shared/store/audience/customer-scan.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoEventLog } from '#shared/store/events/event-log.ts';
import { organizationOfCustomer } from '#shared/store/events/organization-of-customer.ts';
import { dynamoBrand, mailSettings } from '#shared/store/settings/brand.ts';
import { audienceOf } from '#shared/store/wiring/audience.ts';
import { polarLinkOf } from '#shared/store/wiring/polar.ts';
import type { Deployment } from './deployment.ts';
import type { StackResources } from './resources.ts';

/** The audience of a deployment. */
export function deployedAudience(
  { clientConfigs, settingsTable, actsTable, retentionDays }: AudienceDeployment,
  { physicalId, secretsManager }: StackResources,
) {
  const ids = {
    contacts: physicalId('Contacts'),
    customers: physicalId('Customers'),
    addresses: physicalId('Addresses'),
    suppressions: physicalId('Suppressions'),
    events: physicalId('Events'),
    runs: physicalId('Runs'),
    emails: physicalId('Emails'),
    words: physicalId('Words'),
    workflows: physicalId('Workflows'),
    settings: settingsTable,
    acts: actsTable,
    suppressionKey: physicalId('SuppressionKey'),
  };
  const db = documentClient(new DynamoDBClient(clientConfigs.dynamodb));
  return audienceOf(db, new SecretsManagerClient(secretsManager), ids, retentionDays);
}

type AudienceDeployment = Pick<
  Deployment,
  'clientConfigs' | 'settingsTable' | 'actsTable' | 'retentionDays'
>;

/** The same with the settings of now, as mails go by them, and who lives there. */
export async function audienceSide(deployment: AudienceDeployment, resources: StackResources) {
  const { db, settingsNow, ...audience } = deployedAudience(deployment, resources);
  const customers = resources.physicalId('Customers');
  const events = resources.physicalId('Events');
  return {
    ...audience,
    settings: await mailSettings(settingsNow, dynamoBrand(db, deployment.settingsTable))(),
    living: () => livingCustomers(db, customers),
    deletedByBackfill: () => customersDeletedByBackfill(db, customers),
    organizationOf: organizationOfCustomer(db, events),
    hasRecord: dynamoEventLog(db, events).has,
  };
}

type PolarSide = Readonly<{
  parts: ConnectionParts;
  connection: Connection | undefined;
  organizationId: string;
}>;

/**
 * Polar as this deployment is connected with it, or by a token that is given. Throws Advice where there is no access,
 * or one to another organization: its customers would all seem to be deleted.
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
      "Polar isn't connected. Sign in on the console's Polar page, or run: npm run connect -- --token - . For this command only, pass an access token: --token -",
    );
  }
  const server = connection?.server ?? given?.server ?? 'production';
  const parts = partsFor(server, { given: given && { kind: 'token', server, token: given.token } });
  const organizations = await parts.api.organizations();
  const [only, ...more] = organizations;
  if (!connection) {
    if (only && more.length === 0) return { parts, connection, organizationId: only.id };
    throw new Advice(
      `The token covers ${organizations.length} organizations. Use one that covers just one.`,
    );
  }
  const { organizationId, organizationName } = connection;
  if (organizations.some(({ id }) => id === organizationId)) {
    return { parts, connection, organizationId };
  }
  const covered = organizations.map(({ name }) => name).join(', ') || 'no organization';
  throw new Advice(
    `This deployment is connected to ${organizationName}, but the access covers ${covered}. Nothing was compared: that would treat everyone here as deleted.`,
  );
}

/** What the use cases of the connection need, by the access that is kept or by one that is given. */
export type PartsFor = ReturnType<typeof polarLinkOf>['partsFor'];

export function partsOf(deployment: Deployment, resources: StackResources): PartsFor {
  return linkOf(deployment, resources).partsFor;
}

/** Whether the access covers switching Polar's own mails; `undefined`: only Polar knows, or it cannot be read. */
export async function maySwitchEmails(
  deployment: Deployment,
  resources: StackResources,
): Promise<boolean | undefined> {
  // Only words depend on it, which must not fail what was done before.
  const kept = await linkOf(deployment, resources)
    .access.read()
    .catch(() => undefined);
  return kept && coversSwitching(kept);
}

function linkOf(
  { clientConfigs, settingsTable, webhookUrl, polar }: Deployment,
  { physicalId, secretsManager }: StackResources,
) {
  const isLocal = 'endpoint' in clientConfigs.dynamodb;
  return polarLinkOf({
    db: documentClient(new DynamoDBClient(clientConfigs.dynamodb)),
    secrets: new SecretsManagerClient(secretsManager),
    settingsTable,
    accessId: physicalId('PolarAccess'),
    webhookSecretId: physicalId('WebhookSecret'),
    webhookUrl,
    variables: polar ?? polarInEnvironment(process.env, isLocal),
  });
}

/**
 * Another Polar that the shell names, as tests do. Throws Advice where the deployment is in AWS: its tokens would go
 * there, and what it answers would be taken for Polar's.
 */
export function polarInEnvironment(
  environment: NodeJS.ProcessEnv,
  isLocal: boolean,
): StandInForPolar {
  const { POLAR_API_URL, POLAR_AUTHORIZE_URL, AWS_ENDPOINT_URL } = environment;
  const named = Object.entries({ POLAR_API_URL, POLAR_AUTHORIZE_URL }).filter(([, url]) => url);
  const isAwsHere = AWS_ENDPOINT_URL !== undefined && isOnThisMachine(AWS_ENDPOINT_URL);
  const [first] = named;
  if (!first || isLocal || isAwsHere) return Object.fromEntries(named);
  throw new Advice(
    `${first[0]} in your shell points to another Polar (${first[1]}), but this stage is in AWS, so nothing was done. That variable is for the local stack. Run "unset ${named.map(([name]) => name).join(' ')}", then try again.`,
  );
}

export type PolarToken = Readonly<{ token: string; server: PolarServer }>;
