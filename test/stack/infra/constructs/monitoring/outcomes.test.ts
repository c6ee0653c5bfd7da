import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { lambdaOf } from '#test/stack/infra/constructs/lambda-of.ts';
import { startWorker } from '#test/support/audience/worker-at-work.ts';
import { stageTemplate } from '#test/support/cloud/stage-stack.ts';

const template = stageTemplate({ dashboard: true });
const LogGroupName = lambdaOf(template, 'worker').properties.LoggingConfig.LogGroup;
const filters = Object.values(
  template.findResources('AWS::Logs::MetricFilter', { Properties: { LogGroupName } }),
).map(({ Properties }) => ({
  pattern: String(Properties.FilterPattern),
  ...Properties.MetricTransformations[0],
}));
const classes = filters.filter(({ MetricName }) => MetricName.startsWith('Skipped'));

let work: Awaited<ReturnType<typeof startWorker>>;
beforeAll(async () => {
  work = await startWorker();
});
afterAll(() => work.stop());

type Change = (data: Record<string, unknown>) => void;
type Line = { message: string; outcome: string; reason: string };

/** What the worker logs of an event of a new customer, or of this one. */
async function lineOf(
  type: SupportedEventType,
  change: Change = () => undefined,
  { customerId = randomUUID(), isOff = false } = {},
): Promise<Line> {
  const webhookId = randomUUID();
  const email = `${customerId}@example.com`;
  const person = { customerId, email, name: 'Ann', externalId: null, isNew: false };
  const body = JSON.parse(JSON.stringify(polarPayload(type, person, new Date())));
  change(body.data.customer ?? body.data);
  await work.queue(webhookId, type, JSON.stringify(body));
  const { events } = defaultSettings;
  const off = { ...events, [type]: { ...events[type], enabled: false } };
  await work.drain(isOff ? { settings: async () => ({ ...defaultSettings, events: off }) } : {});
  const lines = work.lines.map((line) => JSON.parse(line));
  return lines.find((line) => line.webhookId === webhookId && line.message === 'event decided');
}

/** The metrics that count a line, by the sentences in the patterns of their filters. */
function countedIn({ message, outcome, reason }: Line): string[] {
  const matches = (pattern: string) => {
    const values = [...pattern.matchAll(/\$\.(\w+) = "([^"]+)"/g)];
    const of = (field: string) => values.filter(([, name]) => name === field).map((one) => one[2]);
    const fits = (text: string, wildcard = '') =>
      wildcard.startsWith('*')
        ? text.endsWith(wildcard.slice(1))
        : text.startsWith(wildcard.replace(/\*$/, ''));
    return (
      of('message').includes(message) &&
      of('outcome').includes(outcome) &&
      of('reason').some((wildcard) => fits(reason, wildcard))
    );
  };
  return classes.filter(({ pattern }) => matches(pattern)).map(({ MetricName }) => MetricName);
}

const deleted: Change = (data) => {
  data['deleted_at'] = '2026-11-20T12:00:00.000000Z';
};
const anonymised: Change = (data) => {
  deleted(data);
  data['email'] = `${'a'.repeat(64)}@anonymized.polar.sh`;
};
const withoutEmail: Change = (data) => Object.assign(data, { type: 'team', email: null });

describe('an event that is skipped', () => {
  it.each([
    [
      'SkippedSwitchedOff',
      'its type is switched off',
      () => lineOf('order.paid', undefined, { isOff: true }),
    ],
    [
      'SkippedDeleted',
      'its customer was deleted already',
      () => lineOf('subscription.canceled', deleted),
    ],
    ['SkippedDeleted', 'its customer was never known', () => lineOf('customer.deleted', deleted)],
    [
      'SkippedDeleted',
      'its customer is erased',
      async () => {
        const customerId = randomUUID();
        await lineOf('customer.created', undefined, { customerId });
        await lineOf('customer.deleted', anonymised, { customerId });
        return lineOf('customer.updated', undefined, { customerId });
      },
    ],
    [
      'SkippedWithoutAddress',
      'its customer has no address',
      () => lineOf('customer.created', withoutEmail),
    ],
  ])('is counted once, as %s, where %s', async (metric, _, happen) => {
    const line = await happen();
    expect(line.outcome).toBe('skipped');
    expect(countedIn(line)).toEqual([metric]);
  });

  it('is all that is counted so', async () => {
    const line = await lineOf('customer.created');
    expect(line.outcome).toBe('applied');
    expect(countedIn(line)).toEqual([]);
  });
});

describe('the outcome of an event', () => {
  it('is counted from the line of its decision, and not of a replay', () => {
    expect(filters.filter(({ MetricName }) => MetricName === 'Events')).toMatchObject([
      {
        pattern: '{ ($.message = "event decided") && ($.outcome = "*") }',
        MetricNamespace: 'Stack',
        MetricValue: '1',
        Dimensions: [{ Key: 'Outcome', Value: '$.outcome' }],
      },
    ]);
  });
});
