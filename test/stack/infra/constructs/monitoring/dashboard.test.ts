import { describe, expect, it } from 'vitest';
import { onlyOf, resourceOf, stageTemplate } from '#test/support/cloud/stage-stack.ts';

const template = stageTemplate({ dashboard: true });
const body = bodyOf(onlyOf(template, 'AWS::CloudWatch::Dashboard').DashboardBody);
const { widgets }: { widgets: Widget[] } = JSON.parse(body);

type Widget = {
  x: number;
  y: number;
  width: number;
  properties: { title: string; metrics?: unknown[][]; alarms?: string[] };
};

/** References become their logical ids. */
function bodyOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = Object(value);
  if (join) return join[1].map(bodyOf).join('');
  return attribute ? attribute.join('.') : String(Ref);
}

function titled(title: string): Widget {
  const found = widgets.find(({ properties }) => properties.title === title);
  if (!found) throw new Error(`The dashboard has no ${title}.`);
  return found;
}

function namesIn(title: string): string[] {
  return [...JSON.stringify(titled(title).properties.metrics).matchAll(/"label":"([^"]+)"/g)].map(
    ([, label = '']) => label,
  );
}

describe('the dashboard', () => {
  it('is there where it was asked for, and what only it shows is counted for it alone', () => {
    const without = stageTemplate();
    const metrics = Object.values(without.findResources('AWS::Logs::MetricFilter')).map(
      ({ Properties }) => Properties.MetricTransformations[0].MetricName,
    );
    const alarms = Object.values(without.findResources('AWS::CloudWatch::Alarm'));
    const alarming = alarms.map(({ Properties }) => Properties.MetricName);

    expect(without.findResources('AWS::CloudWatch::Dashboard')).toEqual({});
    expect(metrics.filter((name) => !alarming.includes(name))).toEqual([]);
  });

  it('follows the webhooks from left to right, then the emails', () => {
    const steps = widgets
      .filter(({ properties }) => /^\d/.test(properties.title))
      .map(({ x, y, properties }) => ({ x, y, title: properties.title }));
    const rows = [...new Set(steps.map(({ y }) => y))].map((row) =>
      steps
        .filter(({ y }) => y === row)
        .sort((one, other) => one.x - other.x)
        .map(({ title }) => title),
    );

    expect(rows).toEqual([
      [
        '1 Webhooks in',
        '2 Answered, by status',
        '3 Queued',
        '4 Applied',
        '5 Skipped, by reason',
        '6 Dead letters',
      ],
      [
        '7 Emails queued',
        '8 Emails by state',
        '9 What SES says (whole account)',
        '10 Dead letters of mail',
      ],
    ]);
  });

  it('fills its width and no more', () => {
    const widths = new Map<number, number>();
    for (const { y, width } of widgets) widths.set(y, (widths.get(y) ?? 0) + width);

    expect([...widths.values()]).toEqual([...widths.keys()].map(() => 24));
  });

  it('shows every alarm at its top', () => {
    const shown = titled('Alarms').properties.alarms ?? [];
    const alarms = Object.keys(template.findResources('AWS::CloudWatch::Alarm'));

    expect(titled('Alarms').y).toBe(0);
    expect(shown).toEqual(alarms.map((id) => `${id}.Arn`));
  });

  it('tells of every function how often it runs, fails, is held back, and what it costs', () => {
    const functions = template.findResources('AWS::Lambda::Function');
    const ids = Object.keys(functions).sort();
    const shown = ['Cost: function calls', 'Errors', 'Throttles'].map((title) => {
      const metrics = JSON.stringify(titled(title).properties.metrics);
      return [...metrics.matchAll(/"FunctionName","([^"]+)"/g)].map(([, id]) => id).sort();
    });

    expect(shown).toEqual([ids, ids, ids]);
    expect(namesIn('Cost: function GB-seconds')).toHaveLength(ids.length);
  });

  it('counts what a function costs by its memory', () => {
    const metrics = JSON.stringify(titled('Cost: function GB-seconds').properties.metrics);
    const expressions = [...metrics.matchAll(/"expression":"ms_(\w+) \/ 1000 \* ([\d.]+)"/g)];
    const factors = Object.fromEntries(expressions.map(([, name, factor]) => [name, factor]));

    expect(factors).toMatchObject({ ingest: '0.5', console: '1', watch: '0.25' });
    const [, id = ''] = /"FunctionName","([^"]+)",\{[^}]*"id":"ms_watch"/.exec(metrics) ?? [];
    expect(resourceOf(template, id).Properties.MemorySize).toBe(256);
  });

  it('counts the requests, reads and writes that AWS bills', () => {
    expect(namesIn('Cost: SQS requests')).toEqual(['events', 'mail', 'feedback']);
    expect(namesIn('Cost: requests and mails')).toEqual([
      'HTTP API requests',
      'mails (whole account)',
    ]);
    expect(namesIn('Cost: DynamoDB write units')).toEqual([
      ...['Events', 'Contacts', 'Customers', 'Addresses', 'Emails', 'Runs'],
      ...['indexes of Events', 'indexes of Contacts', 'indexes of Emails', 'indexes of Runs'],
    ]);
    expect(namesIn('Cost: DynamoDB read units')).toHaveLength(6);
  });
});
