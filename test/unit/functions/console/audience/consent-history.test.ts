import { describe, expect, it } from 'vitest';
import { consentHistory } from '#functions/console/audience/contact-view.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';

const at = '2026-11-20T10:00:00.000Z';

function historyOf(by: string): string[] {
  const steps = consentHistory({
    contact: {
      email: normalisedEmail('ada@example.com'),
      address: 'ada@example.com',
      contactId: 'contact-1',
      createdAt: '2026-11-01T00:00:00.000Z',
      updatedAt: at,
      source: 'Polar webhook',
      consent: { subscribed: { at, by }, history: [{ act: 'subscribed', at, by }] },
      subscribed: true,
    },
    customer: undefined,
    address: undefined,
    suppression: undefined,
  });
  return steps.map(({ what }) => what);
}

describe('the consent history', () => {
  it.each([
    ['the recipient, on the unsubscribe page', 'Subscribed again'],
    ['arn:aws:iam::1:user/ada', 'Subscribed by hand'],
  ])('says of %s, once: %s', (by, what) => {
    expect(historyOf(by)).toEqual([what, 'Added to the audience (Polar webhook)']);
  });
});
