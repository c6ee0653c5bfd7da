import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { onlyOf, resourceOf, stageTemplate } from '#test/support/cloud/stage-stack.ts';
import { lambdaOf } from './lambda-of.ts';

const template = stageTemplate();

describe('the public door', () => {
  const open = [
    'GET /unsubscribe/{token}',
    'HEAD /unsubscribe/{token}',
    'POST /unsubscribe/{token}',
    'POST /webhooks/polar',
  ];

  it('has a route for webhooks and one for people who want no more mail, and no other is open', () => {
    const isOpen = (AuthorizationType: string) => ({ Properties: { AuthorizationType } });

    expect(routesOf(isOpen('NONE'))).toEqual(open);
    expect(routesOf(isOpen('AWS_IAM'))).toEqual(['ANY /console', 'ANY /console/{proxy+}']);
    template.resourceCountIs('AWS::ApiGatewayV2::Route', open.length + 2);
  });

  it('has no other entrance', () => {
    template.resourceCountIs('AWS::ApiGatewayV2::Api', 1);
    template.resourceCountIs('AWS::ApiGateway::RestApi', 0);
    template.resourceCountIs('AWS::Lambda::Url', 0);
    template.resourcePropertiesCountIs('AWS::ApiGatewayV2::Api', { CorsConfiguration: {} }, 0);
  });

  it.each([
    ['POST /webhooks/polar', 'ingest'],
    ['GET /unsubscribe/{token}', 'unsubscribe'],
    ['HEAD /unsubscribe/{token}', 'unsubscribe'],
    ['POST /unsubscribe/{token}', 'unsubscribe'],
    ['ANY /console', 'console'],
    ['ANY /console/{proxy+}', 'console'],
  ] as const)('leads by %s to %s, in the format that carries the raw body', (RouteKey, name) => {
    const routes = template.findResources('AWS::ApiGatewayV2::Route', { Properties: { RouteKey } });
    const [integration] = Object.values(routes).map(
      ({ Properties }) => Properties.Target['Fn::Join'][1][1].Ref,
    );

    expect(resourceOf(template, integration).Properties).toMatchObject({
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: { 'Fn::GetAtt': [lambdaOf(template, name).id, 'Arn'] },
      PayloadFormatVersion: '2.0',
    });
  });

  it('lets API Gateway, the schedules of clock, watch, rollup and importer, and nobody else, call a function', () => {
    const permissions = Object.values(template.findResources('AWS::Lambda::Permission'));

    expect(permissions.map(({ Properties }) => Properties.Principal).sort()).toEqual([
      ...Array(6).fill('apigateway.amazonaws.com'),
      ...Array(4).fill('events.amazonaws.com'),
    ]);
  });

  it('has the stage in its name', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Api', { Name: 'Stack' });
  });

  it('is throttled by the route, so that a flood of one keeps nobody out of another', () => {
    const rates = (ThrottlingRateLimit: number, ThrottlingBurstLimit: number) => ({
      ThrottlingRateLimit,
      ThrottlingBurstLimit,
    });
    const [[, stage] = []] = Object.entries(template.findResources('AWS::ApiGatewayV2::Stage'));

    expect(stage?.['Properties']).toMatchObject({
      StageName: '$default',
      DefaultRouteSettings: rates(10, 20),
      RouteSettings: {
        'POST /webhooks/polar': rates(50, 100),
        'GET /unsubscribe/{token}': rates(10, 50),
        'HEAD /unsubscribe/{token}': rates(10, 50),
        'POST /unsubscribe/{token}': rates(10, 50),
        'ANY /console': rates(20, 50),
        'ANY /console/{proxy+}': rates(20, 50),
      },
    });
    // API Gateway refuses settings of a route that is not there yet.
    const routes = Object.keys(template.findResources('AWS::ApiGatewayV2::Route'));
    expect(stage?.['DependsOn']).toEqual(expect.arrayContaining(routes));
    expect(Object.keys(stage?.['Properties'].RouteSettings)).toHaveLength(routes.length);
  });

  // More workers are there to have more events let in.
  it.each([
    [2, 50],
    [3, 50],
    [10, 100],
  ])(
    'lets in, for %i workers, %i webhooks a second, and no more of anything else',
    (maxConcurrency, rate) => {
      const { RouteSettings } = onlyOf(
        stageTemplate({ maxConcurrency }),
        'AWS::ApiGatewayV2::Stage',
      );

      expect(RouteSettings).toMatchObject({
        'POST /webhooks/polar': { ThrottlingRateLimit: rate, ThrottlingBurstLimit: 2 * rate },
        'ANY /console': { ThrottlingRateLimit: 20, ThrottlingBurstLimit: 50 },
      });
    },
  );

  it('may have its webhooks at a path that strangers do not know, with the same rate', () => {
    const path = '/webhooks/x7Kq-9_b';
    const moved = stageTemplate({ webhookPath: path });

    expect(onlyOf(moved, 'AWS::ApiGatewayV2::Stage').RouteSettings).toMatchObject({
      [`POST ${path}`]: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
    });
    expect(JSON.stringify(moved.toJSON())).not.toContain('/webhooks/polar');
    const { Environment } = lambdaOf(moved, 'ingest').properties;
    expect(Environment.Variables.WEBHOOK_PATH).toBe(path);
    const told = moved.toJSON()['Outputs'].WebhookUrl.Value;
    expect(lambdaOf(moved, 'watch').properties.Environment.Variables.WEBHOOK_URL).toEqual(told);
    expect(JSON.stringify(told)).toContain(path);
  });

  it('may have a domain of its own, under which links to unsubscribe are reached', () => {
    const domain = 'unsubscribe.shop.example';
    const certificateArn = 'arn:aws:acm:eu-west-1:123456789012:certificate/0-1';
    const named = stageTemplate({ domain, certificateArn });

    expect(resourceOf(named, 'LinkDomainName').Properties).toMatchObject({
      DomainName: domain,
      DomainNameConfigurations: [{ CertificateArn: certificateArn, EndpointType: 'REGIONAL' }],
    });
    expect(onlyOf(named, 'AWS::ApiGatewayV2::ApiMapping')).toEqual({
      ApiId: { Ref: 'WebhookApi' },
      DomainName: { Ref: 'LinkDomainName' },
      Stage: '$default',
    });
    for (const name of ['mailer', 'console'] as const) {
      const { Variables } = lambdaOf(named, name).properties.Environment;
      expect(Variables.UNSUBSCRIBE_URL).toBe(`https://${domain}/unsubscribe`);
    }
    named.hasOutput('UnsubscribeUrl', { Value: `https://${domain}/unsubscribe` });
    expect(JSON.stringify(named.toJSON()['Outputs'].DnsLinkDomain)).toContain(`${domain} CNAME `);
    template.resourceCountIs('AWS::ApiGatewayV2::DomainName', 0);
  });

  it('logs routes and answers, who called behind IAM, and neither paths nor addresses', () => {
    const format = JSON.parse(
      onlyOf(template, 'AWS::ApiGatewayV2::Stage').AccessLogSettings.Format,
    );

    expect(Object.values(format).sort()).toEqual([
      '$context.identity.userArn',
      '$context.integrationErrorMessage',
      '$context.integrationStatus',
      '$context.requestId',
      '$context.requestTime',
      '$context.responseLatency',
      '$context.routeKey',
      '$context.status',
    ]);
  });

  it('keeps no log for longer than thirty days', () => {
    const groups = Object.values(template.findResources('AWS::Logs::LogGroup'));

    expect(groups.map(({ Properties }) => Properties.RetentionInDays)).toEqual(Array(11).fill(30));
  });
});

