import type { Template } from 'aws-cdk-lib/assertions';

type Line = Readonly<Record<string, unknown>>;

/** Whether a log line fits a filter pattern, of the few forms that the template has. Throws at any other. */
export function fits(pattern: string, line: Line): boolean {
  const inside = /^\{ (.*) \}$/.exec(pattern)?.[1];
  if (inside === undefined) throw new Error(`This is no pattern of JSON: ${pattern}`);
  return expression(inside, line);
}

function expression(text: string, line: Line): boolean {
  const any = topLevel(text, ' || ');
  if (any.length > 1) return any.some((part) => expression(part, line));
  const all = topLevel(text, ' && ');
  if (all.length > 1) return all.every((part) => expression(part, line));
  const inside = /^\((.*)\)$/.exec(text)?.[1];
  return inside === undefined ? condition(text, line) : expression(inside, line);
}

/** Split at an operator that stands in no parentheses. */
function topLevel(text: string, operator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') depth += 1;
    if (text[at] === ')') depth -= 1;
    if (depth > 0 || !text.startsWith(operator, at)) continue;
    parts.push(text.slice(from, at));
    from = at + operator.length;
  }
  return [...parts, text.slice(from)];
}

function condition(text: string, line: Line): boolean {
  const [, field = '', operator, wanted = ''] = /^\$\.(\w+) (=|>=|IS) (.+)$/.exec(text) ?? [];
  const value = line[field];
  switch (operator) {
    case '=': {
      if (value === undefined) return false;
      const words: string[] = JSON.parse(wanted).split('*');
      const literal = words.map((word) => word.replace(/[^\w ]/g, '\\$&'));
      return new RegExp(`^${literal.join('.*')}$`).test(String(value));
    }
    case '>=':
      return typeof value === 'number' && value >= Number(wanted);
    case 'IS':
      return value === (wanted === 'TRUE');
    default:
      throw new Error(`The pattern has a form that is not known here: ${text}`);
  }
}

/** What there was to see in a period. */
export type Seen = Readonly<{
  /** Log lines by the logical id of their group. */
  lines?: Readonly<Record<string, readonly Line[]>>;
  /** Of a queue, function or API, by the name of the metric and the logical id; absent: nothing was measured. */
  measured?: (metric: string, logicalId: string) => number | undefined;
}>;

/** The alarms of a template, as CloudWatch judges them. */
export function alarmsOf(template: Template) {
  const resources = (type: string) => Object.values(template.findResources(type));
  const filters = resources('AWS::Logs::MetricFilter').map(({ Properties }) => Properties);

  function counted(
    { MetricName, Dimensions = [], Statistic }: AlarmProperties,
    { lines = {} }: Seen,
  ) {
    const values = filters.flatMap((filter) => {
      const [transformation] = filter.MetricTransformations;
      if (transformation.MetricName !== MetricName) return [];
      return (lines[filter.LogGroupName.Ref] ?? [])
        .filter((line) => fits(filter.FilterPattern, line))
        .filter((line) => {
          const named = transformation.Dimensions ?? [];
          return Dimensions.every(({ Name, Value }) =>
            named.some((one: { Key: string; Value: string }) => {
              return one.Key === Name && String(line[one.Value.slice(2)]) === Value;
            }),
          );
        })
        .map((line) => {
          const { MetricValue } = transformation;
          return Number(MetricValue.startsWith('$.') ? line[MetricValue.slice(2)] : MetricValue);
        });
    });
    if (values.length === 0) return undefined;
    return Statistic === 'Maximum' ? Math.max(...values) : values.reduce((sum, one) => sum + one);
  }

  const all = Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(
    ({ Properties }): AlarmProperties => Properties,
  );
  const nameOf = ({ AlarmDescription }: AlarmProperties) =>
    AlarmDescription.split('#').at(-1) ?? '';

  return {
    /** By the anchors of the runbook. */
    names: all.map(nameOf),
    /** Whether a period in which this was seen counts towards the alarm. */
    isBreached(name: string, seen: Seen): boolean {
      const alarm = all.find((one) => nameOf(one) === name);
      if (!alarm) throw new Error(`There is no alarm ${name}.`);
      const [dimension] = alarm.Dimensions ?? [];
      const of = Object(dimension?.Value);
      const value = alarm.Namespace.startsWith('AWS/')
        ? seen.measured?.(alarm.MetricName, of['Fn::GetAtt']?.[0] ?? of.Ref ?? '')
        : counted(alarm, seen);
      if (value === undefined) return alarm.TreatMissingData === 'breaching';
      return alarm.ComparisonOperator === 'LessThanThreshold'
        ? value < alarm.Threshold
        : value > alarm.Threshold;
    },
  };
}

type AlarmProperties = Readonly<{
  AlarmDescription: string;
  Namespace: string;
  MetricName: string;
  Dimensions?: readonly { Name: string; Value: unknown }[];
  Statistic?: string;
  Threshold: number;
  ComparisonOperator: string;
  TreatMissingData: string;
}>;
