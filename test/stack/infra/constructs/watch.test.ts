import { describe, expect, it } from 'vitest';
import { calledByRule, onlyOf, stageTemplate } from '#test/support/cloud/stage-stack.ts';
import { lambdaOf } from './lambda-of.ts';

const template = stageTemplate();
const watch = lambdaOf(template, 'watch');

describe('watch', () => {
  it('looks every quarter of an hour', () => {
    expect(calledByRule(template, watch.id).rule).toMatchObject({
      ScheduleExpression: 'rate(15 minutes)',
      State: 'ENABLED',
    });
  });

  it('tries each look once: the next one looks at the same', () => {
    const { target, invocation } = calledByRule(template, watch.id);

    expect(target.RetryPolicy).toEqual({
      MaximumEventAgeInSeconds: 900,
      MaximumRetryAttempts: 0,
    });
    expect(invocation).toEqual({
      FunctionName: { Ref: watch.id },
      MaximumEventAgeInSeconds: 900,
      MaximumRetryAttempts: 0,
      Qualifier: '$LATEST',
    });
  });

  it('ends long before the next look', () => {
    expect(watch.properties.Timeout).toBe(60);
  });

  it('is told the settings, the events, the secrets and its URL, and nothing else', () => {
    const { NODE_OPTIONS, ...variables } = watch.properties.Environment.Variables;

    expect(variables).toEqual({
      SETTINGS_TABLE: { Ref: 'Settings' },
      EVENTS_TABLE: { Ref: 'Events' },
      WEBHOOK_URL: {
        'Fn::Join': ['', [{ 'Fn::GetAtt': ['WebhookApi', 'ApiEndpoint'] }, '/webhooks/polar']],
      },
      WEBHOOK_SECRET_ID: { Ref: 'WebhookSecret' },
      POLAR_ACCESS_ID: { Ref: 'PolarAccess' },
    });
  });

  const notAsked = '{ $.result = "not-asked" }';
  const found = [
    '{ $.finding = "*" }',
    'WatchFindings',
    '1',
    [{ Key: 'Finding', Value: '$.finding' }],
  ];
  const result = [{ Key: 'Result', Value: '$.result' }];
  const failed = [
    ['{ $.failedInARow >= 0 }', 'FailedInARow', '$.failedInARow', undefined],
    ['{ $.failedEvents >= 0 }', 'FailedEvents', '$.failedEvents', undefined],
  ];

  it.each([
    ['what is wrong', stageTemplate(), [[notAsked, 'WatchRuns', '1', result], found]],
    [
      'for a dashboard also how each look ended, and how many events failed',
      stageTemplate({ dashboard: true }),
      [['{ $.result = "*" }', 'WatchRuns', '1', result], found, ...failed],
    ],
  ])('is counted in its log: %s', (_, one, expected) => {
    const log = lambdaOf(one, 'watch').properties.LoggingConfig.LogGroup;
    const filters = one.findResources('AWS::Logs::MetricFilter', {
      Properties: { LogGroupName: log },
    });
    const shown = Object.values(filters).map(({ Properties }) => {
      const [{ MetricName, MetricValue, Dimensions }] = Properties.MetricTransformations;
      return [Properties.FilterPattern, MetricName, MetricValue, Dimensions];
    });

    expect(shown).toEqual(expected);
  });
});

describe('the saved query', () => {
  const query = onlyOf(template, 'AWS::Logs::QueryDefinition');

  it("shows one event's life in the logs of every function that it passes", () => {
    const passed = ['ingest', 'worker', 'mailer', 'feedback', 'clock', 'console', 'watch'] as const;
    const logs = passed.map((name) => lambdaOf(template, name).properties.LoggingConfig.LogGroup);

    expect(query.Name).toBe("Stack/one event's life");
    expect(query.LogGroupNames).toEqual(logs);
  });

  it('asks for one webhook id, from the oldest line to the newest', () => {
    expect(query.QueryString.split('\n| ')).toEqual([
      'fields @timestamp, level, message, type, outcome, state, kind, reason',
      'filter webhookId = "paste the webhook id here"',
      'sort @timestamp asc',
      'limit 1000',
    ]);
  });
});
