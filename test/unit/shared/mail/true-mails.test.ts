import { describe, expect, it } from 'vitest';
import { contactValues } from '#shared/mail/contact-values.ts';
import { readyMade } from '#shared/mail/ready-made/ready-made.ts';
import { type EmailVariables, renderEmail } from '#shared/mail/render-email.ts';
import { polarEvent } from '#shared/polar/event.ts';
import { audienceStory } from '#test/support/audience/audience-story.ts';
import { compiledOf, footer } from './an-email.ts';
import { expectTrue } from './facts.ts';
import { parsedHtml } from './parsed-html.ts';
import { inputsOf, lives, mailOf, mailsOf, type Webhook } from './true-mails.ts';

describe.each(lives())('the mails of the life %s', (_, webhooks) => {
  const sent = webhooks.map((webhook) => ({ webhook, mails: mailsOf(webhook) }));

  it('are sent for every event that has a workflow', () => {
    expect(sent.flatMap(({ mails }) => mails).length).toBeGreaterThan(2);
  });

  it('say nothing that their payloads do not', () => {
    for (const { webhook, mails } of sent) for (const mail of mails) expectTrue(mail, webhook);
  });
});

describe('where Polar is connected', () => {
  const portalUrl = 'https://polar.sh/northlight/portal?email=anna%40example.com';

  const told = lives()
    .flatMap(([, webhooks]) => webhooks)
    .map((webhook) => polarEvent(JSON.stringify(webhook)));

  const button = new RegExp(`\n[A-Z][a-z ]+: ${portalUrl.replace(/[.?]/g, '\\$&')}\n`);

  const said =
    /^(You’ll find the invoice|You can cancel at any time|If you change your mind .*)\.$/;

  it.each(readyMade)('$name speaks of the portal only where it has a button to it', (template) => {
    for (const parsed of told) {
      if (parsed.kind === 'unreadable' || parsed.event.type !== template.event) continue;
      const { properties } = parsed.event;
      const { text } = mailOf(template, properties);
      const linked = mailOf(template, { ...properties, portalUrl }).text;
      expect(text).not.toContain('portal');
      if (linked.includes('customer portal')) expect(linked).toMatch(button);
      const rest = linked.replace(button, '').replaceAll(' in your customer portal', '');
      const lines = rest.split('\n').filter((line) => line !== '' && !said.test(line));
      expect(lines).toEqual(text.split('\n').filter((line) => line !== ''));
      expect(text).not.toContain('https:');
    }
  });
});

/** The mails of a file in order, their text without the greeting. */
function textsOf(file: string): string[] {
  return inputsOf(file).flatMap((webhook) =>
    mailsOf(webhook).map((mail) => {
      expectTrue(mail, webhook);
      return mail.text;
    }),
  );
}

