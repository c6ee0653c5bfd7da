import { describe, expect, it } from 'vitest';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { checkWorkflow, type MailSurroundings } from '#shared/mail/check/check-workflow.ts';
import { plainDraft } from '#shared/mail/check/written-draft.ts';

const settings = { ...defaultSettings, postalAddress: 'Storgatan 1, Stockholm' };
const ready: MailSurroundings = { settings, hasSender: true };

function draft(changes: Record<string, unknown> = {}, email: Record<string, unknown> = {}) {
  return {
    name: 'Receipt',
    trigger: { event: 'order.paid', conditions: [] as unknown[] },
    frequency: 'once-per-order',
    maxAgeHours: 72,
    email: { kind: 'transactional', subject: 'Hi', preheader: '', body: 'Thanks', ...email },
    ...changes,
  };
}

const on = (event: string, ...conditions: unknown[]) => ({ trigger: { event, conditions } });

function problemsOf(written: unknown, surroundings = ready) {
  const check = checkWorkflow(written, surroundings);
  return check.kind === 'refused' ? check.problems : [];
}

function accepted(written: unknown, surroundings = ready) {
  const check = checkWorkflow(written, surroundings);
  if (check.kind === 'refused') throw new Error(check.problems.join('\n'));
  return check;
}

describe('checking a workflow', () => {
  it('accepts and compiles one that is right', () => {
    const check = accepted(draft());
    expect(check).toMatchObject({ warnings: [], obstacles: [] });
    expect(plainDraft(check.draft)).toEqual(draft());
    expect(check.steps).toMatchObject([
      { kind: 'send', id: 'email', compiled: { text: expect.stringContaining('Thanks') } },
    ]);
  });

  it.each([
    [null, ['The workflow must be of type object.']],
    [draft({ name: undefined }), ['name is missing.']],
    [draft({ name: 3 }), ['name must be of type string.']],
    [
      draft({ frequency: 'once-per-contct' }),
      [`frequency can't be "once-per-contct"; did you mean once-per-contact?`],
    ],
    [
      draft({ frequency: 'daily' }),
      [
        `frequency can't be "daily"; it must be one of: every-time, once-per-contact, once-per-subscription, once-per-order, once-per-period.`,
      ],
    ],
    [draft(on('order.payed')), [`trigger.event can't be "order.payed"; did you mean order.paid?`]],
    [
      draft(on('order.paid', { property: 'productid', operator: 'is-set' })),
      [`trigger.conditions.0.property can't be "productid"; did you mean productId?`],
    ],
    [draft({}, { replyto: 'a@b.example' }), ['email has no replyto.']],
    [draft({ status: 'active' }), ['A workflow has no status.']],
    [draft({ maxAgeHours: '72' }), ['maxAgeHours must be of type number.']],
    [
      draft({ maxAgeHours: 0 }),
      ['The maximum age in hours must be above 0 and at most 2160 (90 days).'],
    ],
    [draft({ name: ' ' }), ['Enter a name.']],
    [draft({ name: 'a\nb' }), ['Keep the name on one line.']],
    [draft({}, { subject: ' ' }), ['Subject: it is empty.']],
    [
      draft({}, { body: 'x {{ event.amnt }}' }),
      ['Body, line 1: There is no variable event.amnt; did you mean event.amount?'],
    ],
    [
      draft({ ...on('customer.created') }),
      ["customer.created has no order, so it can't send once per order."],
    ],
    [
      draft({ ...on('customer.created'), frequency: 'once-per-subscription' }),
      ["customer.created has no subscription, so it can't send once per subscription."],
    ],
    [
      draft({ ...on('customer.deleted'), frequency: 'every-time' }, { kind: 'marketing' }),
      ['Marketing is never sent to deleted customers; make the email transactional.'],
    ],
  ])('refuses with a sentence (%#)', (written, problems) => {
    expect(problemsOf(written)).toEqual(problems);
  });

  it('tells all problems at once', () => {
    const written = draft({ name: '', maxAgeHours: -1 }, { from: 'nobody', subject: '' });
    expect(problemsOf(written)).toHaveLength(4);
  });
});

