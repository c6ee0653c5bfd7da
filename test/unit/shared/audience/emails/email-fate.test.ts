import { expect, it } from 'vitest';
import { emailTally } from '#shared/audience/counts/counts.ts';
import { type Fated, fateOf } from '#shared/audience/emails/email-fate.ts';

const at = '2026-11-20T10:00:00.000Z';

it.each<[string, string, Fated]>([
  ['sent', 'accepted', { state: 'sent' }],
  ['delivered', 'delivered', { state: 'sent', feedback: { deliveredAt: at } }],
  ['bounced', 'bounced', { state: 'sent', feedback: { deliveredAt: at, bouncedAt: at } }],
  ['bounced', 'bounced', { state: 'sent', feedback: { bouncedAt: at, transientAt: at } }],
  [
    'delivered',
    'delivered',
    { state: 'sent', feedback: { bouncedAt: at, transientAt: at, deliveredAt: at } },
  ],
  ['complained', 'complained', { state: 'sent', feedback: { deliveredAt: at, complainedAt: at } }],
  ['rejected', 'failed', { state: 'sent', feedback: { rejectedAt: at } }],
  ['held', 'held', { state: 'waiting', heldSince: at }],
  ['waiting', 'waiting', { state: 'waiting' }],
  ['reserved', 'waiting', { state: 'reserved' }],
  ['unknown', 'unknown', { state: 'unknown' }],
])('an email is %s, and counts as %s', (fate, counted, email) => {
  expect(fateOf(email)).toBe(fate);
  expect(emailTally('welcome', email)).toEqual(['emails', 'welcome', counted]);
});