describe('the mails of small inputs', () => {
  it('write amounts with the digits that Polar counts', () => {
    const shown = [
      'UGX 37,000',
      'ISK 9,900',
      'LAK 25,000',
      'ALL 5,000',
      'SOS 50,000',
      'YER 20,000',
    ];
    const texts = textsOf('01-two-decimal-currencies.json');
    expect(texts.map((text) => /Your payment of (.*) went through/.exec(text)?.[1])).toEqual(shown);
    for (const [index, text] of texts.entries())
      expect(text).toContain(`Charged: ${shown[index]}\n`);
  });

  it('call no discounted price the price, and say how long the discount holds', () => {
    const [once, repeating] = textsOf('03-discount-for-a-time.json');
    expect(once).toContain('Your discount (First month) is for the first payment.');
    expect(repeating).toContain('Your discount (Half) is for the first 3 months.');
    for (const text of [once, repeating]) {
      expect(text).toContain('Without the discount, the price is $19.00 every month.');
      expect(text).not.toMatch(/\$0\.00|\$9\.50/);
    }
  });

  it('name no amount where the price is free or metered', () => {
    const [free, metered, failed] = textsOf('04-free-and-metered.json');
    expect(free).toContain('It’s free of charge.');
    expect(metered).toContain('You pay for what you use.');
    expect(failed).toContain('We couldn’t collect the payment for Plan A.');
    for (const text of [free, metered, failed]) expect(text).not.toContain('$');
  });

  it('tell a last bill and a bill for use from a renewal', () => {
    const [canceled, last, use] = textsOf('05-final-invoice-after-the-end.json');
    expect(canceled).toContain('What you use until then will still be billed.');
    expect(canceled).not.toContain('charged again');
    expect(last).toContain('Your subscription has ended, and this is the final bill for it.');
    expect(use).toContain('This is the bill for what you’ve used.');
    for (const text of [last, use]) expect(text).not.toMatch(/renew|Paid until|staying/);
    // Their sum is one, though the bodies contradict themselves.
    expect(last).toContain('Total: $4.20');
    expect(use).toContain('Total: $7.30');
    for (const text of [last, use]) expect(text).not.toContain('$19.00');
  });

  it('say that tax is included where it is, and name no sum that was not collected', () => {
    const [started, failed] = textsOf('07-tax-inclusive.json');
    expect(started).toContain('The price is $19.00 every month, tax included.');
    expect(failed).not.toMatch(/\$|tax/);
  });

  it('say that what ends or pauses does so', () => {
    const [ends, pauses] = textsOf('14-renews-although-it-ends-or-pauses.json');
    expect(ends).toContain('Your subscription ends on December 20, 2026 at 02:00 UTC.');
    expect(pauses).toContain('It’s set to pause on December 20, 2026 at 02:00 UTC.');
  });

  it.each([
    [2375, true],
    [0, false],
  ])('announce a charge after a pause where %s is to be paid: %s', (amount, isCharged) => {
    const [, webhooks = []] = lives().find(([file]) => file === 'pause-resume.json') ?? [];
    const texts = webhooks
      .filter(({ type }) => type === 'subscription.paused')
      .flatMap((one) => {
        const data = { ...one.data, amount, resumes_at: '2026-12-20T02:00:00Z' };
        return mailsOf({ ...one, data }).map(({ text }) => text);
      });
    expect(texts.length).toBeGreaterThan(0);
    for (const text of texts) {
      expect(text).toContain('It resumes on December 20, 2026 at 02:00 UTC.');
      expect(text.includes('you’ll be charged again')).toBe(isCharged);
    }
  });

  it('name the zone of a day', () => {
    const [text] = textsOf('15-date-in-another-zone.json');
    expect(text).toContain('You keep access until December 1, 2026 at 02:00 UTC.');
  });
});

it('a welcome greets people by the name that they gave, where they gave one', async () => {
  const story = audienceStory();
  const [welcome] = readyMade.filter(({ name }) => name === 'welcome');
  const greetings: (string | undefined)[] = [];
  for (const webhook of inputsOf('13-names.json')) {
    const parsed = polarEvent(JSON.stringify(webhook));
    if (parsed.kind === 'unreadable' || !welcome) throw new Error('There is nothing to greet.');
    const { id, ...customer } = parsed.event.customer;
    await story.tell('customer.created', id, { minute: 1, ...customer });
    const contact = story.contact(customer.email ?? '');
    if (!contact) throw new Error('There is no contact.');
    const { compiled } = compiledOf(welcome.email, welcome.event);
    const values = { contact: contactValues(contact), event: {} };
    const email = renderEmail(compiled, values, footer);
    if (email.kind === 'blocked') throw new Error(email.reason);
    greetings.push(/^Hi .*$/m.exec(email.text)?.[0]);
  }
  expect(greetings).toEqual(['Hi there,', 'Hi Jane,', 'Hi Jane,']);
});

/** The first webhook of a file, changed. */
function changed(file: string, changes: Record<string, unknown>): Webhook {
  const [webhook] = inputsOf(file);
  if (!webhook) throw new Error(`${file} is empty`);
  return { ...webhook, data: { ...webhook.data, ...changes } };
}

function onlyMail(webhook: Webhook) {
  const [mail, ...others] = mailsOf(webhook);
  if (!mail || others.length > 0) throw new Error('not one mail');
  expectTrue(mail, webhook);
  return mail;
}

