import { Duration, Stack, Validations } from 'aws-cdk-lib';
import {
  type HttpApi,
  HttpMethod,
  type HttpStage,
  PayloadFormatVersion,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { ManagedPolicy, Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Construct } from 'constructs';
import type { IngestApi } from './ingest-api.ts';
import { lambdaFunction } from './lambda-function.ts';
import type { Mail } from './mail.ts';
import { type QueueWithDeadLetters, queueWork } from './queue.ts';
import type { Secrets } from './secrets.ts';
import { allowSending } from './sender-identity.ts';
import { pinLogicalId } from './stateful.ts';
import { type AudienceTables, type TableUses, transactedRow, wordWrites } from './tables.ts';

/** What people see and change in the console. */
type ConsoleReach = Readonly<{
  tables: AudienceTables;
  events: QueueWithDeadLetters;
  mail: Mail;
  secrets: Secrets;
}>;

/** Gives the console what it works with, and exactly the calls that it makes. */
function allowConsole(
  lambda: NodejsFunction,
  { tables, events, mail, secrets }: ConsoleReach,
): void {
  tables.give(lambda, tableUses);
  // It sends dead letters through again: into their queue first, then out of the dead letters. And puts some back there.
  for (const queue of [events, mail.outgoing, mail.reports]) {
    queue.give(lambda, {
      calls: ['SendMessage', 'GetQueueAttributes'],
      deadLetters: [...queueWork, 'SendMessage'],
    });
  }
  const changed = ['GetSecretValue', 'PutSecretValue'] as const;
  secrets.give(lambda, {
    suppressionKey: ['GetSecretValue'],
    webhookSecret: changed,
    polarAccess: changed,
  });
  allowSending(lambda, mail.sending);
  if (mail.sender) allowSuppressionList(lambda);
}

const tableUses: TableUses = {
  contacts: {
    calls: [...transactedRow, 'DeleteItem'],
    queries: ['byCreation', 'byContactId', 'byExternalId', 'byGroup'],
  },
  // A customer whom no contact shows is in no index.
  customers: { calls: [...transactedRow, 'Scan'] },
  addresses: { calls: [...transactedRow, 'DeleteItem'] },
  suppressions: { calls: transactedRow },
  // An import records what it applies.
  events: { calls: ['GetItem', 'BatchGetItem', 'PutItem'], queries: ['byContact', 'byDay'] },
  // With a dead letter that is put back comes why it died.
  failures: { calls: ['BatchGetItem', 'PutItem', 'DeleteItem', 'Scan'] },
  settings: { calls: ['GetItem', 'BatchGetItem', 'PutItem', 'DeleteItem', 'UpdateItem', 'Scan'] },
  workflows: { calls: ['GetItem', 'PutItem', 'DeleteItem', 'Scan'] },
  emails: {
    calls: ['GetItem', 'BatchGetItem', 'UpdateItem'],
    queries: ['byContact', 'byWorkflow', 'byDue'],
  },
  acts: { calls: ['PutItem', 'UpdateItem', 'Query'] },
  runs: { calls: transactedRow, queries: ['byContact', 'byWorkflow'] },
  words: { calls: [...wordWrites, 'Query'] },
  counts: { calls: ['Query'] },
};

/** SES keeps a list of its own of addresses that bounced: who lifts a bounce here lifts it there, too. */
function allowSuppressionList(lambda: NodejsFunction): void {
  const policy = new Policy(lambda, 'SuppressionList', {
    statements: [
      new PolicyStatement({
        actions: ['ses:DeleteSuppressedDestination'],
        resources: ['*'],
      }),
    ],
  });
  lambda.role?.attachInlinePolicy(policy);
  Validations.of(policy).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason:
      "An entry of SES's suppression list is no resource that a policy could name: IAM knows this call with all resources only.",
  });
}

const path = '/console';

/** Forms that only look: see `looksOnly` in `functions/console/console-acts.ts`. */
const searches = ['find', 'audience/search'] as const;

type ConsoleDoor = Readonly<{
  url: string;
  /** Lets the people in to whom it is attached. */
  policy: ManagedPolicy;
  /** Lets them look, and export, and do nothing else. */
  readPolicy: ManagedPolicy;
}>;

