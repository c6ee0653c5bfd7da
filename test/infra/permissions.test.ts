import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { mailSender } from '#infra/mail-sender.ts';
import { permissionsOf, type Statement } from '#test/infra/permissions-of.ts';
import { stageStack } from '#test/infra/stage-stack.ts';

const shop = mailSender('Shop <hello@shop.example>');
const stack = stageStack({
  ...(shop && { mailFrom: shop }),
  mailIdentity: 'domain',
  sandboxRecipients: ['you@example.com'],
});
const template = Template.fromStack(stack);

const iamPolicy = 'AWS::IAM::Policy';
const workOn = [
  'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:ReceiveMessage',
];
const log = { 'its own log group': ['logs:CreateLogStream', 'logs:PutLogEvents'] };
const written = ['dynamodb:BatchGetItem', 'dynamodb:ConditionCheckItem', 'dynamodb:PutItem'];
const writtenAndDeleted = [...written, 'dynamodb:DeleteItem'].sort();

describe('a function may', () => {
  it('as ingest, do exactly this', () => {
    expect(permissionsOf(template, 'ingest')).toEqual({
      EventsQueue: ['sqs:SendMessage'],
      WebhookSecret: ['secretsmanager:GetSecretValue'],
      ...log,
    });
  });

  it('as worker, do exactly this', () => {
    expect(permissionsOf(template, 'worker')).toEqual({
      Customers: written,
      Addresses: writtenAndDeleted,
      Contacts: writtenAndDeleted,
      Suppressions: written,
      Settings: ['dynamodb:GetItem', 'dynamodb:PutItem'],
      Events: ['dynamodb:PutItem', 'dynamodb:UpdateItem'],
      'Events/index/byCustomer': ['dynamodb:Query'],
      Failures: ['dynamodb:DeleteItem', 'dynamodb:UpdateItem'],
      Workflows: ['dynamodb:Scan'],
      EventsQueue: [...workOn, 'sqs:SendMessage'],
      EventsDeadLetters: ['sqs:SendMessage'],
      MailQueue: ['sqs:SendMessage'],
      SuppressionKey: ['secretsmanager:GetSecretValue'],
      ...log,
    });
  });

  it('as mailer, do exactly this', () => {
    expect(permissionsOf(template, 'mailer')).toEqual({
      Customers: ['dynamodb:BatchGetItem'],
      Contacts: ['dynamodb:BatchGetItem'],
      Suppressions: ['dynamodb:BatchGetItem'],
      Events: ['dynamodb:GetItem'],
      Workflows: ['dynamodb:GetItem'],
      Emails: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
      Settings: ['dynamodb:GetItem', 'dynamodb:PutItem'],
      Failures: ['dynamodb:DeleteItem', 'dynamodb:UpdateItem'],
      MailQueue: [...workOn, 'sqs:SendMessage'],
      MailDeadLetters: ['sqs:SendMessage'],
      SuppressionKey: ['secretsmanager:GetSecretValue'],
      'ses:configuration-set/MailConfigurationSet': ['ses:SendEmail'],
      'ses:identity/shop.example': ['ses:SendEmail'],
      'ses:identity/hello@shop.example': ['ses:SendEmail'],
      'ses:identity/you@example.com': ['ses:SendEmail'],
      ...log,
    });
  });

  const refuses = {
    Customers: written,
    Addresses: written,
    Contacts: writtenAndDeleted,
    Suppressions: written,
    'Contacts/index/byContactId': ['dynamodb:Query'],
    Settings: ['dynamodb:GetItem', 'dynamodb:PutItem'],
    SuppressionKey: ['secretsmanager:GetSecretValue'],
    ...log,
  };

  it('as feedback, do exactly this', () => {
    expect(permissionsOf(template, 'feedback')).toEqual({
      ...refuses,
      Emails: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
      Failures: ['dynamodb:DeleteItem', 'dynamodb:UpdateItem'],
      FeedbackQueue: workOn,
      FeedbackDeadLetters: ['sqs:SendMessage'],
    });
  });

  it('as unsubscribe, do exactly this', () => {
    expect(permissionsOf(template, 'unsubscribe')).toEqual(refuses);
  });

  it('not send a mail while nobody is set up as its sender', () => {
    const policies = JSON.stringify(Template.fromStack(stageStack()).findResources(iamPolicy));

    expect(policies).not.toContain('ses:');
  });

  it('get permissions from no policy but its own', () => {
    const roles = Object.values(template.findResources('AWS::IAM::Role'));

    expect(roles.map(({ Properties }) => Object.keys(Properties))).toEqual(
      Array(5).fill(['AssumeRolePolicyDocument']),
    );
  });
});

describe('a policy', () => {
  it('allows nothing by a wildcard', () => {
    const allowed = allStatements().filter(({ Effect }) => Effect === 'Allow');

    expect(allowed.length).toBeGreaterThan(10);
    expect(allowed.filter((statement) => JSON.stringify(statement).includes('*'))).toEqual([]);
  });
});

function allStatements(): Statement[] {
  return [iamPolicy, 'AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy']
    .flatMap((type) => Object.values(template.findResources(type)))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
}
