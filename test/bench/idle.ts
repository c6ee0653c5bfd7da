import { join } from 'node:path';
import * as z from 'zod';
import { synthesise } from '#infra/local/assembly/synthesis.ts';
import { readTemplate, type Template } from '#infra/local/assembly/template.ts';
import { fits } from '#test/support/cloud/cloud-watch.ts';
import {
  type IdleCall,
  type IdleCalls,
  idleCalls,
  type Scheduled,
  scheduled,
} from './idle-calls.ts';
import { assumed, minutesOfMonth, pollers, prices } from './prices.ts';
import { textTable } from './text-table.ts';

/** How somebody runs it who sends mail: what differs beside that is whether alarms are few, and a dashboard there. */
const usual = {
  stage: 'prod',
  alarmEmail: 'ops@example.com',
  mailFrom: 'shop.example',
  mailIdentity: 'domain',
};
const stages = {
  default: usual,
  'lean=true': { ...usual, lean: 'true' },
  'dashboard=true': { ...usual, dashboard: 'true' },
};

/** The bills of the three ways to run it. `assembly`: of the stage `local`, whose functions are run. */
export async function benchIdle({ assembly, directory }: { assembly: string; directory: string }) {
  const calls = await idleCalls(assembly);
  const bills: Record<string, IdleLine[]> = {};
  for (const [name, context] of Object.entries(stages)) {
    const folder = join(directory, name);
    await synthesise(folder, context);
    bills[name] = idleLines(await readTemplate(folder), calls);
  }
  return bills;
}

/** One line of the bill of a stage in which nothing happens. */
export type IdleLine = Readonly<{ what: string; how: string; dollars: number }>;

/**
 * What a month costs in which nothing happens, read from the template: a stage that is connected to Polar, with a sender
 * and nothing in its tables. Without any free tier.
 */
export function idleLines(template: Template, calls: IdleCalls): IdleLine[] {
  const count = (type: string) => resources(template, type).length;
  const secrets = count('AWS::SecretsManager::Secret');
  const alarms = resources(template, 'AWS::CloudWatch::Alarm').reduce(
    (sum, properties) => sum + metricsOf(properties),
    0,
  );
  const dashboards = count('AWS::CloudWatch::Dashboard');
  const metrics = metricsWhileIdle(template, calls);
  return [
    times('secrets', secrets, prices.secret.dollars),
    times('alarms, by metric', alarms, prices.alarmMetric.dollars),
    times('dashboard', dashboards, prices.dashboard.dollars),
    times('custom metrics that get values', metrics.length, prices.customMetric.dollars),
    polling(count('AWS::Lambda::EventSourceMapping')),
    ...scheduled.map((name) => schedule(template, name, calls[name])),
    times('keys of KMS', count('AWS::KMS::Key'), prices.key.dollars),
    { what: 'API, topics, schedules, mails, storage', how: 'by use', dollars: 0 },
  ];
}

export function sumOf(lines: readonly IdleLine[]): number {
  return lines.reduce((sum, { dollars }) => sum + dollars, 0);
}

/** Several stages side by side. */
export function idleTable(stages: Readonly<Record<string, readonly IdleLine[]>>): string {
  const [first = []] = Object.values(stages);
  const dollars = (lines: readonly IdleLine[], what: string) =>
    lines.find((line) => line.what === what)?.dollars ?? 0;
  const rows = first.map(({ what }, nth) => [
    what,
    ...Object.values(stages).flatMap((lines) => [
      lines[nth]?.how ?? '',
      dollars(lines, what).toFixed(2),
    ]),
  ]);
  const names = Object.keys(stages).flatMap((name) => [name, '$']);
  const sums = Object.values(stages).flatMap((lines) => ['', sumOf(lines).toFixed(2)]);
  return textTable(['a month', ...names], [...rows, ['together', ...sums]]);
}

function resources(template: Template, type: string) {
  return [...template.resources.values()]
    .filter((resource) => resource.type === type)
    .map(({ properties }) => properties);
}

function times(what: string, number: number, each: number): IdleLine {
  return { what, how: String(number), dollars: number * each };
}

const mathSchema = z.array(z.object({ MetricStat: z.unknown().optional() }));

