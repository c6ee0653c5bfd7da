import {
  CreateQueueCommand,
  GetQueueUrlCommand,
  QueueDoesNotExist,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Identities } from './identities.ts';

/** The properties of a queue in CloudFormation that are attributes of the same name in SQS. */
const attributeNames = [
  'ContentBasedDeduplication',
  'DelaySeconds',
  'FifoQueue',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'RedriveAllowPolicy',
  'RedrivePolicy',
  'SqsManagedSseEnabled',
  'VisibilityTimeout',
];

/** Creates the stack's queues, or brings existing ones up to date. Gives their URLs by logical id. */
export async function createQueues(
  client: SQSClient,
  identities: Identities,
): Promise<Readonly<Record<string, string>>> {
  const queues = identities.ofType('AWS::SQS::Queue');
  const urls = await Promise.all(
    queues.map(async ({ logicalId, properties }) => {
      const url = String(identities.resolve({ Ref: logicalId }));
      await createOrUpdate(client, identities.nameOf(logicalId), url, attributesOf(properties));
      return [logicalId, url] as const;
    }),
  );
  return Object.fromEntries(urls);
}

async function createOrUpdate(
  client: SQSClient,
  name: string,
  url: string,
  attributes: Record<string, string>,
): Promise<void> {
  try {
    await client.send(new GetQueueUrlCommand({ QueueName: name }));
    await client.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: attributes }));
  } catch (error) {
    if (!(error instanceof QueueDoesNotExist)) throw error;
    await client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
  }
}

function attributesOf(properties: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    attributeNames.flatMap((name) => {
      const value = properties[name];
      if (value === undefined) return [];
      return [[name, typeof value === 'object' ? JSON.stringify(value) : String(value)]];
    }),
  );
}
