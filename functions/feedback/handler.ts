import { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import { jsonLog } from '#shared/log.ts';
import { failedMessages } from '#shared/queue/each-record.ts';
import { dynamoFailures } from '#shared/queue/failures.ts';
import { audienceFromEnv } from '#shared/store/wiring/audience.ts';
import { feedback } from './feedback.ts';
import { feedbackLedger } from './feedback-ledger.ts';

const env = z
  .object({
    EMAILS_TABLE: z.string(),
    FAILURES_TABLE: z.string(),
    FEEDBACK_QUEUE_URL: z.string(),
    FEEDBACK_DEAD_LETTERS_URL: z.string(),
  })
  .parse(process.env);

const audience = audienceFromEnv(process.env, { seedsSettings: false });
const log = jsonLog();
const failures = dynamoFailures(audience.db, env.FAILURES_TABLE, audience.now);

export const handler = feedback({
  ledger: feedbackLedger(audience.db, env.EMAILS_TABLE, audience),
  refusals: audience.refusals,
  failures,
  failed: failedMessages({
    sqs: new SQSClient({ requestHandler: audience.requestHandler }),
    queueUrl: env.FEEDBACK_QUEUE_URL,
    deadLettersUrl: env.FEEDBACK_DEAD_LETTERS_URL,
    failures,
    log,
  }),
  log,
});
