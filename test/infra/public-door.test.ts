import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { lambdaOf } from '#test/infra/lambda-of.ts';
import { onlyOf, stageTemplate } from '#test/infra/stage-stack.ts';

const template = stageTemplate();

describe('the public door', () => {
  it('is one route, for webhooks', () => {
    const routes = Object.values(template.findResources('AWS::ApiGatewayV2::Route'));

    expect(routes.map(({ Properties }) => Properties.RouteKey)).toEqual(['POST /webhooks/polar']);
  });

  it('has no other entrance', () => {
    template.resourceCountIs('AWS::ApiGatewayV2::Api', 1);
    template.resourceCountIs('AWS::ApiGateway::RestApi', 0);
    template.resourceCountIs('AWS::Lambda::Url', 0);
    template.resourcePropertiesCountIs('AWS::ApiGatewayV2::Api', { CorsConfiguration: {} }, 0);
  });

  it('leads to ingest, in the format that carries the raw body', () => {
    template.resourceCountIs('AWS::ApiGatewayV2::Integration', 1);
    template.hasResourceProperties('AWS::ApiGatewayV2::Integration', {
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: { 'Fn::GetAtt': [lambdaOf(template, 'ingest').id, 'Arn'] },
      PayloadFormatVersion: '2.0',
    });
  });

  it('lets API Gateway, and nobody else, call a function', () => {
    const permissions = Object.values(template.findResources('AWS::Lambda::Permission'));

    expect(permissions.map(({ Properties }) => Properties.Principal)).toEqual([
      'apigateway.amazonaws.com',
    ]);
  });

  it('is throttled', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      StageName: '$default',
      DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
    });
  });

  it('logs routes and answers, but neither paths nor who called', () => {
    const format = JSON.parse(
      onlyOf(template, 'AWS::ApiGatewayV2::Stage').AccessLogSettings.Format,
    );

    expect(Object.values(format).sort()).toEqual([
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

    expect(groups.map(({ Properties }) => Properties.RetentionInDays)).toEqual([30, 30, 30]);
  });
});

describe('the outputs', () => {
  it('are found under these names', () => {
    const { Outputs } = template.toJSON();

    expect(Object.keys(Outputs).sort()).toEqual([
      'AddressesTableName',
      'AlarmTopicArn',
      'ContactsTableName',
      'CustomersTableName',
      'EventsDeadLettersUrl',
      'EventsQueueUrl',
      'EventsTableName',
      'FailuresTableName',
      'SettingsTableName',
      'SuppressionsTableName',
      'WebhookSecretName',
      'WebhookUrl',
    ]);
  });

  it('give the URL that Polar is to post to', () => {
    template.hasOutput('WebhookUrl', {
      Value: { 'Fn::Join': ['', [{ 'Fn::GetAtt': Match.anyValue() }, '/webhooks/polar']] },
    });
  });
});
