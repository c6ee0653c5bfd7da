import { describe, expect, it } from 'vitest';
import { holds } from '#shared/audience/conditions.ts';
import type { SubscriptionSnapshot } from '#shared/audience/person/subscription-snapshot.ts';
import type { Brand } from '#shared/audience/settings/brand.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { checkWorkflow, polarWarnings } from '#shared/mail/check/check-workflow.ts';
import { readyMade } from '#shared/mail/ready-made/ready-made.ts';
import { type ReadySequence, readySequences } from '#shared/mail/ready-made/sequences.ts';
import { renderEmail } from '#shared/mail/render-email.ts';
import { subscriptionValues } from '#shared/mail/subscription-variables.ts';
import { sampleVariables } from '#shared/mail/test-email.ts';
import { customerEmailKeys } from '#shared/polar/customer-emails.ts';
import { polarEvent } from '#shared/polar/event.ts';
import { timeProperties } from '#shared/polar/event-properties.ts';
import { droppedIn } from '#test/unit/shared/mail/allowed-html.ts';
import { footer } from '#test/unit/shared/mail/an-email.ts';
import { lives } from '#test/unit/shared/mail/true-mails.ts';

const settings = { ...defaultSettings, postalAddress: 'Storgatan 1, Stockholm' };
const surroundings = { settings, hasSender: true };
const version = '2026-11-23T11:58:00.000000Z';
const pastDue: SubscriptionSnapshot = {
  ...{ version, status: 'past_due', productName: 'Northlight Pro', amount: 2375, currency: 'usd' },
  pastDueSince: '2026-11-02T09:00:00.000000Z',
};

function draftOf({ title, event, conditions, frequency, exitWhen, steps }: ReadySequence) {
  const trigger = { event, conditions };
  return { name: title, trigger, frequency, maxAgeHours: 72, audience: [], exitWhen, steps };
}

function accepted(sequence: ReadySequence) {
  const check = checkWorkflow(draftOf(sequence), surroundings);
  if (check.kind === 'refused') throw new Error(check.problems.join('\n'));
  return check;
}

function named(name: string): ReadySequence {
  const found = readySequences.find((one) => one.name === name);
  if (!found) throw new Error(`There is no ${name}.`);
  return found;
}

/** The emails of a sequence, with a subscription as it is when they are sent. */
function mailsOf(
  sequence: ReadySequence,
  snapshot: SubscriptionSnapshot,
  event = {},
  { brand = {}, contact = {} }: { brand?: Brand; contact?: object } = {},
) {
  const { steps, draft } = accepted(sequence);
  const sample = sampleVariables(draft, 'anna@example.com', new Date('2026-11-02T09:00:00Z'), {
    server: 'production',
    organizationSlug: 'northlight',
  });
  return steps.flatMap((step) => {
    if (step.kind === 'wait') return [];
    const variables = {
      contact: { ...sample.contact, ...contact },
      event: { ...sample.event, ...event },
      subscription: subscriptionValues(snapshot, 'en'),
    };
    const isMarketing = step.email.kind === 'marketing';
    const mail = renderEmail(step.compiled, variables, isMarketing ? footer : undefined, settings, {
      brand,
      postalAddress: settings.postalAddress,
      event: sequence.event,
    });
    if (mail.kind === 'blocked') throw new Error(`${step.id}: ${mail.reason}`);
    return [{ id: step.id, ...mail }];
  });
}

