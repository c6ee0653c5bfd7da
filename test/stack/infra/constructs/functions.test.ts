import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { calledByRule, resourceOf, stageTemplate } from '#test/support/cloud/stage-stack.ts';
import { lambdaOf } from './lambda-of.ts';
import { permissionsOf } from './permissions-of.ts';

const template = stageTemplate({ retentionDays: 120, maxConcurrency: 7, mailsPerSecond: 14 });
const names = [
  'ingest',
  'worker',
  'mailer',
  'feedback',
  'unsubscribe',
  'console',
  'clock',
  'watch',
  'rollup',
  'importer',
] as const;

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

  it('does not read its source map at each start', () => {
    const options = names.map(
      (name) => lambdaOf(template, name).properties.Environment.Variables.NODE_OPTIONS,
    );

    expect(options).toEqual(names.map(() => undefined));
  });
});

describe('ingest', () => {
  it('ends before Polar gives up after ten seconds', () => {
    expect(lambdaOf(template, 'ingest').properties.Timeout).toBeLessThan(10);
  });

  it('is told the queue, the path and the secret, and nothing else', () => {
    const { NODE_OPTIONS, ...variables } = lambdaOf(template, 'ingest').properties.Environment
      .Variables;

    expect(variables).toEqual({
      EVENTS_QUEUE_URL: { Ref: 'EventsQueue' },
      WEBHOOK_PATH: '/webhooks/polar',
      WEBHOOK_SECRET_ID: { Ref: 'WebhookSecret' },
    });
  });
});

describe('a function that works on a queue', () => {
  it.each([
    ['worker', 'EventsQueue', 10, 7, 14],
    // SES counts mails by the second: two at a time is the least that AWS allows.
    ['mailer', 'MailQueue', 5, 2, 1],
    ['mailer', 'MailQueue', 70, 2, 14],
    ['mailer', 'MailQueue', 100, 10, 100],
    ['feedback', 'FeedbackQueue', 10, 2, 14],
    ['feedback', 'FeedbackQueue', 10, 10, 100],
  ] as const)(
    '%s reports which messages of %s failed, takes %i and runs %i times at once at %i mails a second',
    (name, queue, BatchSize, MaximumConcurrency, mailsPerSecond) => {
      const of = stageTemplate({ maxConcurrency: 7, mailsPerSecond });
      of.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
        FunctionName: { Ref: lambdaOf(of, name).id },
        EventSourceArn: { 'Fn::GetAtt': [queue, 'Arn'] },
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency },
        BatchSize,
        // Lambda refuses more than ten at once without one.
        MaximumBatchingWindowInSeconds: BatchSize > 10 ? 1 : Match.absent(),
      });
    },
  );

  it('is one of these', () => {
    template.resourceCountIs('AWS::Lambda::EventSourceMapping', 3);
  });

  it.each([
    ['worker', 'EventsQueue'],
    ['mailer', 'MailQueue'],
    ['feedback', 'FeedbackQueue'],
  ] as const)('%s has a sixth of the time for which %s hides a message', (name, queue) => {
    const { VisibilityTimeout } = resourceOf(template, queue).Properties;

    expect(VisibilityTimeout).toBe(6 * lambdaOf(template, name).properties.Timeout);
  });
});

describe('the worker', () => {
  const { properties } = lambdaOf(template, 'worker');

  it('is told the tables, the queues, the key and the retention', () => {
    const { NODE_OPTIONS, ...variables } = properties.Environment.Variables;

    expect(variables).toEqual({
      CONTACTS_TABLE: { Ref: 'Contacts' },
      CUSTOMERS_TABLE: { Ref: 'Customers' },
      ADDRESSES_TABLE: { Ref: 'Addresses' },
      EVENTS_TABLE: { Ref: 'Events' },
      FAILURES_TABLE: { Ref: 'Failures' },
      SETTINGS_TABLE: { Ref: 'Settings' },
      SUPPRESSIONS_TABLE: { Ref: 'Suppressions' },
      WORKFLOWS_TABLE: { Ref: 'Workflows' },
      ACTS_TABLE: { Ref: 'Acts' },
      RUNS_TABLE: { Ref: 'Runs' },
      WORDS_TABLE: { Ref: 'Words' },
      EMAILS_TABLE: { Ref: 'Emails' },
      EVENTS_QUEUE_URL: { Ref: 'EventsQueue' },
      EVENTS_DEAD_LETTERS_URL: { Ref: 'EventsDeadLetters' },
      MAIL_QUEUE_URL: { Ref: 'MailQueue' },
      SUPPRESSION_KEY_ID: { Ref: 'SuppressionKey' },
      RETENTION_DAYS: '120',
    });
  });
});

