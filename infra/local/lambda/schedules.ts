import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { Identities } from '#infra/local/assembly/template.ts';
import { realClock } from '#infra/local/clock/local-clock.ts';
import { localAccount, localRegion } from '#infra/local/local-account.ts';
import type { LambdaFunction } from './lambda-function.ts';

type Schedule = Readonly<{ ruleArn: string; everyMs: number }>;

type Parts = Readonly<{
  lambda: LambdaFunction;
  onProblem: (message: string) => void;
  clock?: Pick<typeof realClock, 'now'>;
}>;

export type ScheduleAtWork = Readonly<{
  everyMs: number;
  /** One call more, at once; over when it has ended. */
  call: () => Promise<void>;
  stop: () => Promise<void>;
}>;

/** Invokes a function at a fixed rate, as EventBridge does, first when one interval is over. Stopping lets a call finish. */
export function startSchedule(
  { ruleArn, everyMs }: Schedule,
  { lambda, onProblem, clock = realClock }: Parts,
): ScheduleAtWork {
  const calls = new Set<Promise<void>>();
  const call = async () => {
    try {
      const result = await lambda.invoke(scheduledEvent(ruleArn, clock.now()));
      if (result.kind === 'error') onProblem(`A scheduled call failed: ${result.message}`);
    } catch (error) {
      onProblem(`A scheduled call failed: ${String(error)}`);
    }
  };
  const timer = setInterval(() => {
    const running = call().finally(() => calls.delete(running));
    calls.add(running);
  }, everyMs);
  return {
    everyMs,
    call,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(calls);
    },
  };
}

const ruleSchema = z.object({
  ScheduleExpression: z.string(),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Targets: z.array(z.object({ Arn: z.string() })).default([]),
});

/**
 * The schedules of the stack, each with the ARN of a function. `minuteMs`: how often tests have what runs every minute;
 * what runs less often keeps its time. Throws on one that is not a rate.
 */
export function schedulesOf(
  identities: Identities,
  minuteMs = 60_000,
): (Schedule & { functionArn: string })[] {
  return identities.ofType('AWS::Events::Rule').flatMap(({ logicalId, properties }) => {
    const rule = ruleSchema.parse(properties);
    if (rule.State === 'DISABLED') return [];
    const ruleArn = String(identities.resolve({ 'Fn::GetAtt': [logicalId, 'Arn'] }));
    const minutes = rateMinutes(rule.ScheduleExpression);
    const everyMs = minutes === 1 ? minuteMs : minutes * 60_000;
    return rule.Targets.map(({ Arn: functionArn }) => ({ ruleArn, everyMs, functionArn }));
  });
}

const unitMinutes = { minute: 1, hour: 60, day: 1_440 };

function rateMinutes(expression: string): number {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const [, minutes] = Object.entries(unitMinutes).find(([name]) => name === unit) ?? [];
  if (minutes === undefined) throw new Error(`The local stack knows no schedule "${expression}".`);
  return Number(count) * minutes;
}

function scheduledEvent(ruleArn: string, at: Date) {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: localAccount,
    time: at.toISOString().replace(/\.\d+Z$/, 'Z'),
    region: localRegion,
    resources: [ruleArn],
    detail: {},
  };
}
