import { randomUUID } from 'node:crypto';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Log } from '#shared/log.ts';
import {
  type Access,
  localPolarAway,
  type PolarServer,
  polarAddresses,
  problemOfWebhookUrl,
} from '#shared/polar/access.ts';
import { polarApi } from '#shared/polar/api.ts';
import { PolarUnavailable } from '#shared/polar/api-error.ts';
import type { ConnectionParts } from '#shared/polar/connection/connection.ts';
import { dynamoLease } from '#shared/store/lease.ts';
import { accessLease, bearerOf, polarAccess } from '#shared/store/polar/access.ts';
import {
  connectionLease,
  connectionTurn,
  dynamoConnection,
  webhookSecretDocument,
} from '#shared/store/polar/connection.ts';
import { eventsWanted } from '#shared/store/polar/events-wanted.ts';
import type { SettingsRow } from '#shared/store/settings/settings-row.ts';

type ReachParts = Readonly<{
  db: DynamoDBDocumentClient;
  secrets: SecretsManagerClient;
  settingsTable: string;
  accessId: string;
  /** May name another Polar, for tests. */
  variables: Parameters<typeof polarAddresses>[1];
  log?: Log;
}>;

type LinkParts = ReachParts &
  Readonly<{
    webhookSecretId: string;
    webhookUrl: string;
    /** How it reads what is in Settings; absent: row by row. */
    row?: SettingsRow;
  }>;

type Call = Readonly<{
  /** An access that is not kept; absent: the one in use. */
  given?: Access | undefined;
  /** How long Polar may ask for patience. */
  patienceMs?: number;
}>;

/** Where Polar sends the webhooks of the connection that the kept access is of. */
type Hook = Readonly<{ webhookUrl: string }>;

/** Polar's API by the access that is kept, and nothing of the connection: for whoever only reads what Polar lists. */
export function polarReachOf({ db, secrets, settingsTable, accessId, variables, log }: ReachParts) {
  const now = () => new Date();
  const addresses = (server: PolarServer) => polarAddresses(server, variables);
  const leaseOf = (lease: Readonly<{ name: string; leaseMs: number }>) =>
    dynamoLease(db, { table: settingsTable, ...lease, now });
  const access = polarAccess({
    secrets,
    secretId: accessId,
    lease: leaseOf(accessLease),
    addresses,
    now,
    newId: randomUUID,
  });
  const obstacle = (server: PolarServer, { webhookUrl }: Hook) =>
    problemOfWebhookUrl(webhookUrl, addresses(server).apiUrl);
  const apiOf = (server: PolarServer, { given, webhookUrl, ...call }: Call & Hook) => {
    // The kept access is the local Polar's where no other can be connected: it is sent to no other either.
    const kept = obstacle(server, { webhookUrl }) === undefined ? access.token : isAway;
    return polarApi({
      ...call,
      baseUrl: addresses(server).apiUrl,
      token: given ? async () => bearerOf(given) : kept,
      ...(log && { log }),
    });
  };
  return { access, addresses, apiOf, leaseOf, now, obstacle };
}

/** What a deployment speaks with Polar through, for functions and commands alike. */
export function polarLinkOf({ webhookSecretId, webhookUrl, row, ...parts }: LinkParts) {
  const { db, secrets, settingsTable } = parts;
  const { access, addresses, leaseOf, now, ...reach } = polarReachOf(parts);
  const apiOf = (server: PolarServer, call: Call = {}) =>
    reach.apiOf(server, { webhookUrl, ...call });
  const link = {
    access,
    connections: dynamoConnection(db, settingsTable, row),
    inTurn: connectionTurn({ lease: leaseOf(connectionLease), newId: randomUUID }),
    webhookSecrets: webhookSecretDocument(secrets, webhookSecretId),
    webhookUrl,
    eventsWanted: eventsWanted(db, settingsTable, row),
    now,
  };

  return {
    ...link,
    addresses,
    apiOf,
    /** Why Polar cannot send webhooks here at all; `undefined`: it can. */
    obstacle: (server: PolarServer) => reach.obstacle(server, { webhookUrl }),
    /** What the use cases of the connection work with. */
    partsFor: (server: PolarServer, call: Call = {}): ConnectionParts => ({
      ...link,
      api: apiOf(server, call),
      apiUrl: addresses(server).apiUrl,
    }),
  };
}

async function isAway(): Promise<never> {
  throw new PolarUnavailable(localPolarAway);
}