describe('the mailer', () => {
  it('is told the tables, its queues, the key, and how and at what rate to send', () => {
    const { NODE_OPTIONS, ...variables } = lambdaOf(template, 'mailer').properties.Environment
      .Variables;

    expect(variables).toEqual({
      CONTACTS_TABLE: { Ref: 'Contacts' },
      CUSTOMERS_TABLE: { Ref: 'Customers' },
      SUPPRESSIONS_TABLE: { Ref: 'Suppressions' },
      ADDRESSES_TABLE: { Ref: 'Addresses' },
      EVENTS_TABLE: { Ref: 'Events' },
      WORKFLOWS_TABLE: { Ref: 'Workflows' },
      EMAILS_TABLE: { Ref: 'Emails' },
      MAILBOXES_TABLE: { Ref: 'Mailboxes' },
      RUNS_TABLE: { Ref: 'Runs' },
      SETTINGS_TABLE: { Ref: 'Settings' },
      FAILURES_TABLE: { Ref: 'Failures' },
      MAIL_QUEUE_URL: { Ref: 'MailQueue' },
      MAIL_DEAD_LETTERS_URL: { Ref: 'MailDeadLetters' },
      SUPPRESSION_KEY_ID: { Ref: 'SuppressionKey' },
      CONFIGURATION_SET: { Ref: 'MailConfigurationSet' },
      MAIL_FROM: '',
      UNSUBSCRIBE_URL: {
        'Fn::Join': [
          '',
          [{ 'Fn::GetAtt': [expect.stringContaining('Api'), 'ApiEndpoint'] }, '/unsubscribe'],
        ],
      },
      MAILS_PER_SECOND: '7',
    });
  });

  it.each([1, 14, 60, 500])(
    'has a share of %i mails a second, which all of them together keep',
    (rate) => {
      const of = stageTemplate({ mailsPerSecond: rate });
      const { id, properties } = lambdaOf(of, 'mailer');
      const sources = of.findResources('AWS::Lambda::EventSourceMapping', {
        Properties: { FunctionName: { Ref: id } },
      });
      const atOnce = Object.values(sources).map(
        ({ Properties }) => Properties.ScalingConfig.MaximumConcurrency,
      );

      expect(
        atOnce.map((many) => many * properties.Environment.Variables.MAILS_PER_SECOND),
      ).toEqual([rate]);
    },
  );
});

const refusing = {
  CONTACTS_TABLE: { Ref: 'Contacts' },
  CUSTOMERS_TABLE: { Ref: 'Customers' },
  ADDRESSES_TABLE: { Ref: 'Addresses' },
  SUPPRESSIONS_TABLE: { Ref: 'Suppressions' },
  EVENTS_TABLE: { Ref: 'Events' },
  SETTINGS_TABLE: { Ref: 'Settings' },
  RUNS_TABLE: { Ref: 'Runs' },
  EMAILS_TABLE: { Ref: 'Emails' },
  WORKFLOWS_TABLE: { Ref: 'Workflows' },
  WORDS_TABLE: { Ref: 'Words' },
  SUPPRESSION_KEY_ID: { Ref: 'SuppressionKey' },
};

describe('feedback', () => {
  it('is told the tables of a refusal, the ledger, its queues and the key', () => {
    const { NODE_OPTIONS, ...variables } = lambdaOf(template, 'feedback').properties.Environment
      .Variables;

    expect(variables).toEqual({
      ...refusing,
      FAILURES_TABLE: { Ref: 'Failures' },
      FEEDBACK_QUEUE_URL: { Ref: 'FeedbackQueue' },
      FEEDBACK_DEAD_LETTERS_URL: { Ref: 'FeedbackDeadLetters' },
    });
  });
});

describe('unsubscribe', () => {
  it('ends before a mail program gives up after ten seconds', () => {
    expect(lambdaOf(template, 'unsubscribe').properties.Timeout).toBeLessThan(10);
  });

  it('is told the tables of a refusal and the key, and nothing else', () => {
    const { NODE_OPTIONS, ...variables } = lambdaOf(template, 'unsubscribe').properties.Environment
      .Variables;

    expect(variables).toEqual(refusing);
  });
});

describe('the clock', () => {
  it('is told the ledger, the mail queue, where a hold is kept, and how much the mailers send in a minute', () => {
    const { NODE_OPTIONS, ...variables } = lambdaOf(template, 'clock').properties.Environment
      .Variables;

    expect(variables).toEqual({
      EMAILS_TABLE: { Ref: 'Emails' },
      RUNS_TABLE: { Ref: 'Runs' },
      EVENTS_QUEUE_URL: { Ref: 'EventsQueue' },
      MAIL_QUEUE_URL: { Ref: 'MailQueue' },
      MOST_EMAILS: String(14 * 60),
      MOST_RUNS: '2000',
      SETTINGS_TABLE: { Ref: 'Settings' },
    });
  });

  it('asks for no more than one call has the time for', () => {
    const { properties } = lambdaOf(stageTemplate({ mailsPerSecond: 500 }), 'clock');

    expect(properties.Environment.Variables.MOST_EMAILS).toBe('6000');
    expect(properties.MemorySize).toBe(1_024);
  });

  it('is called every minute, once, and each call ends before the next', () => {
    const { id, properties } = lambdaOf(template, 'clock');
    const { rule, target, invocation } = calledByRule(template, id);
    const once = { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 };

    expect(properties.Timeout).toBeLessThan(60);
    expect(rule.ScheduleExpression).toBe('rate(1 minute)');
    expect(target.RetryPolicy).toEqual(once);
    expect(invocation).toMatchObject(once);
  });
});

