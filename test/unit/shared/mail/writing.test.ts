import { describe, expect, it } from 'vitest';
import { composer } from '#functions/mailer/compose.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { firstSend } from '#shared/audience/workflow.ts';
import { readyMade } from '#shared/mail/ready-made/ready-made.ts';
import { renderEmail } from '#shared/mail/render-email.ts';
import { sampleVariables, testEmail } from '#shared/mail/test-email.ts';
import { approvedMail, mailing } from '#test/support/audience/approved-mail.ts';
import { anna, compiledOf, node } from './an-email.ts';

const endsAt = '2026-12-01T02:00:00.123456Z';

/** A body with values of one event, as a shop with these settings writes it. */
function written(body: string, timeZone: string, language: string, event = {}): string {
  const values = { contact: anna, event: { endsAt, ...event } };
  const { compiled } = compiledOf(node(body, { subject: body }), 'subscription.revoked');
  const email = renderEmail(compiled, values, undefined, { timeZone, language });
  if (email.kind === 'blocked') throw new Error(email.reason);
  expect(email.text.trim()).toBe(email.subject);
  expect(email.html).toContain(email.subject.replaceAll("'", '&#39;'));
  return email.subject.replaceAll(/[\u00a0\u202f]/g, ' ');
}

describe('a day', () => {
  it.each([
    ['UTC', 'en', 'December 1, 2026 (UTC)'],
    ['America/Los_Angeles', 'en', 'November 30, 2026'],
    ['Europe/Berlin', 'de', '1. Dezember 2026'],
    ['Europe/London', 'en-GB', '1 December 2026'],
    ['Asia/Tokyo', 'ja', '2026年12月1日'],
    ['Asia/Tehran', 'fa-IR', '۱ دسامبر ۲۰۲۶'],
    ['Asia/Bangkok', 'th', '1 ธันวาคม 2026'],
    ['Europe/London', 'en-GB-u-ca-hebrew', '1 December 2026'],
  ])('in %s and %s is written %s', (timeZone, language, text) => {
    expect(written('{{ event.endsAt | day }}', timeZone, language)).toBe(text);
  });

  it.each([
    ['UTC', 'en', 'December 1, 2026 at 02:00 UTC'],
    ['America/Los_Angeles', 'en', 'November 30, 2026 at 18:00 PST'],
    ['Europe/Berlin', 'de', '1. Dezember 2026 um 03:00 MEZ'],
    ['Asia/Kolkata', 'en', 'December 1, 2026 at 07:30 GMT+5:30'],
  ])('with its hour in %s and %s names the zone: %s', (timeZone, language, text) => {
    expect(written('{{ event.endsAt | day_and_time }}', timeZone, language)).toBe(text);
  });

  it('goes by the clock of that day, summer or winter', () => {
    const body = '{{ event.endsAt | day_and_time }}';
    const summer = { endsAt: '2026-07-01T02:00:00Z' };
    expect(written(body, 'America/New_York', 'en', summer)).toBe('June 30, 2026 at 22:00 EDT');
    expect(written(body, 'America/New_York', 'en')).toBe('November 30, 2026 at 21:00 EST');
  });

  it('of a workflow that was written with a format is in the zone of the shop, too', () => {
    const body = '{{ event.endsAt | date: "%B %-d, %Y at %H:%M" }}';
    expect(written(body, 'UTC', 'en')).toBe('December 1, 2026 at 02:00');
    expect(written(body, 'America/Los_Angeles', 'en')).toBe('November 30, 2026 at 18:00');
    expect(written('{{ event.endsAt | date: "%-d. %B" }}', 'Europe/Berlin', 'de')).toBe(
      '1. Dezember',
    );
    expect(written('{{ event.endsAt | date: "%B %Y" }}', 'Asia/Tehran', 'fa-IR')).toBe(
      'دسامبر 2026',
    );
  });

  it('that is none stays as it is', () => {
    expect(written('{{ event.endsAt | day }}', 'UTC', 'en', { endsAt: 'soon' })).toBe('soon');
  });
});

describe('an amount', () => {
  it.each([
    ['en', 'usd', 123_456, '$1,234.56'],
    ['de', 'eur', 123_456, '1.234,56 €'],
    ['de', 'jpy', 1999, '1.999 ¥'],
    ['fr', 'ugx', 3_700_000, '37 000 UGX'],
    ['en-GB', 'gbp', 1999, '£19.99'],
  ])('in %s of %s %i is %s', (language, currency, amount, text) => {
    const event = { amount, currency, formattedAmount: 'as the record has it' };
    expect(written('{{ event.formattedAmount }}', 'UTC', language, event)).toBe(text);
  });
});

describe('the settings', () => {
  const settings = { ...defaultSettings, timeZone: 'America/Los_Angeles', language: 'en-GB' };
  const [ready] = readyMade.filter(({ name }) => name === 'cancellation-scheduled');
  if (!ready) throw new Error('There is none.');
  const { compiled } = compiledOf(ready.email, ready.event);
  const trigger = { event: ready.event, conditions: [...ready.conditions] };

  it('count when an email is composed', async () => {
    const { contact, record, workflow } = approvedMail();
    if (!contact || !record || !workflow) throw new Error('The mail is not approved.');
    const { event } = sampleVariables({ trigger }, contact.address, new Date());
    const approved = {
      kind: 'send' as const,
      contact,
      record: { ...record, type: ready.event, properties: { ...event, endsAt } },
      step: firstSend(mailing(workflow, ready.email, compiled)),
      subscription: undefined,
    };
    const compose = composer(
      'hello@example.com',
      async () => 'https://audience.example/u',
      async () => undefined,
      async () => ({}),
    );
    expect(await compose(approved, settings, 'key')).toMatchObject({
      mail: { text: expect.stringContaining('30 November 2026 at 18:00 GMT-8') },
    });
  });

  it('count in a test email', () => {
    const made = testEmail({
      workflow: { trigger },
      step: { email: ready.email, compiled },
      to: 'you@example.com',
      settings,
      brand: {},
      mailFrom: 'hello@example.com',
      unsubscribeUrl: 'https://audience.example/u',
      now: new Date('2026-11-01T02:00:00Z'),
    });
    expect(made).toMatchObject({
      mail: { text: expect.stringContaining('30 November 2026 at 18:00 GMT-8') },
    });
  });
});
