import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { lambdaOf } from '#test/stack/infra/constructs/lambda-of.ts';
import { stageTemplate } from '#test/support/cloud/stage-stack.ts';

const runbook = 'https://github.com/shop-of-example/polar-audience/blob/main/infra/RUNBOOK.md';
const template = stageTemplate({ stage: 'staging', alarmEmail: 'ops@example.com', runbook });
const retriedOrDead =
  '{ ($.message = "message is dead") || (($.message = "message will be retried") && ($.receives >= 5)) }';
const alarms = Object.entries(template.findResources('AWS::CloudWatch::Alarm')).map(
  ([id, { Properties }]) => ({ id, ...Properties }),
);

describe('an alarm', () => {
  it.each(alarms)('$id says the harm and the first step, and tells someone', (alarm) => {
    const { AlarmDescription } = alarm;
    expect(AlarmDescription).toMatch(
      /^Harm: .{20,}\. First step: .{20,}\. Runbook: https:\S+\/infra\/RUNBOOK\.md#[a-z0-9]+$/,
    );
    expect(AlarmDescription.length).toBeLessThanOrEqual(1_024);
    expect(alarm.AlarmActions).toEqual([{ Ref: expect.stringContaining('Topic') }]);
  });

  it.each(alarms)('$id is in infra/RUNBOOK.md, where its description leads', (alarm) => {
    const [, anchor = ''] = /#([a-z0-9]+)$/.exec(alarm.AlarmDescription) ?? [];

    expect(alarm.id.toLowerCase()).toContain(`alarms${anchor}`);
    expect(runbookAnchors()).toContain(anchor);
  });

  it('is all that the runbook tells of', () => {
    const anchors = alarms.map(({ AlarmDescription }) => AlarmDescription.split('#').at(-1));

    expect(runbookAnchors().sort()).toEqual(anchors.sort());
  });

  it('names commands for its stage', () => {
    const commands = alarms.flatMap(({ AlarmDescription }) =>
      [...AlarmDescription.matchAll(/npm run [^"]+/g)].map(([command]) => command),
    );

    expect(commands.length).toBeGreaterThan(5);
    expect(commands.filter((command) => !command.endsWith(' --stage staging'))).toEqual([]);
  });

  const ofSilence = alarms.filter(({ MetricName }) => MetricName === 'Invocations');
  const ofNoise = alarms.filter(({ MetricName }) => MetricName !== 'Invocations');

  it.each(ofNoise)('$id takes silence for health', ({ TreatMissingData, ComparisonOperator }) => {
    expect(TreatMissingData).toBe('notBreaching');
    expect(ComparisonOperator).toBe('GreaterThanThreshold');
  });

  it.each(ofSilence)('$id takes silence for harm', ({ TreatMissingData, ...alarm }) => {
    expect(TreatMissingData).toBe('breaching');
    expect(alarm).toMatchObject({ ComparisonOperator: 'LessThanThreshold', Threshold: 1 });
  });

  it('exists for everything that can be stuck', () => {
    const watched = alarms.map(({ Namespace, MetricName, Dimensions, Threshold }) => {
      const [{ Name, Value }] = Dimensions ?? [{}];
      return [Namespace, MetricName, Name, Value?.['Fn::GetAtt']?.[0] ?? Value, Threshold];
    });
    const [ingest, worker, mailer, feedback, unsubscribe, clock, watch, rollup, importer] = [
      'ingest' as const,
      'worker' as const,
      'mailer' as const,
      'feedback' as const,
      'unsubscribe' as const,
      'clock' as const,
      'watch' as const,
      'rollup' as const,
      'importer' as const,
    ].map((name) => ({ Ref: lambdaOf(template, name).id }));
    expect(watched).toEqual([
      ['AWS/SQS', 'ApproximateNumberOfMessagesVisible', 'QueueName', 'EventsDeadLetters', 0],
      ['AWS/SQS', 'ApproximateNumberOfMessagesVisible', 'QueueName', 'EventsDeadLetters', 0],
      ['AWS/SQS', 'ApproximateAgeOfOldestMessage', 'QueueName', 'EventsQueue', 1_200],
      ['Stack', 'WorkerRetries', undefined, undefined, 0],
      ['AWS/ApiGateway', '5xx', 'ApiId', { Ref: expect.stringContaining('Api') }, 0],
      ['Stack', 'Answers', 'Status', '401', 0],
      ['Stack', 'Answers', 'Status', '429', 0],
      ['AWS/Lambda', 'Errors', 'FunctionName', ingest, 0],
      ['AWS/Lambda', 'Errors', 'FunctionName', worker, 0],
      ['AWS/Lambda', 'Throttles', 'FunctionName', ingest, 0],
      ['AWS/Lambda', 'Throttles', 'FunctionName', worker, 0],
      ['AWS/Lambda', 'Errors', 'FunctionName', clock, 0],
      ['AWS/Lambda', 'Invocations', 'FunctionName', clock, 1],
      ['Stack', 'UnreadableRows', undefined, undefined, 0],
      ['Stack', 'WatchFindings', 'Finding', 'disabled', 0],
      ['Stack', 'WatchFindings', 'Finding', 'changed', 0],
      ['Stack', 'WatchFindings', 'Finding', 'failing', 0],
      ['Stack', 'WatchFindings', 'Finding', 'given-up', 0],
      ['Stack', 'WatchFindings', 'Finding', 'not-received', 0],
      ['Stack', 'WatchFindings', 'Finding', 'emails-changed', 0],
      ['Stack', 'WatchRuns', 'Result', 'not-asked', 0],
      ['AWS/Lambda', 'Errors', 'FunctionName', watch, 0],
      ['AWS/Lambda', 'Invocations', 'FunctionName', watch, 1],
      ['AWS/SQS', 'ApproximateNumberOfMessagesVisible', 'QueueName', 'MailDeadLetters', 0],
      ['AWS/SQS', 'ApproximateNumberOfMessagesVisible', 'QueueName', 'FeedbackDeadLetters', 0],
      ['AWS/SQS', 'ApproximateAgeOfOldestMessage', 'QueueName', 'FeedbackQueue', 3_600],
      ['AWS/SQS', 'ApproximateAgeOfOldestMessage', 'QueueName', 'MailQueue', 3_600],
      ['Stack', 'MailerRetries', undefined, undefined, 0],
      ['Stack', 'FeedbackRetries', undefined, undefined, 0],
      ['Stack', 'WaitedMinutes', undefined, undefined, 60],
      ['Stack', 'Emails', 'State', 'failed', 0],
      ['Stack', 'BlockedForAPerson', undefined, undefined, 0],
      ['AWS/SES', 'Reject', undefined, undefined, 0],
      ['Stack', 'UnknownEmails', undefined, undefined, 0],
      ['AWS/Lambda', 'Errors', 'FunctionName', mailer, 0],
      ['AWS/Lambda', 'Errors', 'FunctionName', feedback, 0],
      ['AWS/Lambda', 'Throttles', 'FunctionName', mailer, 0],
      ['AWS/Lambda', 'Throttles', 'FunctionName', feedback, 0],
      ['AWS/Lambda', 'Errors', 'FunctionName', unsubscribe, 0],
      ['AWS/SES', 'Reputation.BounceRate', undefined, undefined, 0.05],
      ['AWS/SES', 'Reputation.ComplaintRate', undefined, undefined, 0.001],
      ['AWS/Lambda', 'Errors', 'FunctionName', rollup, 0],
      ['AWS/Lambda', 'Invocations', 'FunctionName', rollup, 1],
      ['AWS/Lambda', 'Errors', 'FunctionName', importer, 0],
    ]);
  });

  it.each([
    ['those that an alarm goes by', template, '{ ($.status = "401") || ($.status = "429") }'],
    ['all of them for a dashboard', stageTemplate({ dashboard: true }), '{ $.status = "*" }'],
  ])('counts answers by their status in the access log, %s', (_, one, FilterPattern) => {
    one.hasResourceProperties('AWS::Logs::MetricFilter', {
      FilterPattern,
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

  it.each([
    ['worker', [[retriedOrDead, 'WorkerRetries', '1']]],
    [
      'mailer',
      [
        ['{ ($.ledgerKey = "*") && ($.state = "failed") }', 'Emails', '1'],
        ['{ $.waitedMinutes >= 0 }', 'WaitedMinutes', '$.waitedMinutes'],
        ['{ $.needsPerson IS TRUE }', 'BlockedForAPerson', '1'],
        [retriedOrDead, 'MailerRetries', '1'],
      ],
    ],
    [
      'clock',
      [
        [
          '{ ($.message = "run cannot be read") || ($.message = "email cannot be read") }',
          'UnreadableRows',
          '1',
        ],
        ['{ $.message = "email is unknown for fifteen minutes" }', 'UnknownEmails', '1'],
      ],
    ],
  ] as const)('counts by the log of the %s', (name, expected) => {
    const { LogGroup } = lambdaOf(template, name).properties.LoggingConfig;
    const filters = template.findResources('AWS::Logs::MetricFilter', {
      Properties: { LogGroupName: LogGroup },
    });
    const counted = Object.values(filters).map(({ Properties }) => {
      const [{ MetricName, MetricValue }] = Properties.MetricTransformations;
      return [Properties.FilterPattern, MetricName, MetricValue];
    });

    expect(counted).toEqual(expect.arrayContaining(expected.map((one) => [...one])));
  });

  it('stays on while an email is unknown, of which the clock reminds every quarter of an hour', () => {
    const [unknown] = alarms.filter(({ MetricName }) => MetricName === 'UnknownEmails');

    expect(unknown?.Period).toBeGreaterThan(15 * 60);
  });

  it('rings for dead letters that wait once there were some on each day of a week', () => {
    const [, ageing] = alarms.filter(
      ({ Dimensions }) => Dimensions?.[0]?.Value?.['Fn::GetAtt']?.[0] === 'EventsDeadLetters',
    );
    const { Period, EvaluationPeriods, DatapointsToAlarm } = ageing ?? {};

    expect([Period, EvaluationPeriods, DatapointsToAlarm]).toEqual([86_400, 7, 7]);
  });

  it('looks back no longer than CloudWatch lets it', () => {
    const longest = ({ Period }: { Period: number }) => (Period < 3_600 ? 86_400 : 604_800);
    const tooLong = alarms.filter(
      (alarm) => alarm.Period * alarm.EvaluationPeriods > longest({ Period: alarm.Period }),
    );

    expect(tooLong.map(({ id }) => id)).toEqual([]);
  });

  it.each(alarms.filter(({ MetricName }) => MetricName === 'WatchFindings'))(
    '$id stays on from one look at Polar to the next',
    ({ Period }) => {
      expect(Period).toBeGreaterThan(15 * 60);
    },
  );

  it('that Polar cannot be asked waits for an hour in which no look succeeds', () => {
    const [notAsked] = alarms.filter(({ MetricName }) => MetricName === 'WatchRuns');
    const { Period, EvaluationPeriods, DatapointsToAlarm } = notAsked ?? {};

    expect(Period).toBeGreaterThan(15 * 60);
    expect(Period * EvaluationPeriods).toBe(60 * 60);
    expect(DatapointsToAlarm).toBe(EvaluationPeriods);
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

/** The anchors that GitHub makes of the headings below "Alarms". */
function runbookAnchors(): string[] {
  const file = new URL('../../../../../infra/RUNBOOK.md', import.meta.url);
  const [, section = ''] = readFileSync(file, 'utf8').split(/^## Alarms$/m);
  const [alarmsOnly = ''] = section.split(/^## /m);
  return [...alarmsOnly.matchAll(/^### (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{Pc} -]/gu, '')
      .replaceAll(' ', '-'),
  );
}