describe('a ready-made sequence', () => {
  it('has a name of its own', () => {
    const names = [...readyMade, ...readySequences].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(readySequences.map((one) => [one.name, one] as const))(
    '%s can be saved, and warns of nothing but dates that move and orders of no subscription',
    (_, sequence) => {
      for (const warning of accepted(sequence).warnings) {
        expect(warning).toMatch(/may be out of date|without a subscription/);
      }
    },
  );

  it.each(readySequences.map((one) => [one.name, one] as const))(
    '%s takes status and dates only from the subscription as it is now, and names no sum',
    (_, { steps }) => {
      const written = steps.flatMap((step) =>
        step.kind === 'send' ? [step.email.subject, step.email.preheader, step.email.body] : [],
      );
      const frozen = [...timeProperties, 'status', 'subscriptionStatus', 'cancelAtPeriodEnd'];
      for (const text of written) {
        expect(frozen.filter((name) => text.includes(`event.${name}`))).toEqual([]);
        expect(text).not.toMatch(/amount/i);
      }
    },
  );

  it.each([
    ['dunning', ['subscription_past_due']],
    ['trial-ending', ['subscription_trial_conversion_reminder']],
    ['renewal-reminder', ['subscription_renewal_reminder']],
    ['win-back', []],
  ])('%s says which mails of Polar come at the same time: %j', (name, keys) => {
    const switches = Object.fromEntries(
      customerEmailKeys.map((key) => [key, keys.includes(key)] as const),
    );
    const polar = { server: 'production', organizationSlug: 'northlight' } as const;
    const warnings = (isOn: boolean) =>
      polarWarnings(accepted(named(name)).draft, {
        ...polar,
        emails: {
          switches: Object.fromEntries(
            Object.entries(switches).map(([key, is]) => [key, is === isOn] as const),
          ),
        },
      });
    expect(warnings(true)).toHaveLength(keys.length);
    expect(warnings(false)).toEqual([]);
  });
});

describe('dunning', () => {
  const mails = mailsOf(named('dunning'), pastDue);

  it('mails on days 0, 3, 7, 14 and 20, each time shorter', () => {
    let day = 0;
    for (const step of named('dunning').steps) {
      if (step.kind === 'send') expect(step.id).toBe(`day-${day}`);
      else if ('for' in step) day += step.for.hours / 24;
    }
    expect(mails.map(({ id }) => id)).toEqual(['day-0', 'day-3', 'day-7', 'day-14', 'day-20']);
    const lengths = mails.map(({ text }) => text.length);
    expect(lengths).toEqual([...lengths].sort((a, b) => b - a));
    expect(new Set(lengths).size).toBe(lengths.length);
  });

  it('asks for a new default card in the portal, which is charged at once', () => {
    for (const { text } of mails) {
      expect(text).toContain('Northlight Pro');
      expect(text).toContain('https://polar.sh/northlight/portal?email=');
      expect(text).toContain('It’s charged right away');
    }
  });

  it('does not promise a charge at once where a cancellation is booked', () => {
    for (const { text } of mailsOf(named('dunning'), { ...pastDue, cancelAtPeriodEnd: true })) {
      expect(text).toContain('make it your default payment method.');
      expect(text).not.toContain('charged');
    }
  });

  it('promises no tries that a hard decline does not get', () => {
    for (const { text } of mails) expect(text).not.toMatch(/next (?:few )?days|again soon|daily/i);
  });

  it('asks nobody to pay in order to keep what they have canceled', () => {
    const day7 = (snapshot: SubscriptionSnapshot) =>
      mailsOf(named('dunning'), snapshot).find(({ id }) => id === 'day-7')?.text;
    expect(day7(pastDue)).toContain('To keep');
    expect(day7({ ...pastDue, cancelAtPeriodEnd: true })).not.toContain('To keep');
  });

  it('ends in each life once the subscription is not past due', () => {
    const { exitWhen } = named('dunning');
    const ends = (status: string) =>
      exitWhen.some((one) => holds(one, { event: {}, subscription: { version, status } }));
    expect(ends('past_due')).toBe(false);
    for (const status of ['active', 'canceled', 'paused']) expect(ends(status)).toBe(true);
  });
});

const northlight: Brand = {
  name: 'Northlight',
  ...{ logo: 'https://northlight.example/logo.png', accent: '#e4572e' },
  ...{ website: 'https://northlight.example', supportAddress: 'help@northlight.example' },
};

describe.each([
  ['no brand', {}],
  ['a brand', northlight],
] as const)('the mails of sequences with %s', (_, brand) => {
  const all = (contact = {}) =>
    readySequences.flatMap((one) =>
      mailsOf(one, { ...pastDue, trialEnd: version, periodEnd: version }, {}, { brand, contact }),
    );

  it.each(['Anna', '山田', 'محمد', ''])(
    'have nothing that a mail program drops, to %j',
    (firstName) => {
      const mails = all({ firstName });
      expect(mails.length).toBeGreaterThan(10);
      for (const { html } of mails) expect(droppedIn(html)).toEqual([]);
    },
  );

  it('ask for an answer in marketing only where answers have an address, and link to the website there is', () => {
    const texts = new Map(all().map(({ id, text }) => [id, text]));
    for (const id of ['day-2', 'day-5', 'invitation']) {
      expect([id, texts.get(id)?.includes('Just reply to this email.')]).toEqual([
        id,
        brand === northlight,
      ]);
    }
    expect(texts.get('invitation')?.includes('Come back: https://northlight.example')).toBe(
      brand === northlight,
    );
  });
});

it.each(readySequences.map((one) => [one.name, one] as const))(
  '%s begins in some life of a subscription',
  (_, { event, conditions }) => {
    const begins = lives().filter(([, webhooks]) =>
      webhooks.some((webhook) => {
        const parsed = polarEvent(JSON.stringify(webhook));
        if (parsed.kind === 'unreadable' || parsed.event.type !== event) return false;
        const { properties } = parsed.event;
        // No life has a yearly plan.
        const read = event === 'order.paid' ? { ...properties, interval: 'year' } : properties;
        return conditions.every((one) => holds(one, { event: read }));
      }),
    );
    expect(begins.length).toBeGreaterThan(0);
  },
);

it('a reminder names the day that counts now', () => {
  const trialing = { version, status: 'trialing', trialEnd: '2026-12-10T09:00:00.000000Z' };
  const [trial] = mailsOf(named('trial-ending'), trialing, { trialEnd: '2026-11-20T09:00:00Z' });
  expect(trial?.subject).toBe('Your trial ends on December 10, 2026 (UTC)');
  const active = { version, status: 'active', periodEnd: '2027-11-02T09:00:00.000000Z' };
  const [renewal] = mailsOf(named('renewal-reminder'), active);
  expect(renewal?.text).toContain('renews on November 2, 2027');
});

it.each([
  ['trial-ending', 'trialing'],
  ['renewal-reminder', 'active'],
])(
  '%s tells nobody whose subscription is set to end or to pause that it goes on',
  (name, status) => {
    const { exitWhen } = named(name);
    const ends = (facts: Partial<SubscriptionSnapshot>) =>
      exitWhen.some((one) =>
        holds(one, { event: {}, subscription: { version, status, ...facts } }),
      );
    expect(ends({ cancelAtPeriodEnd: false, pauseAtPeriodEnd: false })).toBe(false);
    expect(ends({ cancelAtPeriodEnd: false, pauseAtPeriodEnd: true })).toBe(true);
    expect(ends({ cancelAtPeriodEnd: true, pauseAtPeriodEnd: false })).toBe(true);
  },
);

it('a reminder of a renewal does not name the product of a plan that changes with it', () => {
  const active = { ...{ version, status: 'active' }, periodEnd: '2027-11-02T09:00:00.000000Z' };
  const yearly = { ...active, productId: 'a', productName: 'Northlight Pro' };
  const text = (more: Partial<SubscriptionSnapshot>) =>
    mailsOf(named('renewal-reminder'), { ...yearly, ...more })[0]?.text;
  expect(text({})).toContain('Northlight Pro renews on November 2, 2027 (UTC).');
  expect(text({ pendingUpdate: { productId: 'b' } })).toContain(
    'your subscription renews on November 2, 2027 (UTC), with the change that’s scheduled.',
  );
});

it.each([
  [{ priceKind: 'fixed' }, true],
  [{ priceKind: 'fixed', amount: 0, discountDuration: 'forever' }, false],
  [{ priceKind: 'free' }, false],
])('a trial of %j goes on as a paid subscription: %s', (event, isPaid) => {
  const trialing = { version, status: 'trialing', trialEnd: '2026-12-10T09:00:00.000000Z' };
  const [trial] = mailsOf(named('trial-ending'), trialing, event);
  expect(trial?.text.includes('continues as a paid subscription')).toBe(isPaid);
});