describe('a receipt', () => {
  const subscription = {
    ...{ status: 'active', amount: 1900, recurring_interval: 'month', trial_end: null },
    ...{ current_period_start: '2026-11-29T09:00:00Z', current_period_end: '2026-12-29T09:00:00Z' },
    ...{ cancel_at_period_end: false, ended_at: null },
  };
  const receiptOf = (changes: Record<string, unknown>) =>
    onlyMail(
      changed('01-two-decimal-currencies.json', {
        ...{ currency: 'usd', subtotal_amount: 1900, discount_amount: 0, tax_amount: 475 },
        ...{ total_amount: 2375, due_amount: 2375, applied_balance_amount: 0 },
        ...{ receipt_number: 'R-1', subscription_id: 's-1', subscription },
        ...{ billing_reason: 'subscription_cycle', ...changes },
      }),
    );

  it.each([
    [
      'a renewal',
      {},
      'Your subscription has been renewed.',
      'Your payment of $23.75 went through.',
    ],
    [
      'one that the balance paid in part',
      { applied_balance_amount: -1000, due_amount: 1375 },
      'Your payment of $13.75 went through. The rest was paid from your balance.',
      'From your balance: −$10.00',
    ],
    [
      'one that the balance paid',
      { applied_balance_amount: -2375, due_amount: 0, receipt_number: null },
      'The order was paid from your balance, so nothing was charged.',
      'Charged: $0.00',
    ],
    [
      'one with an older debt',
      { applied_balance_amount: 500, due_amount: 2875 },
      'Your payment of $28.75 went through.',
      'Owed from before: $5.00',
    ],
    [
      'a credit',
      {
        ...{ billing_reason: 'subscription_update', subtotal_amount: -1900, tax_amount: -475 },
        ...{ total_amount: -2375, due_amount: 0, receipt_number: null },
      },
      'We have added $23.75 to your balance.',
      'Credit: $23.75',
    ],
    [
      'an upgrade',
      { billing_reason: 'subscription_update' },
      'Your subscription has been changed, and this is the bill for the change.',
      'Charged: $23.75',
    ],
    [
      'a discount of everything',
      {
        ...{ discount_amount: 1900, tax_amount: 0, total_amount: 0, due_amount: 0 },
        ...{ receipt_number: null, discount: { name: 'Gift', duration: 'once' } },
      },
      'with your discount, there was nothing to pay.',
      'Discount (Gift): −$19.00',
    ],
    [
      'seats',
      { seats: 5, billing_reason: 'subscription_create' },
      'Thank you for your order!',
      'Order: Plan A, 5 seats',
    ],
    [
      'a first payment after a trial',
      { subscription: { ...subscription, trial_end: '2026-11-29T09:00:00Z' } },
      'Your trial is over and your subscription has begun.',
      'Paid until: December 29, 2026 (UTC)',
    ],
    [
      'a payment beside one that is open',
      { subscription: { ...subscription, status: 'past_due' } },
      'Thank you for staying with us!',
      'Charged: $23.75',
    ],
  ])('of %s', (_, changes, ...words) => {
    const { text } = receiptOf(changes);
    for (const one of words) expect(text).toContain(one);
  });

  it.each([
    ['subscription_create', true],
    ['subscription_update', false],
    ['subscription_meter_cycle', false],
  ])(
    'of nothing during a trial, by reason of %s, says that the trial has begun: %s',
    (billing_reason, isBegin) => {
      const zero = { subtotal_amount: 0, tax_amount: 0, total_amount: 0, due_amount: 0 };
      const { text } = receiptOf({
        ...{ ...zero, billing_reason, receipt_number: null },
        subscription: { ...subscription, status: 'trialing', trial_end: '2026-12-29T09:00:00Z' },
      });
      expect(text.includes('Your free trial has begun')).toBe(isBegin);
    },
  );

  it('claims no payment of a sum that is too small to be charged', () => {
    const { text } = receiptOf({
      ...{ subtotal_amount: 30, tax_amount: 0, total_amount: 30, due_amount: 30 },
      receipt_number: null,
    });
    expect(text).toContain('Total: $0.30');
    expect(text).not.toMatch(/Charged|payment of|went through/);
  });
});

