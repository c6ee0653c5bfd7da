import {
  CloudFormationClient,
  CloudFormationServiceException,
  DescribeStacksCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { localIds, localPorts } from '#infra/local/assembly/local-resources.ts';
import { followStack } from '#infra/local/clock/local-clock.ts';
import { spanText } from '#infra/local/clock/words.ts';
import { localClientConfig, localMailFrom } from '#infra/local/local-account.ts';
import { localDirectory, type RunningStack, runningStack } from '#infra/local/running-stack.ts';
import { polarVariables, type StandInForPolar } from '#infra/local/stand-in-for-polar.ts';
import { Advice, withAdvice } from '#infra/terminal/advice.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import { mailbox } from '#shared/mail/sender.ts';
import { dynamoSettings, InvalidSettings } from '#shared/store/settings/settings.ts';

const outputsSchema = z.object({
  WorkflowsTableName: z.string(),
  EmailsTableName: z.string(),
  SettingsTableName: z.string(),
  MailQueueUrl: z.string(),
  WebhookUrl: z.url(),
  UnsubscribeUrl: z.url().optional(),
  MailFrom: z.string().optional(),
  MailIdentities: z.string().optional(),
  ConsoleUrl: z.url().optional(),
  ConsolePolicyArn: z.string().optional(),
  ActsTableName: z.string().optional(),
  RetentionDays: z.coerce.number().int().positive().default(90),
});

/** Where links to unsubscribe lead: a domain of the stage's own, or its API, as in stacks that do not say it yet. */
export function unsubscribeUrlOf({
  UnsubscribeUrl,
  WebhookUrl,
}: Pick<z.infer<typeof outputsSchema>, 'UnsubscribeUrl' | 'WebhookUrl'>): string {
  return UnsubscribeUrl ?? new URL('/unsubscribe', WebhookUrl).href;
}

/** The stack of a stage in AWS, with the credentials and, unless given, the region of the environment or profile. */
async function awsDeployment(stage: string, region?: string): Promise<Omit<Deployment, 'options'>> {
  const client = new CloudFormationClient(region === undefined ? {} : { region });
  const name = `PolarAudience-${stage}`;
  let asked = region ?? process.env['AWS_REGION'];
  try {
    const { found, outputs } = await withAdvice(
      async () => {
        asked = await client.config.region();
        return { found: asked, outputs: outputsOf(name, await describe(client, name, asked)) };
      },
      () =>
        `Looked for stage ${stage} in ${asked ?? 'no region'}, with ${credentialsUsed(process.env)}.`,
    );
    const config = { region: found };
    return {
      title: `Stage ${stage}: stack ${name} in ${found}`,
      workflowsTable: outputs.WorkflowsTableName,
      emailsTable: outputs.EmailsTableName,
      settingsTable: outputs.SettingsTableName,
      actsTable: outputs.ActsTableName,
      mailQueueUrl: outputs.MailQueueUrl,
      retentionDays: outputs.RetentionDays,
      mailFrom: outputs.MailFrom,
      mailIdentities: outputs.MailIdentities?.split(','),
      consoleUrl: outputs.ConsoleUrl,
      consolePolicyArn: outputs.ConsolePolicyArn,
      webhookUrl: outputs.WebhookUrl,
      unsubscribeUrl: unsubscribeUrlOf(outputs),
      clientConfigs: { dynamodb: config, sqs: config, sesv2: config },
    };
  } finally {
    client.destroy();
  }
}

/** Whose credentials AWS is asked with, as far as the environment tells. */
export function credentialsUsed({ AWS_PROFILE, AWS_ACCESS_KEY_ID }: NodeJS.ProcessEnv): string {
  if (AWS_PROFILE) return `the profile ${AWS_PROFILE}`;
  return AWS_ACCESS_KEY_ID ? 'the credentials in AWS_ACCESS_KEY_ID' : 'the default profile';
}

async function describe(client: CloudFormationClient, name: string, region: string) {
  const missing = () =>
    new Advice(
      `There's no stack ${name} in ${region}, using ${credentialsUsed(process.env)}. Deploy it, or choose another with --stage, --region and AWS_PROFILE.`,
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
    `The stack ${name} has no output ${missing}: it isn't deployed yet, or an older version is. Run "npx cdk deploy" first.`,
  );
}

/** The stack that runs on this machine. */
export function localDeployment({
  webhookUrl,
  polarUrl,
}: Pick<RunningStack, 'webhookUrl' | 'polarUrl'>): Omit<Deployment, 'options'> {
  const { port, origin } = new URL(webhookUrl);
  const ports = localPorts(Number(port));
  const { dynamodb, sqs, ses } = localAddresses(origin);
  const physicalId = physicalIdIn('PolarAudience-local', localIds(sqs));
  return {
    title: `The local stack at ${origin}`,
    workflowsTable: physicalId('Workflows'),
    emailsTable: physicalId('Emails'),
    settingsTable: physicalId('Settings'),
    actsTable: physicalId('Acts'),
    mailQueueUrl: physicalId('MailQueue'),
    mailFrom: localMailFrom,
    mailIdentities: [mailbox(localMailFrom).address],
    retentionDays: 90,
    consoleUrl: `http://localhost:${ports.console}/console`,
    webhookUrl,
    unsubscribeUrl: `${origin}/unsubscribe`,
    ...(polarUrl !== undefined && { polar: polarVariables(polarUrl) }),
    clientConfigs: {
      dynamodb: localClientConfig(dynamodb),
      sqs: localClientConfig(sqs),
      sesv2: localClientConfig(ses),
    },
  };
}

export function localAddresses(httpApi: string) {
  const ports = localPorts(Number(new URL(httpApi).port));
  const at = (port: number) => `http://127.0.0.1:${port}`;
  return {
    dynamodb: at(ports.dynamodb),
    sqs: at(ports.sqs),
    ses: at(ports.ses),
    secretsManager: at(ports.secretsManager),
  };
}

type ClientConfig = { region: string } | ReturnType<typeof localClientConfig>;

/** A stack that is there, in AWS or on this machine, and what a command needs to work with it. */
export type Deployment = Readonly<{
  /** Which one it is, for people. */
  title: string;
  /** The options with which the next command means the same one. */
  options: string;
  workflowsTable: string;
  emailsTable: string;
  settingsTable: string;
  mailQueueUrl: string;
  /** The operator log; absent: an older version is deployed, which has none. */
  actsTable?: string | undefined;
  /** How many days event records are kept. */
  retentionDays: number;
  /** Absent: no sender is set up. */
  mailFrom?: string | undefined;
  /** In whose names SES lets mail be sent; absent: an older version is deployed, which does not say. */
  mailIdentities?: readonly string[] | undefined;
  /** Absent: an older version is deployed, which has no console. */
  consoleUrl?: string | undefined;
  /** What has to be attached to those who are to use the console; absent on this machine. */
  consolePolicyArn?: string | undefined;
  /** What Polar has to send to: its path may be any that this deployment was given. */
  webhookUrl: string;
  /** Where a token follows after a slash. */
  unsubscribeUrl: string;
  /** Where the Polar beside the local stack is; absent: where the environment says, else Polar itself. */
  polar?: StandInForPolar;
  clientConfigs: Readonly<Record<'dynamodb' | 'sqs' | 'sesv2', ClientConfig>>;
}>;

export type Target = Readonly<{
  local?: boolean | undefined;
  stage?: string | undefined;
  region?: string | undefined;
}>;

const usualStage = 'prod';

/**
 * The deployment that the options name; without options the local one while it runs, else the stage prod in AWS.
 * Says which it is before anything is done to it. Throws Advice where there is none.
 */
export async function findDeployment(
  target: Target,
  print: (line: string) => void,
  running: () => Promise<RunningStack | undefined> = () => runningStack(localDirectory()),
): Promise<Deployment> {
  const deployment = await chosen(target, await running());
  print(`${deployment.title}\n`);
  return deployment;
}

/**
 * From now on this process has the time of the stack that the options name, where that is the local one: by it a time
 * such as "24h" is read, and what the command writes down is dated.
 */
export async function followChosen(target: Target): Promise<void> {
  const running = namesAws(target) ? undefined : await runningStack(localDirectory());
  if (running) followStack(running.aheadMs);
}

function namesAws({ stage, region }: Target): boolean {
  return stage !== undefined || region !== undefined;
}

async function chosen(target: Target, running: RunningStack | undefined): Promise<Deployment> {
  const { local, stage, region } = target;
  const isAws = namesAws(target);
  if (local && isAws) throw new Advice('--local means this machine: drop --stage and --region.');
  if (local && !running) {
    throw new Advice(
      'The local stack isn\'t running. Start it with "npm start" in another terminal.',
    );
  }
  if (running && !isAws) {
    // What a command writes down there has the time that the functions there have.
    followStack(running.aheadMs);
    const found = localDeployment(running);
    const ahead = running.aheadMs === 0 ? '' : `, its clock ${spanText(running.aheadMs)} ahead`;
    const title = `${found.title}${ahead}`;
    if (local) return { ...found, title, options: ' --local' };
    return { ...found, title: `${title} (in AWS: --stage ${usualStage})`, options: '' };
  }
  const options = [stage && ` --stage ${stage}`, region && ` --region ${region}`];
  return {
    ...(await awsDeployment(stage ?? usualStage, region)),
    options: options.filter(Boolean).join(''),
  };
}

/** The settings, seeded where there are none. Throws Advice where the document is not valid. */
export async function readSettings(db: DynamoDBDocumentClient, table: string): Promise<Settings> {
  try {
    return await dynamoSettings(db, table)();
  } catch (error) {
    if (!(error instanceof InvalidSettings)) throw error;
    throw new Advice(`${error.message} Run "npm run settings -- show" to see how to fix it.`, {
      cause: error,
    });
  }
}

export function physicalIdIn(stackName: string, ids: ReadonlyMap<string, string>) {
  return (logicalId: string) => {
    const id = ids.get(logicalId);
    if (id !== undefined) return id;
    throw new Advice(
      `The stack ${stackName} has no ${logicalId}: it isn't deployed yet, or an older version is. Run "npx cdk deploy" first.`,
    );
  };
}