describe('the outputs', () => {
  it('are found under these names', () => {
    const { Outputs } = template.toJSON();

    expect(Object.keys(Outputs).sort()).toEqual([
      'ActsTableName',
      'AddressesTableName',
      'AlarmTopicArn',
      'ConsolePolicyArn',
      'ConsoleReadPolicyArn',
      'ConsoleUrl',
      'ContactsTableName',
      'CountsTableName',
      'CustomersTableName',
      'EmailsTableName',
      'EventsDeadLettersUrl',
      'EventsQueueUrl',
      'EventsTableName',
      'FailuresTableName',
      'FeedbackDeadLettersUrl',
      'FeedbackQueueUrl',
      'MailDeadLettersUrl',
      'MailQueueUrl',
      'MailboxesTableName',
      'RetentionDays',
      'RunsTableName',
      'SettingsTableName',
      'SuppressionsTableName',
      'UnsubscribeUrl',
      'WebhookSecretName',
      'WebhookUrl',
      'WordsTableName',
      'WorkflowsTableName',
    ]);
  });

  it('give the URL that Polar is to post to', () => {
    template.hasOutput('WebhookUrl', {
      Value: { 'Fn::Join': ['', [{ 'Fn::GetAtt': Match.anyValue() }, '/webhooks/polar']] },
    });
  });

  it('give the URL of the console and the policies that let people in', () => {
    template.hasOutput('ConsoleUrl', {
      Value: { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['WebhookApi', 'ApiEndpoint'] }, '/console']] },
    });
    template.hasOutput('ConsolePolicyArn', { Value: { Ref: 'ConsolePolicy' } });
    template.hasOutput('ConsoleReadPolicyArn', { Value: { Ref: 'ConsoleReadPolicy' } });
  });
});

function routesOf(filter: object): string[] {
  const routes = Object.values(template.findResources('AWS::ApiGatewayV2::Route', filter));
  return routes.map(({ Properties }) => Properties.RouteKey).sort();
}
