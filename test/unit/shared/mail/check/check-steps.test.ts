import { describe, expect, it } from 'vitest';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { checkWorkflow } from '#shared/mail/check/check-workflow.ts';

const settings = { ...defaultSettings, postalAddress: 'Storgatan 1, Stockholm' };
const ready = { settings, hasSender: true };

const send = (id: string, change: object = {}, email: object = {}) => ({
  kind: 'send',
  id,
  email: { kind: 'transactional', subject: 'Hi', preheader: '', body: 'Thanks', ...email },
  ...change,
});
const wait = (id: string, change: object = { for: { hours: 72 } }) => ({
  kind: 'wait',
  id,
  ...change,
});
const until = (date: string, offsetHours = -72) => wait('w', { until: { date, offsetHours } });

function draft(steps: unknown[], changes: object = {}) {
  return {
    name: 'Dunning',
    trigger: { event: 'subscription.past_due', conditions: [] },
    frequency: 'every-time',
    maxAgeHours: 72,
    steps,
    ...changes,
  };
}

const on = (event: string) => ({ trigger: { event, conditions: [] } });

function placesOf(written: unknown) {
  const check = checkWorkflow(written, ready);
  return check.kind === 'refused' ? check.places.map(({ field, text }) => [field, text]) : [];
}

function accepted(written: unknown) {
  const check = checkWorkflow(written, ready);
  if (check.kind === 'refused') throw new Error(check.problems.join('\n'));
  return check;
}