describe('rollup', () => {
  it('is called every five minutes, once, and each call ends before the next', () => {
    const { id, properties } = lambdaOf(template, 'rollup');
    const { rule, target, invocation } = calledByRule(template, id);
    const once = { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 300 };

    expect(properties.Timeout).toBeLessThan(300);
    expect(rule.ScheduleExpression).toBe('rate(5 minutes)');
    expect(target.RetryPolicy).toEqual(once);
    expect(invocation).toMatchObject(once);
  });

  it('is told for how long records are kept, and how much one call reads', () => {
    const { Environment } = lambdaOf(template, 'rollup').properties;

    expect(Environment.Variables).toMatchObject({
      COUNTS_TABLE: { Ref: 'Counts' },
      RETENTION_DAYS: '120',
      MOST_READS: '3000',
      MOST_PAGES: '100',
    });
  });
});

describe('importer', () => {
  const { id, properties } = lambdaOf(template, 'importer');

  it('is called every minute, once', () => {
    const { rule, target, invocation } = calledByRule(template, id);
    const once = { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 };

    expect(rule.ScheduleExpression).toBe('rate(1 minute)');
    expect(target.RetryPolicy).toEqual(once);
    expect(invocation).toMatchObject(once);
  });

  it('has the time for a call of Polar and a page after the last that still begins', () => {
    const { STEP_SECONDS, RETENTION_DAYS } = properties.Environment.Variables;

    expect(RETENTION_DAYS).toBe('120');
    expect(properties.Timeout - Number(STEP_SECONDS)).toBeGreaterThanOrEqual(60);
  });
});

describe('a function that may send to the queue that feeds it', () => {
  it('is one whose rounds have an end, and Lambda is told not to stop it', () => {
    const feeding = names.filter((name) => {
      const { id } = lambdaOf(template, name);
      const fedFrom = Object.values(template.findResources('AWS::Lambda::EventSourceMapping'))
        .filter(({ Properties }) => Properties.FunctionName.Ref === id)
        .map(({ Properties }) => Properties.EventSourceArn['Fn::GetAtt'][0]);
      const may = permissionsOf(template, name);
      return fedFrom.some((queue) => may[queue]?.includes('sqs:SendMessage'));
    });

    expect(feeding).toEqual(['worker']);
    const allowed = names.filter(
      (name) => lambdaOf(template, name).properties.RecursiveLoop === 'Allow',
    );
    expect(allowed).toEqual(feeding);
  });
});

describe('the console', () => {
  const { properties } = lambdaOf(template, 'console');

  it('ends before API Gateway gives up after thirty seconds', () => {
    expect(properties.Timeout).toBeLessThan(30);
  });

  it('is told everything that it shows and changes', () => {
    const { NODE_OPTIONS, ...variables } = properties.Environment.Variables;
    const urlOf = (path: string) => ({
      'Fn::Join': ['', [{ 'Fn::GetAtt': ['WebhookApi', 'ApiEndpoint'] }, path]],
    });

    expect(variables).toEqual({
      ...refusing,
      FAILURES_TABLE: { Ref: 'Failures' },
      WORKFLOWS_TABLE: { Ref: 'Workflows' },
      ACTS_TABLE: { Ref: 'Acts' },
      COUNTS_TABLE: { Ref: 'Counts' },
      EVENTS_QUEUE_URL: { Ref: 'EventsQueue' },
      EVENTS_DEAD_LETTERS_URL: { Ref: 'EventsDeadLetters' },
      MAIL_QUEUE_URL: { Ref: 'MailQueue' },
      MAIL_DEAD_LETTERS_URL: { Ref: 'MailDeadLetters' },
      FEEDBACK_QUEUE_URL: { Ref: 'FeedbackQueue' },
      FEEDBACK_DEAD_LETTERS_URL: { Ref: 'FeedbackDeadLetters' },
      WEBHOOK_URL: urlOf('/webhooks/polar'),
      UNSUBSCRIBE_URL: urlOf('/unsubscribe'),
      WEBHOOK_SECRET_ID: { Ref: 'WebhookSecret' },
      POLAR_ACCESS_ID: { Ref: 'PolarAccess' },
      RETENTION_DAYS: '120',
      MAIL_FROM: '',
      MAIL_IDENTITIES: '',
      STAGE: 'prod',
      CONFIGURATION_SET: { Ref: 'MailConfigurationSet' },
    });
  });
});
