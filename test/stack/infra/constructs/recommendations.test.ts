import { Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { mailSender } from '#infra/constructs/stage-options.ts';
import { stageStack } from '#test/support/cloud/stage-stack.ts';

const sender = mailSender('shop.example');
const stack = stageStack({ ...(sender && { mailFrom: sender }) });

const consoleArn =
  'arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<WebhookApi>/$default/*/console';
const readArn = consoleArn.replace('$default/*', '$default/GET');

const identities = 'arn:<AWS::Partition>:ses:<AWS::Region>:<AWS::AccountId>:identity/*';

describe("AWS's recommendations (cdk-nag)", () => {
  it.each([
    ['the stage prod', stageStack()],
    ['the stage local', stageStack({ stage: 'local' })],
    ['a stage with a sender', stack],
  ])('are followed in %s', (_name, checked) => {
    expect(new AwsSolutionsChecks().validateScope(checked)).toMatchObject({
      success: true,
      violations: [],
    });
  });

  it('are set aside for nothing but this, with a reason', () => {
    expect(acknowledged()).toEqual([
      ['Stack/Secrets/Webhook', 'AwsSolutions-SMG4'],
      ['Stack/Secrets/SuppressionKey', 'AwsSolutions-SMG4'],
      ['Stack/Secrets/PolarAccess', 'AwsSolutions-SMG4'],
      ['Stack/Webhooks/Api/POST--webhooks--polar', 'AwsSolutions-APIG4'],
      ['Stack/Webhooks/Api/GET--unsubscribe--{token}', 'AwsSolutions-APIG4'],
      ['Stack/Webhooks/Api/HEAD--unsubscribe--{token}', 'AwsSolutions-APIG4'],
      ['Stack/Webhooks/Api/POST--unsubscribe--{token}', 'AwsSolutions-APIG4'],
      ['Stack/Mail/Mailer/Function/Sending', `AwsSolutions-IAM5[Resource::${identities}]`],
      ['Stack/Console/Function/Sending', `AwsSolutions-IAM5[Resource::${identities}]`],
      ['Stack/Console/Function/SuppressionList', 'AwsSolutions-IAM5[Resource::*]'],
      ['Stack/Console/Entrance', `AwsSolutions-IAM5[Resource::${consoleArn}]`],
      ['Stack/Console/Entrance', `AwsSolutions-IAM5[Resource::${consoleArn}/*]`],
      ['Stack/Console/ReadingEntrance', `AwsSolutions-IAM5[Resource::${readArn}/*]`],
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
