import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import { jsonLog } from '#shared/log.ts';
import { encodeMailMessage } from '#shared/queue/mail-queue.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoDueEmails } from '#shared/store/mail/due-emails.ts';
import { dynamoHold } from '#shared/store/mail/hold.ts';
import { clock } from './clock.ts';

const env = z
  .object({
    EMAILS_TABLE: z.string(),
    SETTINGS_TABLE: z.string(),
    MAIL_QUEUE_URL: z.string(),
    MOST_EMAILS: z.pipe(z.string(), z.transform(Number)),
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

export const handler = clock({
  emails: dynamoDueEmails(db, env.EMAILS_TABLE),
  isReleased: async () => (await hold.read())?.isOn === false,
  queue: async (messages) => {
    const Entries = messages.map((message, index) => ({
      Id: String(index),
      ...encodeMailMessage(message),
    }));
    const { Failed = [] } = await sqs.send(
      new SendMessageBatchCommand({ QueueUrl: env.MAIL_QUEUE_URL, Entries }),
    );
    if (Failed.length > 0) throw new Error(`The queue refused a message: ${Failed[0]?.Code}.`);
  },
  mostEmails: env.MOST_EMAILS,
  now: () => new Date(),
  log: jsonLog(),
});
