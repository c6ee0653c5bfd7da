import { CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import { localIds } from '#infra/local/assembly/local-resources.ts';
import { localClientConfig } from '#infra/local/local-account.ts';
import { type Deployment, localAddresses, physicalIdIn, type Target } from './deployment.ts';

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
  if ('endpoint' in sqs) {
    const { secretsManager } = localAddresses(unsubscribeUrl);
    return {
      physicalId: physicalIdIn('PolarAudience-local', localIds(sqs.endpoint)),
      secretsManager: localClientConfig(secretsManager),
    };
  }
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
  return physicalIdIn(StackName, ids);
}