describe('steps', () => {
  it('are compiled in their order', () => {
    const onlyIf = [{ property: 'event.productId', operator: 'is', value: 'p' }];
    const { steps, draft: read } = accepted(
      draft([send('first'), wait('pause'), send('second', { onlyIf }, { body: 'Again' })]),
    );
    expect(steps).toMatchObject([
      {
        kind: 'send',
        id: 'first',
        onlyIf: [],
        compiled: { text: expect.stringContaining('Thanks') },
      },
      { kind: 'wait', id: 'pause', for: { hours: 72 } },
      {
        id: 'second',
        onlyIf: [{ property: 'productId' }],
        compiled: { text: expect.stringContaining('Again') },
      },
    ]);
    expect(read).toMatchObject({ audience: [], exitWhen: [] });
  });

  const many = Array.from({ length: 21 }, (_, nth) => send(`s${nth}`));

  it.each([
    [[], undefined, 'A workflow needs a step that sends an email.'],
    [[wait('a')], undefined, 'A workflow needs a step that sends an email.'],
    [
      [send('a'), wait('b')],
      'steps.1',
      'Nothing is sent after the last wait: add an email, or remove the wait.',
    ],
    [many, undefined, 'A workflow can have at most 20 steps.'],
    [[send('a'), send('a')], 'steps.1', 'Two steps have the id a; each needs its own.'],
    [
      [send('Day 1')],
      'steps.0',
      'The id "Day 1" must have at most 40 characters: lowercase letters, digits and hyphens.',
    ],
    [
      [wait('w', {}), send('a')],
      'steps.0',
      'Step w: A wait must be either for a time, or until a time before or after a date.',
    ],
    [
      [wait('w', { for: { hours: 0 } }), send('a')],
      'steps.0',
      'Step w: A wait must be 1 hour to 365 days, in whole hours.',
    ],
    [
      [wait('w', { for: { hours: 8761 } }), send('a')],
      'steps.0',
      'Step w: A wait must be 1 hour to 365 days, in whole hours.',
    ],
    [
      [wait('w', { for: { hours: 1.5 } }), send('a')],
      'steps.0',
      'Step w: A wait must be 1 hour to 365 days, in whole hours.',
    ],
    [
      [until('trialEnd', -9000), send('a')],
      'steps.0',
      'Step w: The time before or after trialEnd must be at most 365 days, in whole hours.',
    ],
    [
      [send('a'), send('b', {}, { subject: '' })],
      'steps.1.subject',
      'Step b: Subject: it is empty.',
    ],
    [
      [send('a'), send('b', {}, { from: 'me' })],
      'steps.1.from',
      expect.stringMatching(/^Step b: From must be/),
    ],
    [[send('a'), send('b', {}, { knd: 1 })], 'steps.1', 'steps.1.email has no knd.'],
    [
      [wait('w', { until: { date: 'renewal', offsetHours: 0 } }), send('a')],
      'steps.0',
      expect.stringMatching(/^steps\.0\.until\.date can't be "renewal"/),
    ],
    [[{ kind: 'pause', id: 'a' }], 'steps.0', expect.stringMatching(/^steps\.0\.kind/)],
  ])('that cannot be are refused with a sentence (%#)', (steps, field, text) => {
    expect(placesOf(draft(steps))).toEqual([[field, text]]);
  });

  it('cannot wait for a date of a subscription where there is none', () => {
    expect(placesOf(draft([until('endsAt'), send('a')], on('customer.created')))).toEqual([
      ['steps.0', 'Step w: customer.created has no subscription, so no endsAt to wait for.'],
    ]);
  });

  it('that wait for a date are warned that it may have moved', () => {
    const moved = expect.stringContaining('it may be out of date');
    expect(accepted(draft([until('endsAt'), send('a')])).warnings).toEqual([moved]);
    const { warnings } = accepted(draft([until('endsAt'), send('a')], on('order.paid')));
    expect(warnings).toEqual([
      expect.stringContaining('have no endsAt: their runs end here'),
      moved,
    ]);
  });

  it('that wait for a date are not warned while subscription.updated tells of moved ones', () => {
    const updated = { ...settings.events['subscription.updated'], enabled: true };
    const events = { ...settings.events, 'subscription.updated': updated };
    const surroundings = { ...ready, settings: { ...settings, events } };
    const check = checkWorkflow(draft([until('endsAt'), send('a')]), surroundings);
    expect(check).toMatchObject({ kind: 'accepted', warnings: [] });
  });
});

describe('conditions around steps', () => {
  const is = (property: string, value: string) => ({ property, operator: 'is', value });

  it.each([
    [{ audience: [is('contact.userGroup', 'beta')] }],
    [{ exitWhen: [{ property: 'subscription.status', operator: 'is-not', value: 'past_due' }] }],
    [{ exitWhen: [is('customer.hasLivingSubscription', 'true')] }],
    [
      {
        exitWhen: [
          { property: 'subscription.status', operator: 'is-one-of', values: ['active', 'paused'] },
        ],
      },
    ],
  ])('are accepted: %j', (change) => {
    expect(accepted(draft([send('a')], change)).warnings).toEqual([]);
  });

  it.each([
    [
      { audience: [is('subscription.status', 'active')] },
      'audience.0',
      /^The condition on subscription\.status doesn't belong here\. The audience looks only at contact and customer/,
    ],
    [{ exitWhen: [is('status', 'active')] }, 'exitWhen.0', /belong here\. An event never changes/],
    [
      { trigger: { event: 'order.paid', conditions: [is('contact.userGroup', 'x')] } },
      'conditions.0',
      /belong here\. A trigger looks only at the event/,
    ],
    [
      { exitWhen: [is('contact.subscribed', 'yes')] },
      'exitWhen.0',
      /can only be compared with true or false/,
    ],
    [
      { exitWhen: [is('subscription.amount', '19.99')] },
      'exitWhen.0',
      /needs a whole number of minor units/,
    ],
    [
      { exitWhen: [{ property: 'subscription.status', operator: 'is-one-of' }] },
      'exitWhen.0',
      /needs values\.$/,
    ],
    [
      { exitWhen: [{ property: 'subscription.status', operator: 'is', values: ['a'] }] },
      'exitWhen.0',
      /takes one value;/,
    ],
    [
      { exitWhen: [is('subscription.stauts', 'active')] },
      'exitWhen.0',
      /did you mean subscription\.status\?/,
    ],
    [
      {
        ...on('customer.created'),
        frequency: 'once-per-contact',
        exitWhen: [{ property: 'subscription.status', operator: 'is-not', value: 'active' }],
      },
      'exitWhen.0',
      'customer.created has no subscription, so the condition never holds.',
    ],
    [
      { ...on('customer.created'), frequency: 'once-per-period' },
      'frequency',
      "customer.created has no subscription, so it can't send once per period.",
    ],
  ])('that cannot hold are refused: %j', (change, field, text) => {
    const [place, ...more] = placesOf(draft([send('a')], change));
    expect(place?.[0]).toBe(field);
    expect(place?.[1]).toMatch(text);
    expect(more).toEqual([]);
  });

  it('say what is odd of a value among several', () => {
    const exitWhen = [
      { property: 'subscription.status', operator: 'is-one-of', values: ['active', 'unpaid'] },
    ];
    expect(accepted(draft([send('a')], { exitWhen })).warnings).toEqual([
      expect.stringMatching(/^Polar doesn't usually send unpaid as subscription\.status/),
    ]);
  });
});
