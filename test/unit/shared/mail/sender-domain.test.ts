import { describe, expect, it } from 'vitest';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { checkWorkflow } from '#shared/mail/check/check-workflow.ts';
import { foreignSender, sendersOf } from '#shared/mail/sender.ts';

describe('in whose names mail may go out', () => {
  it.each([
    ['hello@example.com', undefined, ['example.com']],
    ['"Shop, Inc." <hello@Example.COM>', undefined, ['example.com']],
    ['hello@example.com', [], ['example.com']],
    ['hello@example.com', ['hello@example.com'], ['hello@example.com']],
    [undefined, ['example.com'], undefined],
  ])('of the sender %s with the identities %j is %j', (mailFrom, identities, senders) => {
    expect(sendersOf(mailFrom, identities)).toEqual(senders);
  });

  it.each([
    ['hello@example.com'],
    ['Shop <other@example.com>'],
    ['hello@EXAMPLE.com'],
    ['hello@mail.example.com'],
    ['hello@a.b.example.com'],
  ])('a domain stands for %s', (from) => {
    expect(foreignSender(from, ['example.com'])).toBeUndefined();
  });

  it.each([
    ['hello@example.org'],
    ['hello@badexample.com'],
    ['hello@com'],
    ['hello@example.com.evil.example'],
    ['"hello@example.com" <hello@elsewhere.example>'],
  ])('a domain does not stand for %s', (from) => {
    expect(foreignSender(from, ['example.com'])).toMatch(
      /^must be an address of example\.com or of a subdomain, such as hello@example\.com: SES/,
    );
  });

  it.each([
    ['no-reply@example.com', true],
    ['Shop <no-reply@Example.com>', true],
    ['No-Reply@example.com', false],
    ['other@example.com', false],
    ['no-reply@mail.example.com', false],
  ])('an address stands for itself only: %s', (from, isAllowed) => {
    const refusal = foreignSender(from, ['no-reply@example.com']);
    expect(refusal === undefined).toBe(isAllowed);
    if (!isAllowed) expect(refusal).toContain('-c mailIdentity=domain');
  });
});

describe('a workflow with a sender of its own', () => {
  const draft = (from: string) => ({
    name: 'Receipt',
    trigger: { event: 'order.paid', conditions: [] },
    frequency: 'once-per-order',
    maxAgeHours: 72,
    email: { kind: 'transactional', from, subject: 'Hi', preheader: '', body: 'Thanks' },
  });
  const check = (from: string, senders: readonly string[] | undefined) =>
    checkWorkflow(draft(from), { settings: defaultSettings, hasSender: true, senders });

  it('is refused at that field where SES would refuse its emails', () => {
    expect(check('hello@elsewhere.example', ['example.com'])).toMatchObject({
      kind: 'refused',
      places: [
        { field: 'steps.0.from', text: expect.stringMatching(/^From must be an address of .*\.$/) },
      ],
    });
    expect(check('hello@example.com', ['example.com']).kind).toBe('accepted');
  });

  it('is told only what is wrong with the address where it is none', () => {
    const checked = check('elsewhere', ['example.com']);
    expect(checked.kind === 'refused' && checked.problems).toHaveLength(1);
  });

  it('is accepted where the deployment has no sender', () => {
    expect(check('hello@elsewhere.example', undefined).kind).toBe('accepted');
  });
});
