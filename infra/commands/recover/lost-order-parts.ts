import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Deployment } from '#infra/commands/deployment/deployment.ts';
import type { StackResources } from '#infra/commands/deployment/resources.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import { encodeEventMessage } from '#shared/queue/encode-event-message.ts';
import { recordsOfCustomer } from '#shared/store/events/records-of-customer.ts';
import { dynamoEmailAdmin } from '#shared/store/mail/emails.ts';
import { dynamoWorkflows } from '#shared/store/mail/workflows.ts';
import type { LostParts } from './lost.ts';

type Side = Readonly<{ settings: Settings; now: () => Date; newId: () => string }>;

/** What lost orders are found and applied with, in a deployment. Reads the workflows once. */
export async function lostOrderParts(
  db: DynamoDBDocumentClient,
  { clientConfigs, workflowsTable, emailsTable, mailFrom, retentionDays }: Deployment,
  { physicalId }: StackResources,
  { settings, now, newId }: Side,
): Promise<Pick<LostParts, 'rehearsal' | 'recordsOf' | 'retentionDays' | 'enqueue'>> {
  const sqs = new SQSClient(clientConfigs.sqs);
  const QueueUrl = physicalId('EventsQueue');
  return {
    rehearsal: {
      surroundings: { settings, now: now(), newId },
      workflows: await dynamoWorkflows(db, workflowsTable).all(),
      emailUnder: dynamoEmailAdmin(db, emailsTable, now).find,
      hasSender: mailFrom !== undefined,
    },
    recordsOf: recordsOfCustomer(db, physicalId('Events')),
    retentionDays,
    async enqueue(webhook) {
      const message = encodeEventMessage(webhook);
      if (message === 'too-large') {
        throw new Error(`The order of ${webhook.webhookId} is too large for the queue.`);
      }
      await sqs.send(new SendMessageCommand({ QueueUrl, ...message }));
    },
  };
}
