import { describe, expect, it } from 'vitest';
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
      const [{ Name, Value }] = Dimensions;
      return [Namespace, MetricName, Name, Value['Fn::GetAtt']?.[0] ?? Value, Threshold];
    });
    const ingest = { Ref: expect.stringContaining('Ingest') };
    const worker = { Ref: expect.stringContaining('Worker') };
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

  it('is sent by email if an address is given', () => {
    template.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'ops@example.com',
    });
    expect(stageTemplate().findResources('AWS::SNS::Subscription')).toEqual({});
  });
});

describe('the dashboard', () => {
  it('follows the webhooks from left to right', () => {
    const body = JSON.stringify(onlyOf(template, 'AWS::CloudWatch::Dashboard').DashboardBody);
    const titles = [...body.matchAll(/"title\\":\\"(\d [^\\]+)/g)].map(([, title]) => title);

    expect(titles).toEqual([
      '1 Webhooks in',
      '2 Answered, by status',
      '3 Queued',
      '4 Applied',
      '5 Dead letters',
    ]);
  });
});
