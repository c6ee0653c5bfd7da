import { describe, expect, it } from 'vitest';
import { lambdaOf } from '#test/infra/lambda-of.ts';
import { onlyOf, stageTemplate } from '#test/infra/stage-stack.ts';

const template = stageTemplate({ alarmEmail: 'ops@example.com' });
const alarms = Object.entries(template.findResources('AWS::CloudWatch::Alarm')).map(
  ([id, { Properties }]) => ({ id, ...Properties }),
);

describe('an alarm', () => {
  it.each(alarms)('$id says the harm and the first step, and tells someone', (alarm) => {
    expect(alarm.AlarmDescription).toMatch(/^Harm: .{20,}\. First step: .{20,}\.$/);
    expect(alarm.AlarmDescription.length).toBeLessThanOrEqual(1024);
    expect(alarm.AlarmActions).toEqual([{ Ref: expect.stringContaining('Topic') }]);
  });

  it.each(alarms)('$id takes silence for health', ({ TreatMissingData }) => {
    expect(TreatMissingData).toBe('notBreaching');
  });

  it('exists for everything that can be stuck', () => {
    const watched = alarms.map(({ Namespace, MetricName, Dimensions, Threshold }) => {
      const [{ Name, Value }] = Dimensions ?? [{}];
      return [Namespace, MetricName, Name, Value?.['Fn::GetAtt']?.[0] ?? Value, Threshold];
    });
    const [ingest, worker, mailer, feedback, unsubscribe] = [
      'ingest' as const,
      'worker' as const,
      'mailer' as const,
      'feedback' as const,
      'unsubscribe' as const,
    ].map((name) => ({ Ref: lambdaOf(template, name).id }));
    expect(watched).toEqual([
      ['AWS/SQS', 'ApproximateNumberOfMessagesVisible', 'QueueName', 'EventsDeadLetters', 0],
      ['AWS/SQS', 'ApproximateAgeOfOldestMessage', 'QueueName', 'EventsDeadLetters', 604_800],
      ['AWS/SQS', 'ApproximateAgeOfOldestMessage', 'QueueName', 'EventsQueue', 1_200],
      ['AWS/ApiGateway', '5xx', 'ApiId', { Ref: expect.stringContaining('Api') }, 0],
      ['Stack', 'Answers', 'Status', '401', 0],
      ['Stack', 'Answers', 'Status', '429', 0],
      ['AWS/Lambda', 'Errors', 'FunctionName', ingest, 0],
      ['AWS/Lambda', 'Errors', 'FunctionName', worker, 0],
      ['AWS/Lambda', 'Throttles', 'FunctionName', ingest, 0],
      ['AWS/Lambda', 'Throttles', 'FunctionName', worker, 0],
      ['AWS/SQS', 'ApproximateNumberOfMessagesVisible', 'QueueName', 'MailDeadLetters', 0],
      ['AWS/SQS', 'ApproximateNumberOfMessagesVisible', 'QueueName', 'FeedbackDeadLetters', 0],
      ['AWS/SQS', 'ApproximateAgeOfOldestMessage', 'QueueName', 'MailQueue', 3_600],
      ['Stack', 'UnknownEmails', undefined, undefined, 0],
      ['AWS/Lambda', 'Errors', 'FunctionName', mailer, 0],
      ['AWS/Lambda', 'Errors', 'FunctionName', feedback, 0],
      ['AWS/Lambda', 'Errors', 'FunctionName', unsubscribe, 0],
      ['AWS/SES', 'Reputation.BounceRate', undefined, undefined, 0.05],
      ['AWS/SES', 'Reputation.ComplaintRate', undefined, undefined, 0.001],
    ]);
  });

  it.each(alarms)('$id fires above its threshold', ({ ComparisonOperator }) => {
    expect(ComparisonOperator).toBe('GreaterThanThreshold');
  });

  it('counts answers by their status in the access log', () => {
    template.hasResourceProperties('AWS::Logs::MetricFilter', {
      FilterPattern: '{ $.status = "*" }',
      MetricTransformations: [
        {
          MetricNamespace: 'Stack',
          MetricName: 'Answers',
          MetricValue: '1',
          Dimensions: [{ Key: 'Status', Value: '$.status' }],
        },
      ],
    });
  });

  it('counts the emails by state, and those that stay unknown, in the log of the mailer', () => {
    const log = lambdaOf(template, 'mailer').properties.LoggingConfig.LogGroup;
    const filters = template.findResources('AWS::Logs::MetricFilter', {
      Properties: { LogGroupName: log },
    });

    expect(Object.values(filters).map(({ Properties }) => Properties)).toMatchObject([
      {
        FilterPattern: '{ ($.ledgerKey = "*") && ($.state = "*") }',
        MetricTransformations: [
          { MetricName: 'Emails', Dimensions: [{ Key: 'State', Value: '$.state' }] },
        ],
      },
      {
        FilterPattern: '{ $.message = "email is unknown for fifteen minutes" }',
        MetricTransformations: [{ MetricName: 'UnknownEmails', MetricValue: '1' }],
      },
    ]);
  });

  it('stays on while an email is unknown, of which the mailer reminds every quarter of an hour', () => {
    const [unknown] = alarms.filter(({ MetricName }) => MetricName === 'UnknownEmails');

    expect(unknown?.Period).toBeGreaterThan(15 * 60);
  });

  it('comes by a topic to which alarms of this account, and nobody else, may publish', () => {
    const [policy] = Object.entries(template.findResources('AWS::SNS::TopicPolicy'))
      .filter(([id]) => id.includes('Alarms'))
      .map(([, { Properties }]) => Properties.PolicyDocument);

    expect(policy.Statement.filter(({ Effect }: { Effect: string }) => Effect === 'Allow')).toEqual(
      [
        {
          Sid: 'AllowAlarms',
          Effect: 'Allow',
          Action: 'sns:Publish',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Resource: { Ref: expect.stringContaining('AlarmsTopic') },
          Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        },
      ],
    );
  });

  it('is sent by email if an address is given', () => {
    template.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'ops@example.com',
    });
    const byEmail = { Properties: { Protocol: 'email' } };
    expect(stageTemplate().findResources('AWS::SNS::Subscription', byEmail)).toEqual({});
  });
});

describe('the dashboard', () => {
  it('follows the webhooks from left to right, then the emails', () => {
    const body = JSON.stringify(onlyOf(template, 'AWS::CloudWatch::Dashboard').DashboardBody);
    const titles = [...body.matchAll(/"title\\":\\"(\d [^\\]+)/g)].map(([, title]) => title);

    expect(titles).toEqual([
      '1 Webhooks in',
      '2 Answered, by status',
      '3 Queued',
      '4 Applied',
      '5 Dead letters',
      '6 Emails queued',
      '7 Emails by state',
      '8 What SES says (whole account)',
      '9 Dead letters of mail',
    ]);
  });
});
