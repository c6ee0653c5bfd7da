import { Validations } from 'aws-cdk-lib';
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { allowSending } from '#infra/constructs/allow-sending.ts';
import type { AudienceTables } from '#infra/constructs/audience-tables.ts';
import { allow } from '#infra/constructs/lambda-function.ts';
import type { Mail } from '#infra/constructs/mail.ts';
import type { QueueWithDeadLetters } from '#infra/constructs/queue-with-dead-letters.ts';
import type { Secrets } from '#infra/constructs/secrets.ts';

/** What people see and change in the console. */
export type ConsoleReach = Readonly<{
  tables: AudienceTables;
  events: QueueWithDeadLetters;
  mail: Mail;
  secrets: Secrets;
}>;

/** Allows the console exactly the calls that it makes. */
export function allowConsole(lambda: NodejsFunction, reach: ConsoleReach): void {
  allowAudience(lambda, reach.tables);
  allowLists(lambda, reach.tables);
  allowRecords(lambda, reach.tables);
  allowQueues(lambda, reach);
  allowSecrets(lambda, reach.secrets);
  allowSending(lambda, reach.mail.sending);
  if (reach.mail.sender) allowSuppressionList(lambda);
}

/** A transaction needs the permission of each of its items' actions, and none of its own. */
function allowAudience(lambda: NodejsFunction, tables: AudienceTables): void {
  const { customers, addresses, contacts, suppressions } = tables;
  allow(
    lambda,
    ['dynamodb:BatchGetItem', 'dynamodb:ConditionCheckItem', 'dynamodb:PutItem'],
    [customers, addresses, contacts, suppressions].map((table) => table.tableArn),
  );
  allow(lambda, ['dynamodb:DeleteItem'], [addresses.tableArn, contacts.tableArn]);
}

function allowLists(lambda: NodejsFunction, tables: AudienceTables): void {
  const { contacts, customers, events, emails, workflows } = tables;
  const indexes = [
    { table: contacts, names: ['byCreation', 'byContactId', 'byExternalId', 'byGroup'] },
    { table: events, names: ['byContact', 'byDay'] },
    { table: emails, names: ['byContact', 'byWorkflow'] },
  ];
  allow(
    lambda,
    ['dynamodb:Query'],
    indexes.flatMap(({ table, names }) => names.map((name) => `${table.tableArn}/index/${name}`)),
  );
  // A customer whom no contact shows is in no index.
  allow(lambda, ['dynamodb:Scan'], [workflows.tableArn, customers.tableArn]);
}

function allowRecords(lambda: NodejsFunction, tables: AudienceTables): void {
  const [events, failures, settings, workflows, emails] = [
    tables.events.tableArn,
    tables.failures.tableArn,
    tables.settings.tableArn,
    tables.workflows.tableArn,
    tables.emails.tableArn,
  ];
  allow(lambda, ['dynamodb:GetItem'], [events, settings, workflows, emails]);
  allow(lambda, ['dynamodb:PutItem', 'dynamodb:DeleteItem'], [settings, workflows]);
  allow(lambda, ['dynamodb:UpdateItem'], [settings, emails]);
  allow(lambda, ['dynamodb:BatchGetItem', 'dynamodb:DeleteItem'], [failures]);
}

/** It sends dead letters through again: into their queue first, then out of the dead letters. */
function allowQueues(lambda: NodejsFunction, { events, mail }: ConsoleReach): void {
  const queues = [events, mail.outgoing, mail.reports];
  allow(
    lambda,
    ['sqs:SendMessage'],
    queues.map(({ queue }) => queue.queueArn),
  );
  allow(
    lambda,
    [
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:ChangeMessageVisibility',
      'sqs:GetQueueAttributes',
    ],
    queues.map(({ deadLetters }) => deadLetters.queueArn),
  );
}

function allowSecrets(
  lambda: NodejsFunction,
  { webhookSecret, suppressionKey, polarAccess }: Secrets,
): void {
  const read = 'secretsmanager:GetSecretValue';
  allow(lambda, [read], [suppressionKey.secretArn]);
  allow(
    lambda,
    [read, 'secretsmanager:PutSecretValue'],
    [webhookSecret.secretArn, polarAccess.secretArn],
  );
}

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
