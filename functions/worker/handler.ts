import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSHandler } from 'aws-lambda';
import * as z from 'zod/mini';
import { addressHash } from '#shared/aws/address-hash.ts';
import { documentClient } from '#shared/aws/document-client.ts';
import { dynamoAudienceStore } from '#shared/aws/dynamo-audience-store.ts';
import { dynamoEventRecords } from '#shared/aws/dynamo-event-records.ts';
import { dynamoFailures } from '#shared/aws/dynamo-failures.ts';
import { dynamoSettings } from '#shared/aws/dynamo-settings.ts';
import { failedMessages } from '#shared/aws/failed-message.ts';
import { secretText } from '#shared/aws/secret.ts';
import { cached } from '#shared/cached.ts';
import { jsonLog } from '#shared/log.ts';
import { worker } from './worker.ts';

const env = z
  .object({
    CONTACTS_TABLE: z.string(),
    CUSTOMERS_TABLE: z.string(),
    ADDRESSES_TABLE: z.string(),
    EVENTS_TABLE: z.string(),
    FAILURES_TABLE: z.string(),
    SETTINGS_TABLE: z.string(),
    SUPPRESSIONS_TABLE: z.string(),
    EVENTS_QUEUE_URL: z.string(),
    EVENTS_DEAD_LETTERS_URL: z.string(),
    SUPPRESSION_KEY_ID: z.string(),
    RETENTION_DAYS: z.pipe(z.string(), z.transform(Number)),
  })
  .parse(process.env);

const settingsMaxAgeMs = 30_000;
const requestHandler = {
  connectionTimeout: 1_000,
  requestTimeout: 5_000,
  throwOnRequestTimeout: true,
};

const db = documentClient(new DynamoDBClient({ requestHandler }));
const sqs = new SQSClient({ requestHandler });
const log = jsonLog();
const now = () => new Date();
const failures = dynamoFailures(db, env.FAILURES_TABLE, now);
const suppressionKey = secretText(
  new SecretsManagerClient({ requestHandler }),
  env.SUPPRESSION_KEY_ID,
);

const tables = {
  contacts: env.CONTACTS_TABLE,
  customers: env.CUSTOMERS_TABLE,
  addresses: env.ADDRESSES_TABLE,
  suppressions: env.SUPPRESSIONS_TABLE,
  events: env.EVENTS_TABLE,
};

export const handler: SQSHandler = worker({
  store: dynamoAudienceStore(db, tables, {
    addressHash: cached(
      async () => addressHash(await suppressionKey()),
      Number.POSITIVE_INFINITY,
      Date.now,
    ),
    retentionDays: env.RETENTION_DAYS,
  }),
  records: dynamoEventRecords(db, env.EVENTS_TABLE),
  settings: cached(dynamoSettings(db, env.SETTINGS_TABLE), settingsMaxAgeMs, Date.now),
  failures,
  failed: failedMessages({
    sqs,
    queueUrl: env.EVENTS_QUEUE_URL,
    deadLettersUrl: env.EVENTS_DEAD_LETTERS_URL,
    failures,
    log,
  }),
  send: (message, DelaySeconds) =>
    sqs.send(new SendMessageCommand({ QueueUrl: env.EVENTS_QUEUE_URL, DelaySeconds, ...message })),
  now,
  newId: randomUUID,
  pause: (lostRaces) => setTimeout(Math.random() * Math.min(1_000, 20 * 2 ** lostRaces)),
  log,
});