describe('a new subscription', () => {
  const startedWith = (changes: Record<string, unknown>) =>
    onlyMail(changed('07-tax-inclusive.json', changes)).text;
  const price = { amount_type: 'fixed', price_currency: 'usd', price_amount: 1900 };
  const dates = {
    ...{ started_at: '2026-11-20T09:00:00Z', current_period_start: '2026-11-20T09:00:00Z' },
    current_period_end: '2026-12-20T09:00:00Z',
  };

  it.each([
    [{ prices: [{ ...price, tax_behavior: 'exclusive' }] }, '$19.00 every month, before tax.'],
    [{ prices: [{ ...price, tax_behavior: 'location' }] }, '$19.00 every month.'],
    [
      { prices: [price, { amount_type: 'metered_unit', price_currency: 'usd' }] },
      '$19.00 every month, plus what you use.',
    ],
    [
      { status: 'trialing', trial_end: '2026-12-13T02:30:00Z' },
      'Your trial is free until December 13, 2026 at 02:30 UTC.',
    ],
    [
      { amount: 950, discount: { name: 'Half', duration: 'forever' }, prices: [price] },
      'The price is $9.50 every month.',
    ],
    [
      { ...dates, amount: 950, discount: { duration: 'repeating', duration_in_months: 2 } },
      'Your discount applies until January 20, 2027 (UTC).',
    ],
    [
      {
        amount: 950,
        discount: { duration: 'repeating', duration_in_months: 2 },
        recurring_interval: 'year',
      },
      'Your discount is for a limited time.',
    ],
  ])('with %j says: %s', (changes, words) => {
    expect(startedWith(changes)).toContain(words);
  });

  it('has no price that a booked change ends', () => {
    expect(startedWith({ pending_update: { product_id: 'p' } })).not.toContain('$');
  });
});

describe('a record of version 0.1.0', () => {
  const old = {
    ...{ customerId: 'c', productId: 'p', productName: 'Plan A', interval: 'month' },
    ...{ amount: 3_700_000, currency: 'ugx', formattedAmount: 'UGX 3,700,000' },
    ...{ billingReason: 'subscription_cycle', orderId: 'o', subscriptionId: 's', status: 'active' },
    ...{ periodEnd: '2026-12-20T02:00:00.000000Z', cancelAtPeriodEnd: false },
  };

  it.each(readyMade)('still makes $name', (template) => {
    for (const properties of [old, { customerId: 'c' }]) {
      const { text } = mailOf(template, properties);
      expect(text).not.toMatch(/undefined|renews on|every month|Paid until|3,700,000| [,.]/);
    }
  });

  it('shows its amount by Polar’s digits', () => {
    const [receipt] = readyMade.filter(({ name }) => name === 'receipt');
    expect(receipt && mailOf(receipt, old).text).toContain('Total: UGX 37,000');
  });
});

it('every life is read whole', () => {
  const read = lives().flatMap(([, webhooks]) => webhooks.map((one) => JSON.stringify(one)));
  expect(read.length).toBeGreaterThan(200);
  expect(read.filter((body) => polarEvent(body).kind === 'event').length).toBeGreaterThan(70);
});

it.each<[string, EmailVariables['event']]>([
  ['Nothing was charged.', { amount: 0, chargedAmount: 0, receiptNumber: 'RCPT-1' }],
  ['Nothing was charged.', { amount: 0, receiptNumber: 'RCPT-1' }],
  ['Your payment went through.', { amount: 0, chargedAmount: 500, receiptNumber: 'RCPT-1' }],
  ['Your payment went through.', { amount: 1_999, receiptNumber: 'RCPT-1' }],
  ['Here is what you ordered.', { amount: 1_999 }],
])('the preview of a receipt says "%s" of %j', (text, event) => {
  const [receipt] = readyMade.filter(({ name }) => name === 'receipt');
  if (!receipt) throw new Error('There is no receipt.');
  const { compiled } = compiledOf(receipt.email, receipt.event);
  const email = renderEmail(compiled, { contact: {}, event }, footer);
  if (email.kind === 'blocked') throw new Error(email.reason);
  expect(parsedHtml(email.html).named('div')[0]?.text).toContain(text);
});
