import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { jsonLog } from '#shared/log.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoEventLog } from '#shared/store/events/event-log.ts';
import { polarLinkOf } from '#shared/store/wiring/polar.ts';
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

/** Of each call: seven of them and a refresh of the tokens end before the function's own minute does. */
const patienceMs = 7_000;
const requestHandler = {
  connectionTimeout: 1_000,
  requestTimeout: 3_000,
  throwOnRequestTimeout: true,
};

const db = documentClient(new DynamoDBClient({ requestHandler }));
const log = jsonLog();
const link = polarLinkOf({
  db,
  secrets: new SecretsManagerClient({ requestHandler }),
  settingsTable: env.SETTINGS_TABLE,
  accessId: env.POLAR_ACCESS_ID,
  webhookSecretId: env.WEBHOOK_SECRET_ID,
  webhookUrl: env.WEBHOOK_URL,
  variables: env,
  log,
});

export const handler = watch({
  ...link,
  apiOf: (server) => link.apiOf(server, { patienceMs }),
  events: dynamoEventLog(db, env.EVENTS_TABLE),
  log,
});
