import { expect, it } from 'vitest';
import type { EventRecord } from '#shared/audience/event-record.ts';
import { whyUnchanged } from '#shared/audience/why-unchanged.ts';

type Of = Partial<Pick<EventRecord, 'type' | 'reason' | 'keptByHand'>>;

it.each<[Of, string]>([
  [
    { reason: 'The customer was deleted in Polar.', keptByHand: ['firstName'] },
    'The customer was deleted in Polar.',
  ],
  [{ keptByHand: ['firstName'] }, 'Changed nothing: people set FIRSTNAME by hand.'],
  [
    { keptByHand: ['firstName', 'lastName'] },
    'Changed nothing: people set FIRSTNAME and LASTNAME by hand.',
  ],
  [{}, 'What it says about the contact was already known.'],
  [
    { type: 'subscription.canceled' },
    'It’s about a subscription. What it says about the contact was already known.',
  ],
  [{ type: 'customer.created' }, 'The contact was already here: an earlier event added it.'],
])('says of %j why it changed nothing', (of, expected) => {
  const named = (field: string) => field.toUpperCase();
  const { before, whom = '', after } = whyUnchanged({ type: 'order.paid', ...of }, named);
  expect(before + whom + after).toBe(expected);
});
