import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSHandler } from 'aws-lambda';
import * as z from 'zod/mini';
import { cached } from '#shared/in-time.ts';
import { jsonLog } from '#shared/log.ts';
import { mailsSideBySide, paced } from '#shared/mail/pace.ts';
import { sesClient, sesSender } from '#shared/mail/ses.ts';
import { unsubscribeTokens } from '#shared/mail/unsubscribe-token.ts';
import { failedMessages } from '#shared/queue/each-record.ts';
import { dynamoFailures } from '#shared/queue/failures.ts';
import { readRecord } from '#shared/store/events/event-item.ts';
import { dynamoHold } from '#shared/store/mail/hold.ts';
import { dynamoEmails } from '#shared/store/mail/ledger.ts';
import { dynamoWorkflows } from '#shared/store/mail/workflows.ts';
import { dynamoPortal } from '#shared/store/polar/portal.ts';
import { dynamoBrand, mailSettings } from '#shared/store/settings/brand.ts';
import { audienceFromEnv } from '#shared/store/wiring/audience.ts';
import { composer } from './compose.ts';
import { mailer } from './mailer.ts';
import { mailSituation } from './situation.ts';

const env = z
  .object({
    EVENTS_TABLE: z.string(),
    CUSTOMERS_TABLE: z.string(),
    WORKFLOWS_TABLE: z.string(),
    EMAILS_TABLE: z.string(),
    MAILBOXES_TABLE: z.string(),
    SETTINGS_TABLE: z.string(),
    FAILURES_TABLE: z.string(),
    MAIL_QUEUE_URL: z.string(),
    MAIL_DEAD_LETTERS_URL: z.string(),
    CONFIGURATION_SET: z.string(),
    MAIL_FROM: z.string(),
    UNSUBSCRIBE_URL: z.string(),
    /** Of this mailer; there may be others at the same time, with a share of their own. */
    MAILS_PER_SECOND: z.pipe(z.string(), z.transform(Number)),
  })
  .parse(process.env);

const sesTimeoutMs = 10_000;
/** For so long mail may still go out after somebody holds it. */
const holdMs = 2_000;
/** Whose portal it is changes only when Polar is disconnected and another organization connected. */
const portalMs = 300_000;
/** As long as the settings are kept. */
const brandMs = 30_000;

const sideBySide = mailsSideBySide(env.MAILS_PER_SECOND);
/** Of one email: what decides on it is read at the same time. */
const readsAtOnce = 3;

const { db, store, settings, suppressionKey, addressHash, now, requestHandler } = audienceFromEnv(
  process.env,
  { seedsSettings: false, callsAtOnce: sideBySide * readsAtOnce },
);
const ses = sesClient(sesTimeoutMs, { callsAtOnce: sideBySide });
const sqs = new SQSClient({ requestHandler });
const log = jsonLog();
const brand = cached(dynamoBrand(db, env.SETTINGS_TABLE), brandMs, Date.now);
const failures = dynamoFailures(db, env.FAILURES_TABLE, now);

export const handler: SQSHandler = mailer({
  emails: dynamoEmails(db, env.EMAILS_TABLE, now, env.MAILBOXES_TABLE, env.CUSTOMERS_TABLE),
  hold: cached(dynamoHold(db, env.SETTINGS_TABLE).read, holdMs, Date.now),
  known: mailSituation({
    recorded: (webhookId) => readRecord(db, env.EVENTS_TABLE, webhookId),
    store,
    workflows: dynamoWorkflows(db, env.WORKFLOWS_TABLE),
    settings: mailSettings(settings, brand),
  }),
  compose: composer(
    env.MAIL_FROM,
    async (contactId, customerId, email) => {
      const hash = (await addressHash())(email);
      const recipient = { contactId, ...(customerId && { customerId }), addressHash: hash };
      const token = unsubscribeTokens(await suppressionKey()).of(recipient);
      return `${env.UNSUBSCRIBE_URL}/${token}`;
    },
    cached(dynamoPortal(db, env.SETTINGS_TABLE), portalMs, Date.now),
    brand,
  ),
  send: paced(sesSender(ses, env.CONFIGURATION_SET || undefined), {
    intervalMs: 1_000 / env.MAILS_PER_SECOND,
    nowMs: Date.now,
    sleep: (ms) => setTimeout(ms),
  }),
  addressHash: async (email) => (await addressHash())(email),
  // No suppression can have this hash: no address begins like that.
  mailboxHash: async (mailbox) => (await addressHash())(`mailbox ${mailbox}`),
  hasSender: env.MAIL_FROM !== '',
  newToken: randomUUID,
  now,
  sideBySide,
  failures,
  failed: failedMessages({
    sqs,
    queueUrl: env.MAIL_QUEUE_URL,
    deadLettersUrl: env.MAIL_DEAD_LETTERS_URL,
    failures,
    log,
  }),
  log,
});
