import {
  CloudFormationClient,
  CloudFormationServiceException,
  DescribeStacksCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import * as z from 'zod';
import { Advice } from '#infra/local/advice.ts';
import type { Deployment } from './deployment.ts';

const outputsSchema = z.object({
  WorkflowsTableName: z.string(),
  EmailsTableName: z.string(),
  SettingsTableName: z.string(),
  MailQueueUrl: z.string(),
  WebhookUrl: z.url(),
  MailFrom: z.string().optional(),
  MailIdentities: z.string().optional(),
  ConsoleUrl: z.url().optional(),
  ConsolePolicyArn: z.string().optional(),
  RetentionDays: z.coerce.number().int().positive().default(90),
});

/** The stack of a stage in AWS, with the credentials and, unless given, the region of the environment or profile. */
export async function awsDeployment(
  stage: string,
  region?: string,
): Promise<Omit<Deployment, 'options'>> {
  const client = new CloudFormationClient(region === undefined ? {} : { region });
  const name = `PolarAudience-${stage}`;
  try {
    const found = await client.config.region();
    const outputs = outputsOf(name, await describe(client, name, found));
    const config = { region: found };
    return {
      title: `Stage ${stage}: stack ${name} in ${found}`,
      workflowsTable: outputs.WorkflowsTableName,
      emailsTable: outputs.EmailsTableName,
      settingsTable: outputs.SettingsTableName,
      mailQueueUrl: outputs.MailQueueUrl,
      retentionDays: outputs.RetentionDays,
      mailFrom: outputs.MailFrom,
      mailIdentities: outputs.MailIdentities?.split(','),
      consoleUrl: outputs.ConsoleUrl,
      consolePolicyArn: outputs.ConsolePolicyArn,
      unsubscribeUrl: new URL('/unsubscribe', outputs.WebhookUrl).href,
      clientConfigs: { dynamodb: config, sqs: config, sesv2: config },
    };
  } finally {
    client.destroy();
  }
}

async function describe(client: CloudFormationClient, name: string, region: string) {
  const missing = () =>
    new Advice(
      `There is no stack ${name} in ${region}. Deploy it, or say which one you mean with --stage and --region.`,
    );
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: name }));
    const stack = Stacks?.[0];
    if (!stack) throw missing();
    return stack;
  } catch (error) {
    // CloudFormation has no error of its own for this.
    const isMissing =
      error instanceof CloudFormationServiceException &&
      error.name === 'ValidationError' &&
      error.message.includes('does not exist');
    throw isMissing ? missing() : error;
  }
}

function outputsOf(name: string, { Outputs = [] }: Stack) {
  const values = Object.fromEntries(
    Outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
  );
  const outputs = outputsSchema.safeParse(values);
  if (outputs.success) return outputs.data;
  const [missing] = outputs.error.issues.map(({ path }) => path.join('.'));
  throw new Advice(
    `The stack ${name} has no output ${missing}: it is not deployed yet, or by an older version. Run "npx cdk deploy" first.`,
  );
}
