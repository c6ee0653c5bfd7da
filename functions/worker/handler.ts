import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSHandler } from 'aws-lambda';
import * as z from 'zod/mini';
import { cached } from '#shared/in-time.ts';
import { jsonLog } from '#shared/log.ts';
import { failedMessages } from '#shared/queue/each-record.ts';
import { dynamoFailures } from '#shared/queue/failures.ts';
import { encodeMailMessage } from '#shared/queue/mail-queue.ts';
import { dynamoEventRecords } from '#shared/store/events/event-records.ts';
import { dynamoWorkflows } from '#shared/store/mail/workflows.ts';
import { dynamoRunLists } from '#shared/store/runs/run-lists.ts';
import { audienceFromEnv } from '#shared/store/wiring/audience.ts';
import { worker } from './worker.ts';

const env = z
  .object({
    EVENTS_TABLE: z.string(),
    FAILURES_TABLE: z.string(),
    RUNS_TABLE: z.string(),
    WORKFLOWS_TABLE: z.string(),
    EVENTS_QUEUE_URL: z.string(),
    EVENTS_DEAD_LETTERS_URL: z.string(),
    MAIL_QUEUE_URL: z.string(),
    RETENTION_DAYS: z.pipe(z.string(), z.transform(Number)),
  })
  .parse(process.env);

const workflowsMaxAgeMs = 30_000;

const { db, requestHandler, store, settings, settingsNow, contactOf, now, newId, pause } =
  audienceFromEnv(process.env, { retentionDays: env.RETENTION_DAYS });
const sqs = new SQSClient({ requestHandler });
const log = jsonLog();
const failures = dynamoFailures(db, env.FAILURES_TABLE, now);
const workflows = dynamoWorkflows(db, env.WORKFLOWS_TABLE);

export const handler: SQSHandler = worker({
  store,
  records: dynamoEventRecords(db, env.EVENTS_TABLE),
  runs: dynamoRunLists(db, env.RUNS_TABLE),
  settings,
  workflows: cached(workflows.all, workflowsMaxAgeMs, Date.now),
  settingsNow,
  workflowsNow: workflows.all,
  contactOf,
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
  sendMail: (mail) =>
    sqs.send(new SendMessageCommand({ QueueUrl: env.MAIL_QUEUE_URL, ...encodeMailMessage(mail) })),
  now,
  newId,
  pause,
  log,
});
