import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import { jsonLog } from '#shared/log.ts';
import { type WorkerMessage, wakeMessage } from '#shared/queue/events-queue.ts';
import { encodeMailMessage } from '#shared/queue/mail-queue.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoDueEmails } from '#shared/store/mail/due-emails.ts';
import { dynamoHold } from '#shared/store/mail/hold.ts';
import { dynamoDueRuns } from '#shared/store/runs/due-runs.ts';
import { clock } from './clock.ts';

const env = z
  .object({
    EMAILS_TABLE: z.string(),
    SETTINGS_TABLE: z.string(),
    RUNS_TABLE: z.string(),
    MAIL_QUEUE_URL: z.string(),
    EVENTS_QUEUE_URL: z.string(),
    MOST_EMAILS: z.pipe(z.string(), z.transform(Number)),
    MOST_RUNS: z.pipe(z.string(), z.transform(Number)),
  })
  .parse(process.env);

const requestHandler = {
  connectionTimeout: 1_000,
  requestTimeout: 3_000,
  throwOnRequestTimeout: true,
};
const sqs = new SQSClient({ requestHandler });

const db = documentClient(new DynamoDBClient({ requestHandler }));
const hold = dynamoHold(db, env.SETTINGS_TABLE);

async function send(QueueUrl: string, messages: readonly WorkerMessage[]): Promise<void> {
  const Entries = messages.map((message, index) => ({ Id: String(index), ...message }));
  const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  if (Failed.length > 0) throw new Error(`The queue refused a message: ${Failed[0]?.Code}.`);
}

export const handler = clock({
  emails: dynamoDueEmails(db, env.EMAILS_TABLE),
  isReleased: async () => (await hold.read())?.isOn === false,
  queue: (messages) => send(env.MAIL_QUEUE_URL, messages.map(encodeMailMessage)),
  runs: dynamoDueRuns(db, env.RUNS_TABLE),
  wake: (wakes) => send(env.EVENTS_QUEUE_URL, wakes.map(wakeMessage)),
  mostRuns: env.MOST_RUNS,
  mostEmails: env.MOST_EMAILS,
  now: () => new Date(),
  log: jsonLog(),
});
