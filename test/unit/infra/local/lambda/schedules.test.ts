import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { localIdentities, templateOf } from '#infra/local/assembly/template.ts';
import type { LambdaFunction } from '#infra/local/lambda/lambda-function.ts';
import type { InvocationResult } from '#infra/local/lambda/runtime-api.ts';
import { schedulesOf, startSchedule } from '#infra/local/lambda/schedules.ts';

const ruleArn = 'arn:aws:events:us-east-1:000000000000:rule/Tick';
const answer: InvocationResult = { kind: 'answer', payload: null };

function started(invoke: LambdaFunction['invoke']) {
  const problems: string[] = [];
  const lambda = { invoke, stop: async () => {} };
  const onProblem = (message: string) => problems.push(message);
  const schedule = startSchedule({ ruleArn, everyMs: 20 }, { lambda, onProblem });
  onTestFinished(schedule.stop);
  return { ...schedule, problems };
}

test('a scheduled function is invoked again and again, and told when, as by EventBridge', async () => {
  const events: unknown[] = [];
  started(async (event) => {
    events.push(event);
    return answer;
  });
  await vi.waitFor(() => expect(events.length).toBeGreaterThan(2), 60_000);
  expect(events[0]).toMatchObject({
    source: 'aws.events',
    'detail-type': 'Scheduled Event',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    resources: [ruleArn],
  });
});

test('a call that fails is told, and the next one follows', async () => {
  const outcomes: (() => InvocationResult)[] = [
    () => ({ kind: 'error', type: 'Error', message: 'no luck' }),
    () => {
      throw new Error('no process');
    },
  ];
  let calls = 0;
  const { problems } = started(async () => {
    calls += 1;
    return outcomes.shift()?.() ?? answer;
  });
  await vi.waitFor(() => expect(calls).toBeGreaterThan(2), 60_000);
  expect(problems).toEqual([
    'A scheduled call failed: no luck',
    'A scheduled call failed: Error: no process',
  ]);
});

test('stopping lets a call finish, and begins no other', async () => {
  const calls: string[] = [];
  const { stop } = started(async () => {
    calls.push('begun');
    await setTimeout(60);
    calls.push('done');
    return answer;
  });
  await vi.waitFor(() => expect(calls).toContain('begun'), 60_000);
  await stop();
  const atStop = [...calls];
  expect(atStop.filter((call) => call === 'done')).toHaveLength(atStop.length / 2);
  await setTimeout(100);
  expect(calls).toEqual(atStop);
});

type Rule = { ScheduleExpression: string; State?: string };

function rules(expressions: readonly Rule[], minuteMs?: number) {
  const Targets = [{ Arn: { 'Fn::GetAtt': ['Tick', 'Arn'] }, Id: 'Target0' }];
  const resources = expressions.map((properties, index) => [
    `Rule${index}`,
    { Type: 'AWS::Events::Rule', Properties: { ...properties, Targets } },
  ]);
  const Tick = { Type: 'AWS::Lambda::Function' };
  const template = templateOf('Tiny', { Resources: { Tick, ...Object.fromEntries(resources) } });
  return schedulesOf(localIdentities(template, { sqs: '', http: '' }), minuteMs);
}

test('the rates of the template are those of the schedules', () => {
  const given = [
    { ScheduleExpression: 'rate(15 minutes)', State: 'ENABLED' },
    { ScheduleExpression: 'rate(1 hour)' },
    { ScheduleExpression: 'rate(1 minute)' },
    { ScheduleExpression: 'rate(1 day)', State: 'DISABLED' },
  ];
  const found = rules(given);
  expect(found.map(({ everyMs }) => everyMs)).toEqual([900_000, 3_600_000, 60_000]);
  expect(new Set(found.map(({ functionArn }) => functionArn))).toEqual(
    new Set(['arn:aws:lambda:us-east-1:000000000000:function:Tiny-Tick']),
  );
});

test('a test has what runs every minute sooner, and nothing else', () => {
  const given = ['rate(1 minute)', 'rate(5 minutes)'];
  const found = rules(
    given.map((ScheduleExpression) => ({ ScheduleExpression })),
    100,
  );
  expect(found.map(({ everyMs }) => everyMs)).toEqual([100, 300_000]);
});

test('a schedule that is no rate is named', () => {
  expect(() => rules([{ ScheduleExpression: 'cron(0 12 * * ? *)' }])).toThrow(
    'The local stack knows no schedule "cron(0 12 * * ? *)".',
  );
});
