import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { cached } from '#shared/in-time.ts';
import { jsonLog } from '#shared/log.ts';
import { deadEvents } from '#shared/queue/failures-now.ts';
import { addressHash } from '#shared/store/audience/audience-store.ts';
import { dynamoContactWalk } from '#shared/store/counts/contact-walk.ts';
import { hourCounter, workflowIdsIn } from '#shared/store/counts/count-hour.ts';
import { dynamoCounts } from '#shared/store/counts/counts.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { sealWith } from '#shared/store/seal.ts';
import { secretText } from '#shared/store/secret.ts';
import { rollUp } from './rollup.ts';

const number = z.pipe(z.string(), z.transform(Number));
const env = z
  .object({
    COUNTS_TABLE: z.string(),
    EVENTS_TABLE: z.string(),
    EMAILS_TABLE: z.string(),
    RUNS_TABLE: z.string(),
    CONTACTS_TABLE: z.string(),
    SUPPRESSIONS_TABLE: z.string(),
    WORKFLOWS_TABLE: z.string(),
    FAILURES_TABLE: z.string(),
    SUPPRESSION_KEY_ID: z.string(),
    RETENTION_DAYS: number,
    MOST_READS: number,
    MOST_PAGES: number,
  })
  .parse(process.env);

const requestHandler = {
  connectionTimeout: 1_000,
  requestTimeout: 10_000,
  throwOnRequestTimeout: true,
};
const db = documentClient(new DynamoDBClient({ requestHandler }));
const suppressionKey = secretText(
  new SecretsManagerClient({ requestHandler }),
  env.SUPPRESSION_KEY_ID,
);

/** The key of addresses never changes. */
const never = Number.POSITIVE_INFINITY;

export const handler = rollUp({
  counts: dynamoCounts(db, env.COUNTS_TABLE),
  ...hourCounter(db, {
    events: env.EVENTS_TABLE,
    emails: env.EMAILS_TABLE,
    runs: env.RUNS_TABLE,
    contacts: env.CONTACTS_TABLE,
  }),
  workflowIds: () => workflowIdsIn(db, env.WORKFLOWS_TABLE),
  deadEvents: (now) => deadEvents(db, env.FAILURES_TABLE, now),
  contacts: dynamoContactWalk(
    db,
    {
      counts: env.COUNTS_TABLE,
      contacts: env.CONTACTS_TABLE,
      suppressions: env.SUPPRESSIONS_TABLE,
    },
    {
      addressHash: cached(async () => addressHash(await suppressionKey()), never, Date.now),
      seal: cached(async () => sealWith(await suppressionKey()), never, Date.now),
    },
  ),
  retentionDays: env.RETENTION_DAYS,
  mostReads: env.MOST_READS,
  mostPages: env.MOST_PAGES,
  now: () => new Date(),
  log: jsonLog(),
});
