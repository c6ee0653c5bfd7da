import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { consoleActs } from '#functions/console/console-acts.ts';
import { mailSender } from '#infra/constructs/stage-options.ts';
import { stageStack } from '#test/support/cloud/stage-stack.ts';
import { nameOf, permissionsOf, type Statement } from './permissions-of.ts';

const shop = mailSender('Shop <hello@shop.example>');
const stack = stageStack({
  ...(shop && { mailFrom: shop }),
  mailIdentity: 'domain',
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
      'Contacts/index/byContactId': ['dynamodb:Query'],
      Events: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      'Events/index/byContact': ['dynamodb:Query'],
      'Events/index/byCustomer': ['dynamodb:Query'],
      Failures: ['dynamodb:DeleteItem', 'dynamodb:UpdateItem'],
      Acts: ['dynamodb:PutItem'],
      Workflows: ['dynamodb:BatchGetItem', 'dynamodb:Scan'],
      Emails: ['dynamodb:BatchGetItem'],
      Runs: written,
      'Runs/index/byContact': ['dynamodb:Query'],
      'Runs/index/byCustomer': ['dynamodb:Query'],
      'Runs/index/byWorkflow': ['dynamodb:Query'],
      Words: ['dynamodb:DeleteItem', 'dynamodb:PutItem'],
      EventsQueue: [...workOn, 'sqs:SendMessage'],
      EventsDeadLetters: ['sqs:SendMessage'],
      MailQueue: ['sqs:SendMessage'],
      SuppressionKey: ['secretsmanager:GetSecretValue'],
      ...log,
    });
  });

  it('as mailer, do exactly this', () => {
    expect(permissionsOf(template, 'mailer')).toEqual({
      Customers: ['dynamodb:BatchGetItem', 'dynamodb:ConditionCheckItem'],
      Runs: ['dynamodb:BatchGetItem'],
      Contacts: ['dynamodb:BatchGetItem'],
      Suppressions: ['dynamodb:BatchGetItem'],
      Events: ['dynamodb:GetItem'],
      Workflows: ['dynamodb:GetItem'],
      Emails: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
      Mailboxes: ['dynamodb:UpdateItem'],
      Settings: ['dynamodb:GetItem'],
      Failures: ['dynamodb:DeleteItem', 'dynamodb:UpdateItem'],
      MailQueue: workOn,
      MailDeadLetters: ['sqs:SendMessage'],
      SuppressionKey: ['secretsmanager:GetSecretValue'],
      'ses:configuration-set/MailConfigurationSet': ['ses:SendEmail'],
      'ses:identity/*': ['ses:SendEmail'],
      ...log,
    });
  });

  const refuses = {
    Customers: written,
    Addresses: written,
    Contacts: writtenAndDeleted,
    Suppressions: written,
    Words: ['dynamodb:DeleteItem', 'dynamodb:PutItem'],
    'Contacts/index/byContactId': ['dynamodb:Query'],
    Settings: ['dynamodb:GetItem'],
    SuppressionKey: ['secretsmanager:GetSecretValue'],
    ...log,
  };

  it('as feedback, do exactly this', () => {
    expect(permissionsOf(template, 'feedback')).toEqual({
      ...refuses,
      Emails: ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:UpdateItem'],
      'Emails/index/byContact': ['dynamodb:Query'],
      Failures: ['dynamodb:DeleteItem', 'dynamodb:UpdateItem'],
      FeedbackQueue: workOn,
      FeedbackDeadLetters: ['sqs:SendMessage'],
    });
  });

  it('as unsubscribe, do exactly this', () => {
    expect(permissionsOf(template, 'unsubscribe')).toEqual(refuses);
  });

  it('as console, do exactly this', () => {
    const sent = ['sqs:GetQueueAttributes', 'sqs:SendMessage'];
    const secret = ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'];
    const query = ['dynamodb:Query'];

    expect(permissionsOf(template, 'console')).toEqual({
      Customers: [...written, 'dynamodb:Scan'],
      Addresses: writtenAndDeleted,
      Contacts: writtenAndDeleted,
      Suppressions: written,
      Events: ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PutItem'],
      Emails: ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:UpdateItem'],
      Counts: query,
      Runs: written,
      'Runs/index/byContact': query,
      'Runs/index/byWorkflow': query,
      Words: ['dynamodb:DeleteItem', 'dynamodb:PutItem', 'dynamodb:Query'],
      Failures: [
        'dynamodb:BatchGetItem',
        'dynamodb:DeleteItem',
        'dynamodb:PutItem',
        'dynamodb:Scan',
      ],
      Acts: ['dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
      Settings: [
        'dynamodb:BatchGetItem',
        'dynamodb:DeleteItem',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:Scan',
        'dynamodb:UpdateItem',
      ],
      Workflows: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Scan'],
      'Contacts/index/byCreation': query,
      'Contacts/index/byContactId': query,
      'Contacts/index/byExternalId': query,
      'Contacts/index/byGroup': query,
      'Events/index/byContact': query,
      'Events/index/byDay': query,
      'Emails/index/byContact': query,
      'Emails/index/byDue': query,
      'Emails/index/byWorkflow': query,
      EventsQueue: sent,
      MailQueue: sent,
      FeedbackQueue: sent,
      EventsDeadLetters: [...workOn, 'sqs:SendMessage'],
      MailDeadLetters: [...workOn, 'sqs:SendMessage'],
      FeedbackDeadLetters: [...workOn, 'sqs:SendMessage'],
      SuppressionKey: ['secretsmanager:GetSecretValue'],
      WebhookSecret: secret,
      PolarAccess: secret,
      'ses:configuration-set/MailConfigurationSet': ['ses:SendEmail'],
      'ses:identity/*': ['ses:SendEmail'],
      '*': ['ses:DeleteSuppressedDestination'],
      ...log,
    });
  });

  it('as clock, do exactly this', () => {
    expect(permissionsOf(template, 'clock')).toEqual({
      Emails: ['dynamodb:UpdateItem'],
      'Emails/index/byDue': ['dynamodb:Query'],
      Settings: ['dynamodb:GetItem'],
      Runs: ['dynamodb:UpdateItem'],
      'Runs/index/byWake': ['dynamodb:Query'],
      MailQueue: ['sqs:SendMessage'],
      EventsQueue: ['sqs:SendMessage'],
      ...log,
    });
  });

  it('as rollup, do exactly this', () => {
    expect(permissionsOf(template, 'rollup')).toEqual({
      Counts: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
      'Events/index/byDay': ['dynamodb:Query', 'dynamodb:Scan'],
      'Emails/index/byWorkflow': ['dynamodb:Query', 'dynamodb:Scan'],
      'Runs/index/byWorkflow': ['dynamodb:Query', 'dynamodb:Scan'],
      'Contacts/index/byCreation': ['dynamodb:Query', 'dynamodb:Scan'],
      Suppressions: ['dynamodb:BatchGetItem'],
      Workflows: ['dynamodb:Scan'],
      Failures: ['dynamodb:Scan'],
      SuppressionKey: ['secretsmanager:GetSecretValue'],
      ...log,
    });
  });

  it('as importer, do exactly this', () => {
    expect(permissionsOf(template, 'importer')).toEqual({
      Customers: [...written, 'dynamodb:Scan'],
      Addresses: writtenAndDeleted,
      Contacts: writtenAndDeleted,
      Suppressions: written,
      Events: ['dynamodb:PutItem'],
      Runs: written,
      Words: ['dynamodb:DeleteItem', 'dynamodb:PutItem'],
      // Its own row, the settings, and the lease under which tokens are refreshed.
      Settings: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      SuppressionKey: ['secretsmanager:GetSecretValue'],
      PolarAccess: ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'],
      ...log,
    });
  });

  it('as watch, do exactly this', () => {
    expect(permissionsOf(template, 'watch')).toEqual({
      // The items that are updated are the leases under which the secrets are written.
      Settings: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
      'Events/index/byDay': ['dynamodb:Query'],
      // Written where a person left out when the previous one ends.
      WebhookSecret: ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'],
      PolarAccess: ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'],
      ...log,
    });
  });

  it('not send a mail while nobody is set up as its sender', () => {
    const policies = JSON.stringify(Template.fromStack(stageStack()).findResources(iamPolicy));

    expect(policies).not.toContain('ses:');
  });

  it('get permissions from no policy but its own', () => {
    const roles = Object.values(template.findResources('AWS::IAM::Role'));

    expect(roles.map(({ Properties }) => Object.keys(Properties))).toEqual(
      Array(10).fill(['AssumeRolePolicyDocument']),
    );
  });
});

