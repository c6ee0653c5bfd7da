import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type FunctionName, lambdaOf } from '#test/stack/infra/constructs/lambda-of.ts';
import { alarmsOf, type Seen } from '#test/support/cloud/cloud-watch.ts';
import { stageTemplate } from '#test/support/cloud/stage-stack.ts';

const [usualTemplate, leanTemplate] = [stageTemplate(), stageTemplate({ lean: true })];
const [usual, lean] = [alarmsOf(usualTemplate), alarmsOf(leanTemplate)];

/** Which alarm rings in place of which. */
const insteadOf = {
  answersfailing: ['ingest5xx', 'ingesterrors', 'unsubscribeerrors'],
  messagesretried: ['eventsretried', 'emailsretried', 'feedbackretried'],
  emailsstuck: [
    'emailswaiting',
    'emailsfailed',
    'emailsblocked',
    'unknownemails',
    'rowsunreadable',
  ],
  polarconnection: [
    'endpointdisabled',
    'endpointchanged',
    'polaremailschanged',
    'deliveriesfailing',
    'deliveriesgivenup',
    'webhooksnotreceived',
  ],
  functionsthrottled: [
    'ingestthrottles',
    'workerthrottles',
    'mailerthrottles',
    'feedbackthrottles',
  ],
};

function logged(name: FunctionName, line: Record<string, unknown>): Seen {
  const { LogGroup } = lambdaOf(usualTemplate, name).properties.LoggingConfig;
  return { lines: { [LogGroup.Ref]: [line] } };
}

const retried = { message: 'message will be retried', receives: 5 };
const dead = { message: 'message is dead', receives: 1 };
const decided = { message: 'email decided', ledgerKey: 'welcome:c1' };
const found = (finding: string) => ({ message: 'watch found', finding });

const lines: readonly [FunctionName, Record<string, unknown>, alarm: string, lean: string][] = [
  ['worker', retried, 'eventsretried', 'messagesretried'],
  ['mailer', retried, 'emailsretried', 'messagesretried'],
  ['feedback', retried, 'feedbackretried', 'messagesretried'],
  ['worker', dead, 'eventsretried', 'messagesretried'],
  ['mailer', dead, 'emailsretried', 'messagesretried'],
  ['feedback', dead, 'feedbackretried', 'messagesretried'],
  ['mailer', { ...decided, state: 'failed' }, 'emailsfailed', 'emailsstuck'],
  ['mailer', { ...decided, state: 'blocked', needsPerson: true }, 'emailsblocked', 'emailsstuck'],
  ['mailer', { ...decided, state: 'waiting', waitedMinutes: 61 }, 'emailswaiting', 'emailsstuck'],
  ['clock', { message: 'run cannot be read' }, 'rowsunreadable', 'emailsstuck'],
  ['clock', { message: 'email cannot be read' }, 'rowsunreadable', 'emailsstuck'],
  ['clock', { message: 'email is unknown for fifteen minutes' }, 'unknownemails', 'emailsstuck'],
  ['watch', found('disabled'), 'endpointdisabled', 'polarconnection'],
  ['watch', found('changed'), 'endpointchanged', 'polarconnection'],
  ['watch', found('emails-changed'), 'polaremailschanged', 'polarconnection'],
  ['watch', found('failing'), 'deliveriesfailing', 'polarconnection'],
  ['watch', found('given-up'), 'deliveriesgivenup', 'polarconnection'],
  ['watch', found('not-received'), 'webhooksnotreceived', 'polarconnection'],
];

const harmless: readonly [FunctionName, Record<string, unknown>][] = [
  ['worker', { ...retried, receives: 4 }],
  ['mailer', { ...decided, state: 'sent' }],
  ['mailer', { ...decided, state: 'waiting', waitedMinutes: 60 }],
  ['mailer', { ...decided, state: 'blocked', needsPerson: false }],
  ['watch', { message: 'watch ran', result: 'asked', failedInARow: 0, failedEvents: 0 }],
  ['clock', { message: 'clock struck' }],
];

describe('a lean stage', () => {
  it('has five alarms in place of others, and all the rest but one that its page tells', () => {
    const replaced = [...Object.values(insteadOf).flat(), 'importererrors'];
    const expected = usual.names.filter((name) => !replaced.includes(name));

    expect([...lean.names].sort()).toEqual([...expected, ...Object.keys(insteadOf)].sort());
  });

  it.each(lines)(
    'hears of a line of %s, %j, by which %s would ring',
    (name, line, alarm, joint) => {
      expect(usual.isBreached(alarm, logged(name, line))).toBe(true);
      expect(lean.isBreached(joint, logged(name, line))).toBe(true);
      expect(Object.entries(insteadOf).find(([one]) => one === joint)?.[1]).toContain(alarm);
    },
  );

  it.each(harmless)('keeps quiet at a line of %s, %j', (name, line) => {
    const ringing = Object.keys(insteadOf).filter((one) =>
      lean.isBreached(one, logged(name, line)),
    );

    expect(ringing).toEqual([]);
  });

  it.each([
    ['answersfailing', '5xx', 'WebhookApi'],
    ['functionsthrottled', 'Throttles', ''],
  ])('hears by %s of what AWS measures as %s', (alarm, metric, of) => {
    const measured = (name: string, id: string) => (name === metric && id === of ? 1 : undefined);

    expect(lean.isBreached(alarm, { measured })).toBe(true);
    expect(lean.isBreached(alarm, {})).toBe(false);
  });

  const joint = Object.values(leanTemplate.findResources('AWS::CloudWatch::Alarm'))
    .map(({ Properties }) => Properties)
    .filter(({ AlarmDescription }) => AlarmDescription.split('#').at(-1) in insteadOf);

  it.each(joint.map((one) => [one.AlarmDescription.split('#').at(-1), one]))(
    '%s says the harm and the first step, in as much as an alarm may say',
    (_, { AlarmDescription, AlarmActions }) => {
      expect(AlarmDescription).toMatch(/^Harm: .{20,}\. First step: .{20,}\. Runbook: /);
      expect(AlarmDescription.length).toBeLessThanOrEqual(1_024);
      expect(AlarmActions).toHaveLength(1);
    },
  );

  it('has an entry in the runbook for each of them, which leads to those it stands for', () => {
    const file = new URL('../../../../infra/RUNBOOK.md', import.meta.url);
    const [, after = ''] = readFileSync(file, 'utf8').split('## Alarms of a lean stage');
    const [section = ''] = after.split(/^## /m);
    const entries = section.split(/^### /m).slice(1);
    const named = entries.map((entry) => [
      entry.split('\n')[0]?.toLowerCase(),
      [...entry.matchAll(/\]\(#(\w+)\)/g)].map(([, anchor]) => anchor),
    ]);

    expect(Object.fromEntries(named)).toEqual(insteadOf);
  });
});