describe('a problem', () => {
  const fieldsOf = (written: unknown) => {
    const check = checkWorkflow(written, ready);
    return check.kind === 'refused' ? check.places.map(({ field }) => field) : [];
  };

  it.each([
    ['name', draft({ name: '' })],
    ['name', draft({ name: undefined })],
    ['event', draft(on('order.payed'))],
    ['conditions.0', draft(on('order.paid', { property: 'nothing', operator: 'is-set' }))],
    ['frequency', draft({ frequency: 'daily' })],
    ['frequency', draft({ ...on('customer.created') })],
    ['maxAgeHours', draft({ maxAgeHours: 0 })],
    ['maxAgeHours', draft({ maxAgeHours: Number.NaN })],
    ['steps.0.kind', draft({}, { kind: 'spam' })],
    ['steps.0.from', draft({}, { from: 'nobody' })],
    ['steps.0.replyTo', draft({}, { replyTo: 'nobody' })],
    ['steps.0.subject', draft({}, { subject: '{{ x }}' })],
    ['steps.0.preheader', draft({}, { preheader: '{% if %}' })],
    ['steps.0.body', draft({}, { body: '' })],
    ['steps.0.body', draft({}, { body: '- a\n'.repeat(12_000) })],
    [undefined, null],
  ])('says that it is at the field %s (%#)', (field, written) => {
    expect(fieldsOf(written)).toEqual([field]);
  });

  it('of one condition among others says which', () => {
    const fine = { property: 'status', operator: 'is', value: 'paid' };
    const wrong = { property: 'amount', operator: 'is', value: '19.99' };
    expect(fieldsOf(draft(on('order.paid', fine, wrong)))).toEqual(['conditions.1']);
  });
});

describe('a condition', () => {
  const checked = (condition: Record<string, unknown>, event = 'order.paid') =>
    checkWorkflow(draft({ ...on(event, condition), frequency: 'every-time' }), ready);

  it.each([
    [
      { property: 'trialEnd', operator: 'is-set' },
      'customer.created',
      'customer.created never has trialEnd, so the condition never holds.',
    ],
    [
      { property: 'invoiceNumber', operator: 'is', value: '1' },
      'subscription.created',
      'subscription.created never has invoiceNumber, so the condition never holds.',
    ],
    [
      { property: 'status', operator: 'is' },
      'order.paid',
      'The condition on status needs a value.',
    ],
    [
      { property: 'productName', operator: 'is', value: 'x'.repeat(4_097) },
      'order.paid',
      'The condition on productName takes values of at most 4096 characters.',
    ],
    [
      { property: 'status', operator: 'is-set', value: 'x' },
      'order.paid',
      'The condition on status takes no value.',
    ],
    [
      { property: 'cancelAtPeriodEnd', operator: 'is', value: 'yes' },
      'subscription.canceled',
      'The condition on cancelAtPeriodEnd can only be compared with true or false.',
    ],
    [
      { property: 'taxIncluded', operator: 'is', value: 'yes' },
      'subscription.created',
      'The condition on taxIncluded can only be compared with true or false.',
    ],
    [
      { property: 'seats', operator: 'is', value: 'five' },
      'order.paid',
      'The condition on seats needs a whole number.',
    ],
    [
      { property: 'amount', operator: 'is-not', value: '19.99' },
      'order.paid',
      'The condition on amount needs a whole number of minor units: 1999 for $19.99.',
    ],
  ])('that cannot hold is refused: %j', (condition, event, problem) => {
    expect(checked(condition, event)).toEqual({
      kind: 'refused',
      problems: [problem],
      places: [{ field: 'conditions.0', text: problem }],
    });
  });

  it.each([
    [
      { property: 'endedAt', operator: 'is-not-set' },
      'order.paid never has endedAt, so the condition always holds.',
    ],
    [
      { property: 'status', operator: 'is', value: 'unpaid' },
      "Polar doesn't usually send unpaid as status; did you mean paid?",
    ],
    [
      { property: 'subscriptionStatus', operator: 'is', value: 'incomplete' },
      "Polar doesn't usually send incomplete as subscriptionStatus; it usually sends: trialing, active, past_due, paused, canceled.",
    ],
    [
      { property: 'billingReason', operator: 'is', value: 'subscription_created' },
      "Polar doesn't usually send subscription_created as billingReason; did you mean subscription_create?",
    ],
  ])('that is odd is warned of: %j', (condition, warning) => {
    expect(checked(condition)).toMatchObject({ kind: 'accepted', warnings: [warning] });
  });

  it.each([
    { property: 'billingReason', operator: 'is', value: 'subscription_create' },
    { property: 'status', operator: 'is', value: 'paused' },
    { property: 'chargedAmount', operator: 'is-not', value: '0' },
    { property: 'productId', operator: 'is', value: '1c9a6e2f' },
    { property: 'amount', operator: 'is-not', value: '0' },
  ])('as people need it is fine: %j', (condition) => {
    expect(checked(condition)).toMatchObject({ kind: 'accepted', warnings: [] });
  });
});

