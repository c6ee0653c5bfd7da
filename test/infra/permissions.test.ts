import { Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { lambdaOf } from '#test/infra/lambda-of.ts';
import { onlyOf, stageStack } from '#test/infra/stage-stack.ts';

type Intrinsic = {
  Ref?: string;
  'Fn::GetAtt'?: [string, string];
  'Fn::Join'?: [string, (string | Intrinsic)[]];
};
type Statement = {
  Effect: string;
  Action: string | string[];
  Resource: Intrinsic | Intrinsic[];
};

const stack = stageStack();
const template = Template.fromStack(stack);

describe('a function may', () => {
  it('as ingest, do exactly this', () => {
    expect(permissionsOf('ingest')).toEqual({
      EventsQueue: ['sqs:SendMessage'],
      WebhookSecret: ['secretsmanager:GetSecretValue'],
      'its own log group': ['logs:CreateLogStream', 'logs:PutLogEvents'],
    });
  });

  it('as worker, do exactly this', () => {
    const written = ['dynamodb:BatchGetItem', 'dynamodb:ConditionCheckItem', 'dynamodb:PutItem'];
    const writtenAndDeleted = [...written, 'dynamodb:DeleteItem'].sort();
    expect(permissionsOf('worker')).toEqual({
      Customers: written,
      Addresses: writtenAndDeleted,
      Contacts: writtenAndDeleted,
      Suppressions: ['dynamodb:BatchGetItem', 'dynamodb:ConditionCheckItem'],
      Settings: ['dynamodb:GetItem', 'dynamodb:PutItem'],
      Events: ['dynamodb:PutItem', 'dynamodb:UpdateItem'],
      'Events/index/byCustomer': ['dynamodb:Query'],
      Failures: ['dynamodb:DeleteItem', 'dynamodb:UpdateItem'],
      EventsQueue: [
        'sqs:ChangeMessageVisibility',
        'sqs:DeleteMessage',
        'sqs:GetQueueAttributes',
        'sqs:ReceiveMessage',
        'sqs:SendMessage',
      ],
      EventsDeadLetters: ['sqs:SendMessage'],
      SuppressionKey: ['secretsmanager:GetSecretValue'],
      'its own log group': ['logs:CreateLogStream', 'logs:PutLogEvents'],
    });
  });

  it('get permissions from no policy but its own', () => {
    const roles = Object.values(template.findResources('AWS::IAM::Role'));

    expect(roles.map(({ Properties }) => Object.keys(Properties))).toEqual([
      ['AssumeRolePolicyDocument'],
      ['AssumeRolePolicyDocument'],
    ]);
  });
});

describe('a policy', () => {
  it('allows nothing by a wildcard', () => {
    const allowed = allStatements().filter(({ Effect }) => Effect === 'Allow');

    expect(allowed.length).toBeGreaterThan(10);
    expect(allowed.filter((statement) => JSON.stringify(statement).includes('*'))).toEqual([]);
  });

  it('lets the alarms of this account, and nobody else, publish', () => {
    const allowed = onlyOf(template, 'AWS::SNS::TopicPolicy').PolicyDocument.Statement.filter(
      ({ Effect }: Statement) => Effect === 'Allow',
    );

    expect(allowed).toEqual([
      {
        Sid: 'AllowAlarms',
        Effect: 'Allow',
        Action: 'sns:Publish',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Resource: expect.objectContaining({ Ref: expect.stringContaining('Topic') }),
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      },
    ]);
  });
});

describe("AWS's recommendations (cdk-nag)", () => {
  it.each(['prod', 'local'])('are followed in the stage %s', (stage) => {
    expect(new AwsSolutionsChecks().validateScope(stageStack({ stage }))).toMatchObject({
      success: true,
      violations: [],
    });
  });

  it('are set aside for nothing but this, with a reason', () => {
    expect(acknowledged()).toEqual([
      ['Stack/Secrets/Webhook', 'AwsSolutions-SMG4'],
      ['Stack/Secrets/SuppressionKey', 'AwsSolutions-SMG4'],
      ['Stack/Webhooks/Api/POST--webhooks--polar', 'AwsSolutions-APIG4'],
    ]);
  });

  it('would refuse a wildcard', () => {
    const loose = stageStack();
    const role = new Role(loose, 'Loose', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    role.addToPolicy(new PolicyStatement({ actions: ['sqs:*'], resources: ['*'] }));

    const { success, violations } = new AwsSolutionsChecks().validateScope(loose);

    expect(success).toBe(false);
    expect(violations.map(({ ruleName }) => ruleName)).toEqual([
      'AwsSolutions-IAM5[Action::sqs:*]',
      'AwsSolutions-IAM5[Resource::*]',
    ]);
  });
});

/** What a function may do, by resource, each action once for every statement that allows it. */
function permissionsOf(name: 'ingest' | 'worker'): Record<string, string[]> {
  const { properties } = lambdaOf(template, name);
  const logGroup = properties.LoggingConfig.LogGroup.Ref;
  const permissions: Record<string, string[]> = {};
  for (const { Action, Resource } of statementsOf(properties.Role['Fn::GetAtt'][0])) {
    for (const resource of [Resource].flat().map(nameOf)) {
      const shown = resource === logGroup ? 'its own log group' : resource;
      permissions[shown] = [...(permissions[shown] ?? []), ...[Action].flat()].sort();
    }
  }
  return permissions;
}

function statementsOf(role: string): Statement[] {
  const policies = Object.values(template.findResources('AWS::IAM::Policy'));
  return policies
    .filter(({ Properties }) => Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === role))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
}

/** The logical id in an ARN, with what follows it: `Events/index/byCustomer`. */
function nameOf(arn: Intrinsic): string {
  if (arn.Ref) return arn.Ref;
  if (arn['Fn::GetAtt']) return arn['Fn::GetAtt'][0];
  const parts = arn['Fn::Join']?.[1] ?? [];
  return parts.map((part) => (typeof part === 'string' ? part : nameOf(part))).join('');
}

function allStatements(): Statement[] {
  return ['AWS::IAM::Policy', 'AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy']
    .flatMap((type) => Object.values(template.findResources(type)))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
}

function acknowledged(): string[][] {
  return stack.node
    .findAll()
    .flatMap(({ node }) =>
      node.metadata
        .filter(({ type, data }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY && data)
        .flatMap(({ data }) =>
          Object.keys(data).map((rule) => [node.path, rule.replace('Annotation::', '')]),
        ),
    );
}
