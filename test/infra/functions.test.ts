import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { lambdaOf } from '#test/infra/lambda-of.ts';
import { resourceOf, stageTemplate } from '#test/infra/stage-stack.ts';

const template = stageTemplate({ retentionDays: 120, maxConcurrency: 7 });
const names = ['ingest', 'worker'] as const;

describe('each function', () => {
  it('is one that is tested here', () => {
    template.resourceCountIs('AWS::Lambda::Function', names.length);
  });

  it.each(names)('%s runs on Node 24 and arm64', (name) => {
    expect(lambdaOf(template, name).properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
    });
  });

  it.each(names)('%s writes JSON to a log group that forgets after thirty days', (name) => {
    const { LogFormat, LogGroup } = lambdaOf(template, name).properties.LoggingConfig;
    const group = resourceOf(template, LogGroup.Ref);

    expect(LogFormat).toBe('JSON');
    expect(group.Properties.RetentionInDays).toBe(30);
  });

  it.each(names)('%s reserves no concurrency, which a new account could not give', (name) => {
    const { properties } = lambdaOf(template, name);

    expect(properties.Handler).toBe('index.handler');
    expect(properties.ReservedConcurrentExecutions).toBeUndefined();
  });

  it('finds its errors in the source', () => {
    const options = names.map(
      (name) => lambdaOf(template, name).properties.Environment.Variables.NODE_OPTIONS,
    );

    expect(options).toEqual(['--enable-source-maps', '--enable-source-maps']);
  });
});

describe('ingest', () => {
  it('ends before Polar gives up after ten seconds', () => {
    expect(lambdaOf(template, 'ingest').properties.Timeout).toBeLessThan(10);
  });

  it('is told the queue and the secret, and nothing else', () => {
    const { NODE_OPTIONS, ...variables } = lambdaOf(template, 'ingest').properties.Environment
      .Variables;

    expect(variables).toEqual({
      EVENTS_QUEUE_URL: { Ref: 'EventsQueue' },
      WEBHOOK_SECRET_ID: { Ref: 'WebhookSecret' },
    });
  });
});

describe('the worker', () => {
  const { id, properties } = lambdaOf(template, 'worker');

  it('reports which messages of a batch failed, and runs no more often at once than allowed', () => {
    template.resourceCountIs('AWS::Lambda::EventSourceMapping', 1);
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      FunctionName: { Ref: id },
      EventSourceArn: { 'Fn::GetAtt': ['EventsQueue', 'Arn'] },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 7 },
      BatchSize: 10,
      MaximumBatchingWindowInSeconds: Match.absent(),
    });
  });

  it('has a sixth of the time for which a message is hidden from the others', () => {
    const queue = resourceOf(template, 'EventsQueue');

    expect(queue.Properties.VisibilityTimeout).toBeGreaterThanOrEqual(6 * properties.Timeout);
  });

  it('is told all tables, both queues, the key and the retention', () => {
    const { NODE_OPTIONS, ...variables } = properties.Environment.Variables;

    expect(variables).toEqual({
      CONTACTS_TABLE: { Ref: 'Contacts' },
      CUSTOMERS_TABLE: { Ref: 'Customers' },
      ADDRESSES_TABLE: { Ref: 'Addresses' },
      EVENTS_TABLE: { Ref: 'Events' },
      FAILURES_TABLE: { Ref: 'Failures' },
      SETTINGS_TABLE: { Ref: 'Settings' },
      SUPPRESSIONS_TABLE: { Ref: 'Suppressions' },
      EVENTS_QUEUE_URL: { Ref: 'EventsQueue' },
      EVENTS_DEAD_LETTERS_URL: { Ref: 'EventsDeadLetters' },
      SUPPRESSION_KEY_ID: { Ref: 'SuppressionKey' },
      RETENTION_DAYS: '120',
    });
  });
});
