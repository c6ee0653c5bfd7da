import { describe, expect, it } from 'vitest';
import {
  marketingState,
  reasonSentence,
  reasonsAgainstMarketing,
  standingOf,
} from '#shared/audience/consent/reasons.ts';
import type { Suppression } from '#shared/audience/consent/suppression.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import type { Contact, Customer } from '#shared/audience/person/person.ts';

const contact: Contact = {
  email: normalisedEmail('ada@example.com'),
  address: 'ada@example.com',
  contactId: 'contact-1',
  createdAt: '2026-11-01T00:00:00.000Z',
  updatedAt: '2026-11-01T00:00:00.000Z',
  source: 'Polar webhook',
  consent: {},
  subscribed: false,
};
const ada: Customer = { customerId: 'c1', addresses: [] };
const at = '2026-11-20T10:00:00.000Z';

function known(
  patch: Partial<Contact>,
  reasons: Suppression['reasons'] = {},
  customer: Partial<Customer> = {},
) {
  return {
    contact: { ...contact, ...patch },
    customer: { ...ada, ...customer },
    address: undefined,
    suppression: { reasons },
  };
}

const recipient = { at, by: 'the recipient, on the unsubscribe page' };
const operator = { at, by: 'arn:aws:iam::1:user/ada' };

describe('what a contact gets', () => {
  it.each([
    ['everything', known({ subscribed: true }), { gets: 'everything' }],
    [
      'receipts after an unsubscribe',
      known({}, { unsubscribed: recipient }),
      { gets: 'transactional', because: 'unsubscribed', at },
    ],
    [
      'receipts after an operator unsubscribed it',
      known({}, { unsubscribed: operator }),
      { gets: 'transactional', because: 'unsubscribed by hand', at },
    ],
    [
      'what the newer of two says',
      known(
        {},
        { unsubscribed: { ...operator, at: '2026-11-19T00:00:00.000Z' } },
        { no: { unsubscribed: recipient } },
      ),
      { gets: 'transactional', because: 'unsubscribed', at },
    ],
    [
      'receipts where new contacts start unsubscribed',
      known({ consent: { startsUnsubscribed: true } }),
      { gets: 'transactional', because: 'new contacts start unsubscribed' },
    ],
    [
      'nothing after a bounce',
      known({}, { bounced: { at, by: 'SES' } }),
      { gets: 'nothing', because: 'mail to the address bounced', at },
    ],
  ])('is %s', (_, person, standing) => {
    expect(standingOf(person)).toEqual(standing);
  });

  it.each([
    ['subscribed', known({ subscribed: true })],
    ['not subscribed', known({}, { unsubscribed: recipient })],
    ['bounced', known({}, { bounced: { at, by: 'SES' }, unsubscribed: recipient })],
    ['complained', known({}, {}, { no: { complained: recipient } })],
  ])('is in a word %s', (word, person) => {
    expect(marketingState(person)).toBe(word);
  });

  it.each([
    [recipient, `The customer unsubscribed on ${at}, on the unsubscribe page.`],
    [operator, `The customer was unsubscribed by hand on ${at}, by ada.`],
  ])('says how %j said no, and who only where that is somebody else', (unsubscribed, sentence) => {
    const reasons = reasonsAgainstMarketing(known({}, {}, { no: { unsubscribed } }));
    expect(reasons.map(reasonSentence)).toEqual([sentence]);
  });

  it('names who said no', () => {
    const whats = (by: typeof operator) =>
      reasonsAgainstMarketing(known({}, { unsubscribed: by })).map(({ what }) => what);
    expect(whats(recipient)).toEqual(['The address is suppressed: unsubscribed']);
    expect(whats(operator)).toEqual(['The address is suppressed: unsubscribed by hand']);
  });
});
