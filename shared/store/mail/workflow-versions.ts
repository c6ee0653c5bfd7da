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
import { refusedWrite } from '#shared/store/audience/refused-write.ts';
import { dynamoWorkflows } from './workflows.ts';

type Tables = Readonly<{ workflows: string; settings: string }>;

/** Of so many that were removed last the emails are listed and counted: each is some queries more. */
export const mostRemoved = 20;

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
      Item: {
        name: keptVersionName(workflow, workflow.version),
        workflow: storedWorkflow(workflow),
      },
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

  /** All that is kept of one workflow, or of each, as it was written. */
  async function* kept(workflowId?: string): AsyncGenerator<Workflow> {
    const scan = {
      TableName: settings,
      ConsistentRead: true,
      FilterExpression: 'begins_with(#name, :versions)',
      ExpressionAttributeNames: { '#name': 'name' },
      ExpressionAttributeValues: {
        ':versions': workflowId === undefined ? prefix : keptVersionName({ workflowId }, ''),
      },
    };
    for await (const page of paginateScan({ client: db }, scan)) {
      for (const { workflow } of page.Items ?? []) {
        const one = storedWorkflowSchema.safeParse(workflow).data;
        if (one) yield one;
      }
    }
  }

  async function versions(workflowId: string): Promise<Workflow[]> {
    const present = await reader.find(workflowId);
    const found = new Map(present && [[present.version, present]]);
    for await (const one of kept(workflowId)) {
      if (!found.has(one.version)) found.set(one.version, one);
    }
    return [...found.values()].sort((a, b) => b.version - a.version);
  }

  return {
    ...reader,
    versions,

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

    async removed(known) {
      const last = new Map<string, Workflow>();
      for await (const one of kept()) {
        const { workflowId, version } = one;
        if ((last.get(workflowId)?.version ?? 0) < version) last.set(workflowId, one);
      }
      const present = known ?? (await Promise.all([...last.keys()].map(reader.find)));
      for (const one of present) if (one) last.delete(one.workflowId);
      return [...last.values()].sort((a, b) => (a.updatedAt > b.updatedAt ? -1 : 1));
    },

    async bringBack(workflow) {
      const [last] = await versions(workflow.workflowId);
      if (last?.version !== workflow.version - 1) return false;
      const isGone = { ConditionExpression: 'attribute_not_exists(workflowId)' };
      return isDone([{ Put: { TableName: table, Item: storedWorkflow(workflow), ...isGone } }]);
    },
  };
}

const prefix = 'workflow#';

/** The name of the item that keeps an earlier version. */
export function keptVersionName(
  { workflowId }: Pick<Workflow, 'workflowId'>,
  version: number | '',
): string {
  return `${prefix}${workflowId}#${version}`;
}