describe('a policy', () => {
  it("allows nothing by a wildcard but mail from one sender to anybody, SES's suppression list, which has no name, and the console as a whole", () => {
    const allowed = allStatements().filter(({ Effect }) => Effect === 'Allow');
    const loose = allowed.filter((statement) => JSON.stringify(statement).includes('*'));

    expect(allowed.length).toBeGreaterThan(10);
    expect(loose.map(({ Action, Resource }) => [Action, [Resource].flat().map(nameOf)])).toEqual([
      sending,
      sending,
      ['ses:DeleteSuppressedDestination', ['*']],
      ['execute-api:Invoke', consoleArns(...everything)],
      ['execute-api:Invoke', consoleArns(...looking)],
    ]);
  });
});

/** Under a condition on the sender: see `sending.test.ts`. */
const sending = ['ses:SendEmail', ['ses:configuration-set/MailConfigurationSet', 'ses:identity/*']];

const consoleArns = (...calls: readonly string[]) =>
  calls.map(
    (call) =>
      `arn:AWS::Partition:execute-api:AWS::Region:AWS::AccountId:WebhookApi/$default/${call}`,
  );
const everything = ['*/console', '*/console/*'];
const searches = ['POST/console/audience/search', 'POST/console/find'];
const looking = ['GET/console', 'GET/console/*', ...searches];

describe('the policies of those who use the console', () => {
  const policies = template.findResources('AWS::IAM::ManagedPolicy');

  it.each([
    ['ConsolePolicy', 'by any method', everything],
    ['ConsoleReadPolicy', 'by GET, and its searches', looking],
  ])('as %s, lets them call the console %s, and nothing else', (id, _, calls) => {
    const [statement, ...others] = policies[id]?.['Properties'].PolicyDocument.Statement ?? [];

    expect(others).toEqual([]);
    expect(statement).toMatchObject({ Effect: 'Allow', Action: 'execute-api:Invoke' });
    expect(statement.Resource.map(nameOf)).toEqual(consoleArns(...calls));
  });

  it.each(searches)('let readers post %s, which does nothing', (call) => {
    const act = consoleActs[call.replace('/', ' /')];
    const form = new FormData();
    form.set('text', 'ada@example.com');
    expect(act?.({ params: {}, query: {}, form })).toBeUndefined();
    expect(act).toBeDefined();
  });

  it('stay theirs when a construct moves', () => {
    expect(Object.keys(policies).sort()).toEqual(['ConsolePolicy', 'ConsoleReadPolicy']);
    for (const { Properties } of Object.values(policies)) {
      expect(Properties).not.toHaveProperty('ManagedPolicyName');
    }
  });
});

function allStatements(): Statement[] {
  return [iamPolicy, 'AWS::IAM::ManagedPolicy', 'AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy']
    .flatMap((type) => Object.values(template.findResources(type)))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
}
