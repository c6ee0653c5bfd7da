import { type DynamoDBDocumentClient, GetCommand, paginateScan } from '@aws-sdk/lib-dynamodb';
import {
  storedWorkflowSchema,
  type Workflow,
  type WorkflowReader,
} from '#shared/audience/workflow.ts';
import { indexKey } from '#shared/store/dynamo.ts';

/** The workflows in DynamoDB, few enough to be read all at once. */
export function dynamoWorkflows(db: DynamoDBDocumentClient, table: string): WorkflowReader {
  return {
    async all() {
      const found: Workflow[] = [];
      for await (const page of paginateScan({ client: db }, { TableName: table })) {
        for (const item of page.Items ?? []) found.push(storedWorkflowSchema.parse(item));
      }
      return found;
    },

    async find(workflowId) {
      if (indexKey(workflowId) === undefined) return undefined;
      const get = new GetCommand({ TableName: table, Key: { workflowId }, ConsistentRead: true });
      const { Item } = await db.send(get);
      return Item && storedWorkflowSchema.parse(Item);
    },
  };
}
