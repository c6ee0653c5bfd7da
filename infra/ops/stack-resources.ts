import { CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import { Advice } from '#infra/local/advice.ts';
import { localAccount, localClientConfig } from '#infra/local/local-account.ts';
import type { Deployment, Target } from './deployment.ts';

/** The tables, queues and secrets of a stack by their pinned logical ids. Throws Advice about one that it has not. */
export type StackResources = Readonly<{
  /** The name of a table, the URL of a queue, the id of a secret. */
  physicalId: (logicalId: string) => string;
  secretsManager: { region: string } | ReturnType<typeof localClientConfig>;
}>;

/** The resources of the deployment that was found for this target. */
export async function stackResources(
  { stage = 'prod' }: Target,
  { clientConfigs, unsubscribeUrl }: Pick<Deployment, 'clientConfigs' | 'unsubscribeUrl'>,
): Promise<StackResources> {
  const { sqs, dynamodb } = clientConfigs;
  if ('endpoint' in sqs) return localResources(sqs.endpoint, unsubscribeUrl);
  const client = new CloudFormationClient(dynamodb);
  try {
    return { physicalId: await physicalIds(client, stage), secretsManager: dynamodb };
  } finally {
    client.destroy();
  }
}

async function physicalIds(client: CloudFormationClient, stage: string) {
  const StackName = `PolarAudience-${stage}`;
  const ids = new Map<string, string>();
  for await (const page of paginateListStackResources({ client }, { StackName })) {
    for (const { LogicalResourceId, PhysicalResourceId } of page.StackResourceSummaries ?? []) {
      if (LogicalResourceId && PhysicalResourceId) ids.set(LogicalResourceId, PhysicalResourceId);
    }
  }
  return (logicalId: string) => {
    const id = ids.get(logicalId);
    if (id !== undefined) return id;
    throw new Advice(
      `The stack ${StackName} has no ${logicalId}: it is not deployed yet, or by an older version. Run "npx cdk deploy" first.`,
    );
  };
}

/** They have fixed names on this machine; Secrets Manager has the third port after that of the HTTP API. */
function localResources(sqs: string, unsubscribeUrl: string): StackResources {
  const stack = 'PolarAudience-local';
  const port = Number(new URL(unsubscribeUrl).port) + 3;
  const physicalId = (id: string) => {
    const [, source] = /^(.*)Queue$/.exec(id) ?? [];
    if (source) return `${sqs}/${localAccount}/${stack}-${source.toLowerCase()}-000000000000`;
    if (id.endsWith('DeadLetters')) return `${sqs}/${localAccount}/${stack}-${id}`;
    return /(Key|Secret|Access)$/.test(id) ? `${id}-local` : `${stack}-${id}`;
  };
  return { physicalId, secretsManager: localClientConfig(`http://127.0.0.1:${port}`) };
}
