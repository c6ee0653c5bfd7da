import {
  type DynamoDBDocumentClient,
  paginateScan,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import {
  storedWorkflow,
  storedWorkflowSchema,
  type Workflow,
  type Workflows,
} from '#shared/audience/workflow.ts';
import { refusedWrite } from '#shared/store/audience/audience-store.ts';
import { dynamoWorkflows } from './workflows.ts';

type Tables = Readonly<{ workflows: string; settings: string }>;

/**
 * The workflows with their earlier versions, which are items of table Settings: whoever scans Workflows for what sends,
 * an older version of the code too, must not meet them there.
 */
export function dynamoWorkflowVersions(
  db: DynamoDBDocumentClient,
  { workflows: table, settings }: Tables,
): Workflows {
  const reader = dynamoWorkflows(db, table);

  const keep = (workflow: Workflow) => ({
    Put: {
      TableName: settings,
      Item: { name: nameOf(workflow, workflow.version), workflow: storedWorkflow(workflow) },
    },
  });

  async function isDone(writes: TransactWriteCommandInput['TransactItems']): Promise<boolean> {
    try {
      await db.send(new TransactWriteCommand({ TransactItems: writes }));
      return true;
    } catch (error) {
      if (refusedWrite(error, false).kind === 'conflict') return false;
      throw error;
    }
  }

  return {
    ...reader,

    async save(workflow) {
      const put = { TableName: table, Item: storedWorkflow(workflow) };
      if (workflow.version === 1) {
        const isNew = { ConditionExpression: 'attribute_not_exists(workflowId)' };
        return isDone([{ Put: { ...put, ...isNew } }]);
      }
      const replaced = await reader.find(workflow.workflowId);
      if (replaced?.version !== workflow.version - 1) return false;
      const isAsRead = {
        ConditionExpression: 'version = :before',
        ExpressionAttributeValues: { ':before': replaced.version },
      };
      return isDone([{ Put: { ...put, ...isAsRead } }, keep(replaced)]);
    },

    async remove({ workflowId, version }) {
      const present = await reader.find(workflowId);
      if (!present) return true;
      if (present.version !== version) return false;
      const remove = {
        TableName: table,
        Key: { workflowId },
        ConditionExpression: 'attribute_not_exists(workflowId) OR version = :seen',
        ExpressionAttributeValues: { ':seen': version },
      };
      return isDone([{ Delete: remove }, keep(present)]);
    },

    async versions(workflowId) {
      const scan = {
        TableName: settings,
        ConsistentRead: true,
        FilterExpression: 'begins_with(#name, :versions)',
        ExpressionAttributeNames: { '#name': 'name' },
        ExpressionAttributeValues: { ':versions': nameOf({ workflowId }, '') },
      };
      const present = await reader.find(workflowId);
      const found = new Map(present && [[present.version, present]]);
      for await (const page of paginateScan({ client: db }, scan)) {
        for (const { workflow } of page.Items ?? []) {
          const kept = storedWorkflowSchema.safeParse(workflow).data;
          if (kept && !found.has(kept.version)) found.set(kept.version, kept);
        }
      }
      return [...found.values()].sort((a, b) => b.version - a.version);
    },
  };
}

function nameOf({ workflowId }: Pick<Workflow, 'workflowId'>, version: number | ''): string {
  return `workflow#${workflowId}#${version}`;
}
