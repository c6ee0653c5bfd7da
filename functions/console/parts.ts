import { randomBytes } from 'node:crypto';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import { runsNow } from '#shared/audience/runs/outlook.ts';
import type { Run } from '#shared/audience/runs/run.ts';
import { mostCounted } from '#shared/audience/runs/steps-gone.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { readOnce } from '#shared/in-time.ts';
import { jsonLog } from '#shared/log.ts';
import type { DeadLetterQueue } from '#shared/queue/dead-letters/letter-reasons.ts';
import type { SendToWorker } from '#shared/queue/events-queue.ts';
import { queueCounts } from '#shared/queue/queue-counts.ts';
import { resumingRuns } from '#shared/queue/resuming.ts';
import { dynamoCounts } from '#shared/store/counts/counts.ts';
import { dynamoImports } from '#shared/store/import.ts';
import { dynamoEmailAdmin } from '#shared/store/mail/emails.ts';
import { dynamoHold } from '#shared/store/mail/hold.ts';
import { dynamoWorkflowVersions } from '#shared/store/mail/workflow-versions.ts';
import { dynamoOperatorLog } from '#shared/store/operator-log.ts';
import { dynamoOpenRuns } from '#shared/store/runs/open-runs.ts';
import { dynamoRunLists, runCounts } from '#shared/store/runs/run-lists.ts';
import { dynamoBrand, mailSettings } from '#shared/store/settings/brand.ts';
import { dynamoSettings } from '#shared/store/settings/settings.ts';
import { settingsRowsInOneGo } from '#shared/store/settings/settings-row.ts';
import { audienceFromEnv } from '#shared/store/wiring/audience.ts';
import { polarLinkOf } from '#shared/store/wiring/polar.ts';

const envSchema = z.object({
  CONTACTS_TABLE: z.string(),
  CUSTOMERS_TABLE: z.string(),
  ADDRESSES_TABLE: z.string(),
  EVENTS_TABLE: z.string(),
  FAILURES_TABLE: z.string(),
  SETTINGS_TABLE: z.string(),
  SUPPRESSIONS_TABLE: z.string(),
  WORKFLOWS_TABLE: z.string(),
  EMAILS_TABLE: z.string(),
  ACTS_TABLE: z.string(),
  COUNTS_TABLE: z.string(),
  EVENTS_QUEUE_URL: z.string(),
  EVENTS_DEAD_LETTERS_URL: z.string(),
  RUNS_TABLE: z.string(),
  WORDS_TABLE: z.string(),
  MAIL_QUEUE_URL: z.string(),
  MAIL_DEAD_LETTERS_URL: z.string(),
  FEEDBACK_QUEUE_URL: z.string(),
  FEEDBACK_DEAD_LETTERS_URL: z.string(),
  WEBHOOK_URL: z.string(),
  UNSUBSCRIBE_URL: z.string(),
  WEBHOOK_SECRET_ID: z.string(),
  SUPPRESSION_KEY_ID: z.string(),
  POLAR_ACCESS_ID: z.string(),
  RETENTION_DAYS: z.pipe(z.string(), z.transform(Number)),
  MAIL_FROM: z.string(),
  MAIL_IDENTITIES: z.optional(z.string()),
  CONFIGURATION_SET: z.string(),
  /** Which deployment it is, such as prod or staging. */
  STAGE: z._default(z.string(), 'local'),
  POLAR_API_URL: z.optional(z.string()),
  POLAR_AUTHORIZE_URL: z.optional(z.string()),
});

/** Somebody waits for the page, and API Gateway for half a minute at most. */
const requestTimeoutMs = 5_000;

export type ConsoleParts = ReturnType<typeof consoleParts>;

/** What the pages work with, from the environment of the function. */
export function consoleParts(variables: NodeJS.ProcessEnv) {
  const env = envSchema.parse(variables);
  const audience = audienceFromEnv(variables, {
    retentionDays: env.RETENTION_DAYS,
    requestTimeoutMs,
  });
  const { db, requestHandler, now } = audience;
  // What each page says of the deployment and what it is about are often in the same rows.
  const row = settingsRowsInOneGo(db, env.SETTINGS_TABLE);
  const brand = dynamoBrand(db, env.SETTINGS_TABLE, row);
  const queues: readonly DeadLetterQueue[] = [
    { name: 'events', url: env.EVENTS_DEAD_LETTERS_URL, sourceUrl: env.EVENTS_QUEUE_URL },
    { name: 'mail', url: env.MAIL_DEAD_LETTERS_URL, sourceUrl: env.MAIL_QUEUE_URL },
    { name: 'feedback', url: env.FEEDBACK_DEAD_LETTERS_URL, sourceUrl: env.FEEDBACK_QUEUE_URL },
  ];
  const secrets = new SecretsManagerClient({ requestHandler });
  const log = jsonLog();
  const polar = polarLinkOf({
    ...{ db, secrets, settingsTable: env.SETTINGS_TABLE, variables: env, log },
    ...{ accessId: env.POLAR_ACCESS_ID, webhookSecretId: env.WEBHOOK_SECRET_ID },
    webhookUrl: env.WEBHOOK_URL,
    row,
  });
  const runs = dynamoRunLists(db, env.RUNS_TABLE);
  const sqs = new SQSClient({ requestHandler });
  const send: SendToWorker = (message, DelaySeconds) =>
    sqs.send(new SendMessageCommand({ QueueUrl: env.EVENTS_QUEUE_URL, DelaySeconds, ...message }));
  const versions = dynamoWorkflowVersions(db, {
    workflows: env.WORKFLOWS_TABLE,
    settings: env.SETTINGS_TABLE,
  });
  const allWorkflows = readOnce(versions.all);
  return {
    env,
    ...audience,
    // What a person has just saved must show on the next page, whichever instance makes it.
    settings: mailSettings(dynamoSettings(db, env.SETTINGS_TABLE, row), brand),
    brand,
    sqs,
    queueCounts: readOnce(queueCounts(sqs)),
    workflows: resumingRuns({ ...versions, all: () => allWorkflows('all') }, send),
    emails: dynamoEmailAdmin(db, env.EMAILS_TABLE, now),
    acts: dynamoOperatorLog(db, env.ACTS_TABLE, { retentionDays: env.RETENTION_DAYS, now }),
    /** What the pages speak with Polar through. */
    polar,
    connections: polar.connections,
    counts: dynamoCounts(db, env.COUNTS_TABLE),
    hold: dynamoHold(db, env.SETTINGS_TABLE, row),
    imports: dynamoImports(db, env.SETTINGS_TABLE, row),
    queues,
    mailFrom: env.MAIL_FROM === '' ? undefined : env.MAIL_FROM,
    /** What SES knows the sender by: domains and addresses, comma-separated in the environment. */
    mailIdentities: env.MAIL_IDENTITIES?.split(',').filter(Boolean),
    newTag: () => randomBytes(4).toString('hex'),
    runs,
    openRuns: dynamoOpenRuns(db, env.RUNS_TABLE),
    runCounts: (workflowId: string) => runCounts(db, env.RUNS_TABLE, workflowId),
    /** Where these runs are going, by the facts of now. */
    outlook: async (found: readonly Run[], known: readonly Workflow[]) =>
      found.length === 0
        ? []
        : runsNow(found, { store: audience.store, workflows: known, now: now() }),
    /** How many wait at a step of a workflow; of many at least a hundred. */
    waitingAt: (workflowId: string, stepId: string): Promise<number> =>
      runs.waitingAt(workflowId, stepId, mostCounted),
    log,
  };
}
