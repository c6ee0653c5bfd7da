import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  paginateScan,
} from '@aws-sdk/lib-dynamodb';
import { type Workflow, type Workflows, workflowSchema } from '#shared/audience/workflow.ts';
import { indexKey } from '#shared/store/dynamo.ts';

/** The workflows in DynamoDB, few enough to be read all at once. */
export function dynamoWorkflows(db: DynamoDBDocumentClient, table: string): Workflows {
  return {
    async all() {
      const found: Workflow[] = [];
      for await (const page of paginateScan({ client: db }, { TableName: table })) {
        for (const item of page.Items ?? []) found.push(workflowSchema.parse(item));
      }
      return found;
    },

    async find(workflowId) {
      if (indexKey(workflowId) === undefined) return undefined;
      const get = new GetCommand({ TableName: table, Key: { workflowId }, ConsistentRead: true });
      const { Item } = await db.send(get);
      return Item && workflowSchema.parse(Item);
    },

    async save(workflow) {
      const condition =
        workflow.version === 1
          ? { ConditionExpression: 'attribute_not_exists(workflowId)' }
          : {
              ConditionExpression: 'version = :before',
              ExpressionAttributeValues: { ':before': workflow.version - 1 },
            };
      const put = new PutCommand({ TableName: table, Item: workflow, ...condition });
      return isDone(db.send(put));
    },

    async remove({ workflowId, version }) {
      const remove = new DeleteCommand({
        TableName: table,
        Key: { workflowId },
        ConditionExpression: 'attribute_not_exists(workflowId) OR version = :seen',
        ExpressionAttributeValues: { ':seen': version },
      });
      return isDone(db.send(remove));
    },
  };
}

async function isDone(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
