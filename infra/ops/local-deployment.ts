import { localAccount, localClientConfig, localMailFrom } from '#infra/local/local-account.ts';
import type { RunningStack } from '#infra/local/running-stack.ts';
import { mailbox } from '#shared/mail/sender-address.ts';
import type { Deployment } from './deployment.ts';

const stackName = 'PolarAudience-local';

/** The stack that runs on this machine. Its services have the ports after that of its HTTP API, its resources fixed names. */
export function localDeployment({
  webhookUrl,
}: Pick<RunningStack, 'webhookUrl'>): Omit<Deployment, 'options'> {
  const { port, origin } = new URL(webhookUrl);
  const at = (offset: number) => `http://127.0.0.1:${Number(port) + offset}`;
  const sqs = at(2);
  return {
    title: `The local stack at ${origin}`,
    workflowsTable: `${stackName}-Workflows`,
    emailsTable: `${stackName}-Emails`,
    settingsTable: `${stackName}-Settings`,
    mailQueueUrl: `${sqs}/${localAccount}/${stackName}-mail-000000000000`,
    mailFrom: localMailFrom,
    mailIdentities: [mailbox(localMailFrom).address],
    retentionDays: 90,
    consoleUrl: `http://localhost:${port}/console`,
    unsubscribeUrl: `${origin}/unsubscribe`,
    clientConfigs: {
      dynamodb: localClientConfig(at(1)),
      sqs: localClientConfig(sqs),
      sesv2: localClientConfig(at(4)),
    },
  };
}