describe('a sender', () => {
  it.each([
    'hello@example.com',
    'Example <hello@example.com>',
    '"Example, Inc." <hello@mail.example.com>',
    'Åsa <asa+news@example.com>',
  ])('%s is fine', (from) => {
    expect(problemsOf(draft({}, { from, replyTo: from }))).toEqual([]);
  });

  it.each([
    ['hello@example.com\r\nBcc: all@example.org', 'From must be on one line.'],
    ['a@example.com, b@example.com', /^From must be one address/],
    ['hello', /^From must be one address/],
    ['hello@localhost', /^From must be one address/],
    ['', /^From must be one address/],
    ['åsa@example.com', /^From must be one address/],
    [
      'A <a@example.com> <b@example.com>',
      'From has a name with punctuation: put the name in double quotes.',
    ],
    [
      'Example, Inc. <a@example.com>',
      'From has a name with punctuation: put the name in double quotes.',
    ],
    [`${'x'.repeat(201)} <a@example.com>`, 'From has a name that is too long.'],
  ])('%j is refused', (from, problem) => {
    const [only, ...others] = problemsOf(draft({}, { from }));
    expect(only).toMatch(problem);
    expect(others).toEqual([]);
  });
});

describe('what is around a workflow', () => {
  it('keeps marketing without a postal address from being activated, not from being saved', () => {
    const marketing = draft({}, { kind: 'marketing' });
    for (const postalAddress of [undefined, null, ' ']) {
      const { obstacles } = accepted(marketing, {
        ...ready,
        settings: { ...settings, postalAddress },
      });
      expect(obstacles).toEqual([
        'Marketing email must carry your postal address; enter it on Sender & brand first.',
      ]);
    }
    expect(accepted(marketing).obstacles).toEqual([]);
    const without = { ...ready, settings: { ...settings, postalAddress: null } };
    expect(accepted(draft(), without).obstacles).toEqual([]);
  });

  it('is warned of where it would keep emails from being sent', () => {
    const off = (change: object) => ({
      ...ready,
      settings: {
        ...settings,
        events: {
          ...settings.events,
          'order.paid': { ...settings.events['order.paid'], ...change },
        },
      },
    });
    expect(accepted(draft(), off({ enabled: false })).warnings).toEqual([
      'order.paid is switched off in the settings: nothing will be sent.',
    ]);
    expect(accepted(draft(), off({ trigger: false })).warnings).toEqual([
      'The settings keep order.paid from triggering workflows: nothing will be sent.',
    ]);
    const goodbye = draft({ ...on('customer.deleted'), frequency: 'every-time' });
    const removing: MailSurroundings = {
      ...ready,
      settings: { ...settings, customerDeleted: 'delete' },
    };
    expect(accepted(goodbye, removing).warnings).toEqual([
      'The settings remove deleted customers immediately: nothing will be sent.',
    ]);
    expect(accepted(goodbye).warnings).toEqual([]);
  });

  it.each([{}, { from: 'a@example.com' }])('lacks a sender, whatever its own %j', (email) => {
    const silent = { ...ready, hasSender: false };
    expect(accepted(draft({}, email), silent).warnings).toEqual([
      'No sender is set up: emails will be blocked until there is one.',
    ]);
  });

  it('warns that an order may belong to no subscription', () => {
    expect(accepted(draft({ frequency: 'once-per-subscription' })).warnings).toEqual([
      'Orders without a subscription will send nothing.',
    ]);
  });
});
