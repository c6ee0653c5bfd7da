import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { jsonLog } from '#shared/log.ts';
import { type PolarServer, polarAddresses } from '#shared/polar/access.ts';
import { polarApi } from '#shared/polar/api.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoEventLog } from '#shared/store/events/event-log.ts';
import { dynamoLease } from '#shared/store/lease.ts';
import { accessLease, polarAccess } from '#shared/store/polar/access.ts';
import {
  connectionLease,
  connectionTurn,
  dynamoConnection,
  webhookSecretDocument,
} from '#shared/store/polar/connection.ts';
import { watch } from './watch.ts';

const env = z
  .object({
    SETTINGS_TABLE: z.string(),
    EVENTS_TABLE: z.string(),
    WEBHOOK_URL: z.string(),
    WEBHOOK_SECRET_ID: z.string(),
    POLAR_ACCESS_ID: z.string(),
    POLAR_API_URL: z.optional(z.string()),
    POLAR_AUTHORIZE_URL: z.optional(z.string()),
  })
  .parse(process.env);

/** Of each call: five of them and a refresh of the tokens end before the function's own minute does. */
const patienceMs = 8_000;
const requestHandler = {
  connectionTimeout: 1_000,
  requestTimeout: 3_000,
  throwOnRequestTimeout: true,
};

const db = documentClient(new DynamoDBClient({ requestHandler }));
const secrets = new SecretsManagerClient({ requestHandler });
const log = jsonLog();
const now = () => new Date();
const addresses = (server: PolarServer) => polarAddresses(server, env);
const leaseOf = (lease: Readonly<{ name: string; leaseMs: number }>) =>
  dynamoLease(db, { table: env.SETTINGS_TABLE, ...lease, now });
const access = polarAccess({
  secrets,
  secretId: env.POLAR_ACCESS_ID,
  lease: leaseOf(accessLease),
  addresses,
  now,
  newId: randomUUID,
});

export const handler = watch({
  connections: dynamoConnection(db, env.SETTINGS_TABLE),
  apiOf: (server) =>
    polarApi({ baseUrl: addresses(server).apiUrl, token: access.token, patienceMs, log }),
  inTurn: connectionTurn({ lease: leaseOf(connectionLease), newId: randomUUID }),
  webhookSecrets: webhookSecretDocument(secrets, env.WEBHOOK_SECRET_ID),
  events: dynamoEventLog(db, env.EVENTS_TABLE),
  webhookUrl: env.WEBHOOK_URL,
  now,
  log,
});
