import { expect, it } from 'vitest';
import { isCounted, mailboxOf, quotaOf } from '#shared/audience/emails/mailbox.ts';
import type { EventRecord } from '#shared/audience/event-record.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { firstSend } from '#shared/audience/workflow.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import { approvedMail, mailing } from '#test/support/audience/approved-mail.ts';

it.each([
  ['ann@example.com', 'ann@example.com'],
  ['Ann+shop@Example.com', 'ann@example.com'],
  ['ann+a+b@example.com', 'ann@example.com'],
  ['+ann@example.com', '+ann@example.com'],
  ['a.nn@example.com', 'a.nn@example.com'],
  ['A.n.n+shop@GMail.com', 'ann@gmail.com'],
  ['a.n.n@googlemail.com', 'ann@gmail.com'],
  ['ann.lee@protonmail.com', 'annlee@proton.me'],
  ['annlee@pm.me', 'annlee@proton.me'],
  ['ann.lee@notgmail.com', 'ann.lee@notgmail.com'],
  ['"ann@lee"@gmail.com', '"ann@lee"@gmail.com'],
])('%s reaches %s', (address, mailbox) => {
  expect(mailboxOf(normalisedEmail(address))).toBe(mailbox);
});

it.each([
  ['transactional', 'order.paid', { amount: 1900, chargedAmount: 1900 }, false],
  ['transactional', 'order.paid', { amount: 1900 }, false],
  ['transactional', 'order.paid', { amount: 0 }, true],
  ['transactional', 'order.paid', { amount: 1900, chargedAmount: 0 }, true],
  ['transactional', 'order.paid', {}, true],
  ['transactional', 'subscription.created', { amount: 1900 }, true],
  ['marketing', 'order.paid', { amount: 1900 }, true],
] as const)('%s mail of %s with %o counts: %s', (kind, type, properties, counts) => {
  expect(isCounted(approved(kind, type, properties))).toBe(counts);
});

it.each([
  ['transactional', 'subscription.past_due', 6],
  ['marketing', 'subscription.past_due', 3],
  ['transactional', 'subscription.created', 3],
  ['transactional', 'order.paid', 3],
] as const)('of three a day, %s mail of %s goes out up to the mail %i', (kind, type, mails) => {
  const settings = { ...defaultSettings, dailyLimit: 3 };
  const quota = quotaOf(approved(kind, type, {}), settings, 'hash', new Date('2026-11-23T12:00Z'));
  expect(quota).toEqual({ key: 'hash#2026-11-23', isMarketing: kind === 'marketing', mails });
});

function approved(
  kind: 'marketing' | 'transactional',
  type: SupportedEventType,
  properties: EventRecord['properties'],
) {
  const { workflow, record, contact } = approvedMail();
  if (!workflow || !record || !contact) throw new Error('approvedMail is not whole');
  const step = firstSend(mailing(workflow, { kind }));
  const told = { ...record, type, properties };
  return { kind: 'send', step, contact, record: told, subscription: undefined } as const;
}