/** An alarm on an expression is billed for each metric in it. */
function metricsOf({ Metrics }: Readonly<Record<string, unknown>>): number {
  if (Metrics === undefined) return 1;
  return mathSchema.parse(Metrics).filter(({ MetricStat }) => MetricStat !== undefined).length;
}

function polling(queues: number): IdleLine {
  const each = (pollers.perQueue * minutesOfMonth * 60) / pollers.secondsEach;
  return {
    what: 'polling of queues, by request',
    how: `${queues} × ${each.toLocaleString('en-US')}`,
    dollars: queues * each * prices.sqsRequest.dollars,
  };
}

const rateSchema = z.object({
  ScheduleExpression: z.string(),
  Targets: z.tuple([
    z.object({ Arn: z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) }) }),
  ]),
});
const memorySchema = z.object({ MemorySize: z.number() });
const durations: Readonly<Record<Scheduled, number>> = {
  clock: assumed.clockMs,
  watch: assumed.watchMs,
  rollup: assumed.rollupMs,
  importer: assumed.importerMs,
};

function schedule(template: Template, name: Scheduled, call: IdleCall): IdleLine {
  const { minutes, megabytes } = rateOf(template, name);
  const calls = minutesOfMonth / minutes;
  const secretReads = name === 'watch' ? assumed.watchSecretReads : call.secretReads;
  const gigabytes = call.logBytes / 1e9;
  const each =
    prices.lambdaRequest.dollars +
    (durations[name] / 1_000) * (megabytes / 1_024) * prices.lambdaArmGbSecond.dollars +
    call.readUnits * prices.dynamoReadUnit.dollars +
    call.writeUnits * prices.dynamoWriteUnit.dollars +
    secretReads * prices.secretRequest.dollars +
    gigabytes * (prices.logGigabyte.dollars + prices.storedLogGigabyte.dollars);
  return {
    what: `calls of ${name}`,
    how: calls.toLocaleString('en-US'),
    dollars: calls * each,
  };
}

/** By the beginning of the id of a construct: `ClockFunction…` is called by the rule of `Clock`. */
function rateOf(template: Template, name: Scheduled) {
  const isOf = (id: string) => id.toLowerCase().startsWith(`${name}function`);
  const rule = resources(template, 'AWS::Events::Rule')
    .map((properties) => rateSchema.parse(properties))
    .find(({ Targets: [target] }) => isOf(target.Arn['Fn::GetAtt'][0]));
  const [, minutes] = /^rate\((\d+) minutes?\)$/.exec(rule?.ScheduleExpression ?? '') ?? [];
  const id = rule?.Targets[0].Arn['Fn::GetAtt'][0] ?? '';
  if (minutes === undefined) throw new Error(`No rule calls ${name} by the minute.`);
  const { MemorySize } = memorySchema.parse(template.resources.get(id)?.properties);
  return { minutes: Number(minutes), megabytes: MemorySize };
}

/** What watch says of a connection with which all is well: it cannot be asked without a Polar. */
const wellWatched = { message: 'watch ran', result: 'asked', failedInARow: 0, failedEvents: 0 };

const filterSchema = z.object({
  LogGroupName: z.object({ Ref: z.string() }),
  FilterPattern: z.string(),
  MetricTransformations: z.tuple([
    z.object({
      MetricName: z.string(),
      DefaultValue: z.number().optional(),
      Dimensions: z.array(z.object({ Key: z.string(), Value: z.string() })).default([]),
    }),
  ]),
});

/** The metrics that get a value although nothing happens. One with a default value gets one with every line. */
function metricsWhileIdle(template: Template, calls: IdleCalls): string[] {
  const lines = { ...calls, watch: { lines: [wellWatched] } };
  const named = resources(template, 'AWS::Logs::MetricFilter').flatMap((properties) => {
    const { LogGroupName, FilterPattern, MetricTransformations } = filterSchema.parse(properties);
    const [{ MetricName, DefaultValue, Dimensions }] = MetricTransformations;
    const name = scheduled.find((one) =>
      LogGroupName.Ref.toLowerCase().startsWith(`${one}functionlogs`),
    );
    if (name === undefined) return [];
    return lines[name].lines
      .filter((line) => DefaultValue !== undefined || fits(FilterPattern, line))
      .map((line: IdleCall['lines'][number]) =>
        [MetricName, ...Dimensions.map(({ Value }) => line[Value.slice(2)])].join('='),
      );
  });
  return [...new Set(named)];
}
