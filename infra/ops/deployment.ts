import { Advice } from '#infra/local/advice.ts';
import type { localClientConfig } from '#infra/local/local-account.ts';
import { localDirectory, type RunningStack, runningStack } from '#infra/local/running-stack.ts';
import { awsDeployment } from './aws-deployment.ts';
import { localDeployment } from './local-deployment.ts';

type ClientConfig = { region: string } | ReturnType<typeof localClientConfig>;

/** A stack that is there, in AWS or on this machine, and what a command needs to work with it. */
export type Deployment = Readonly<{
  /** Which one it is, for people. */
  title: string;
  /** What has to stand behind the next command to mean the same one. */
  options: string;
  workflowsTable: string;
  emailsTable: string;
  settingsTable: string;
  mailQueueUrl: string;
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
  /** Where a token follows after a slash. */
  unsubscribeUrl: string;
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
  running: () => Promise<RunningStack | undefined> = () => runningStack(localDirectory),
): Promise<Deployment> {
  const deployment = await chosen(target, await running());
  print(`${deployment.title}\n`);
  return deployment;
}

async function chosen(
  { local, stage, region }: Target,
  running: RunningStack | undefined,
): Promise<Deployment> {
  const namesAws = stage !== undefined || region !== undefined;
  if (local && namesAws) throw new Advice('--local is this machine: leave --stage and --region.');
  if (local && !running) {
    throw new Advice('The local stack is not running. Start it with "npm start" elsewhere.');
  }
  if (running && !namesAws) {
    const found = localDeployment(running);
    if (local) return { ...found, options: ' --local' };
    return { ...found, title: `${found.title} (in AWS: --stage ${usualStage})`, options: '' };
  }
  const options = [stage && ` --stage ${stage}`, region && ` --region ${region}`];
  return {
    ...(await awsDeployment(stage ?? usualStage, region)),
    options: options.filter(Boolean).join(''),
  };
}