/** Puts the console behind the HTTP API, where only requests signed by somebody with the policy get in. */
function consoleDoor(
  scope: Construct,
  { api, stage }: IngestApi,
  lambda: NodejsFunction,
): ConsoleDoor {
  const integration = new HttpLambdaIntegration('ConsoleIntegration', lambda, {
    payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
  });
  const authorizer = new HttpIamAuthorizer();
  for (const route of [path, `${path}/{proxy+}`]) {
    api.addRoutes({ path: route, methods: [HttpMethod.ANY], integration, authorizer });
  }
  const doors = { api, stage };
  return {
    url: `${api.apiEndpoint}${path}`,
    policy: entrancePolicy(scope, doors, {
      id: 'Entrance',
      // People attach it to their own roles: another id would be another policy, which nobody has.
      logicalId: 'ConsolePolicy',
      description: 'Lets people in to the console of Polar Audience',
      calls: [`*${path}`, `*${path}/*`],
      reason:
        'It is the key to one console, whole: every method and every page below /console of this one stage of this one API, and no other route.',
    }),
    // Nothing is done by GET but an export, which is noted. Coming back from Polar needs a sign-in that a POST began. What
    // is searched for is posted, so that no address is in a URL, and changes nothing.
    readPolicy: entrancePolicy(scope, doors, {
      id: 'ReadingEntrance',
      logicalId: 'ConsoleReadPolicy',
      description: 'Lets people look at the console of Polar Audience, and export contacts',
      calls: [`GET${path}`, `GET${path}/*`, ...searches.map((route) => `POST${path}/${route}`)],
      reason:
        'It shows one console, whole: every page below /console of this one stage of this one API, by GET, beside them its two searches, and no other route.',
    }),
  };
}

type Entrance = Readonly<{
  id: string;
  logicalId: string;
  description: string;
  /** Method and path of what may be called. */
  calls: readonly string[];
  reason: string;
}>;

function entrancePolicy(
  scope: Construct,
  { api, stage }: Readonly<{ api: HttpApi; stage: HttpStage }>,
  { id, logicalId, description, calls, reason }: Entrance,
): ManagedPolicy {
  const reached = calls.map((call) => `${stage.stageName}/${call}`);
  const arn = (resourceName: string) =>
    Stack.of(scope).formatArn({ service: 'execute-api', resource: api.apiId, resourceName });
  const policy = new ManagedPolicy(scope, id, {
    description,
    statements: [
      new PolicyStatement({ actions: ['execute-api:Invoke'], resources: reached.map(arn) }),
    ],
  });
  pinLogicalId(policy, logicalId);
  const apiArn = 'arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<WebhookApi>';
  const loose = reached.filter((name) => name.includes('*'));
  Validations.of(policy).acknowledge(
    ...loose.map((name) => ({ id: `AwsSolutions-IAM5[Resource::${apiArn}/${name}]`, reason })),
  );
  return policy;
}

type ConsoleProps = ConsoleReach &
  Readonly<{ api: IngestApi; retentionDays: number; stage: string }>;

/** The pages of those who run this. No public door: requests are signed with AWS credentials. */
export class Console extends Construct {
  readonly function: NodejsFunction;
  readonly url: string;
  /** Attach it to the people who are to use the console. */
  readonly policy: ManagedPolicy;
  /** The same for those who are only to look. */
  readonly readPolicy: ManagedPolicy;

  constructor(scope: Construct, id: string, props: ConsoleProps) {
    super(scope, id);
    this.function = lambdaFunction(this, 'Function', {
      name: 'console',
      description: 'The pages of those who run this',
      // API Gateway gives up after thirty seconds; an end of our own before that leaves an error to see.
      timeout: Duration.seconds(29),
      // A person waits for the first page, and a cold start is mostly processor: it grows with memory.
      memoryMb: 1024,
      environment: environment(props),
    });
    allowConsole(this.function, props);
    const { url, policy, readPolicy } = consoleDoor(this, props.api, this.function);
    this.url = url;
    this.policy = policy;
    this.readPolicy = readPolicy;
  }
}

function environment({ api, mail, retentionDays, stage }: ConsoleProps) {
  const { configurationSet, from } = mail.sending;
  return {
    STAGE: stage,
    WEBHOOK_URL: api.webhookUrl,
    UNSUBSCRIBE_URL: mail.unsubscribeUrl,
    RETENTION_DAYS: String(retentionDays),
    MAIL_FROM: from,
    MAIL_IDENTITIES: mail.sender?.identities.join(',') ?? '',
    CONFIGURATION_SET: configurationSet.configurationSetName,
  };
}
