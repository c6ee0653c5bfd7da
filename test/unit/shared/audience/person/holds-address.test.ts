import { describe, expect, it } from 'vitest';
import { holdsAddress } from '#shared/audience/erasure.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';

const email = normalisedEmail('ann+x@example.com');

describe('an address', () => {
  it.each<[string, unknown, string?]>([
    ['as it is', { email }],
    ['in capitals, deep inside', { changes: [{ to: ['ANN+X@Example.com'] }] }],
    ['inside a sentence', { reason: `Mail to ${email} bounced.` }],
    ['as the name of a field', { [email]: 1 }],
    ['in a body', {}, `{"data":{"email":"Ann+X@example.com"}}`],
    ['in a body with escapes', {}, '{"data":{"email":"\\u0061nn\\u002bx\\u0040example.com"}}'],
    ['in a URL of a body', {}, '{"url":"https://shop.example/?of=ann%2Bx%40example.com"}'],
    ['in a body that is no JSON', {}, `email=${email}`],
  ])('is found %s', (_, value, body) => {
    expect(holdsAddress(email, value, body)).toBe(true);
  });

  it.each<[unknown, string?]>([
    [{ email: 'bob@example.com', amount: 1, none: null, is: true }],
    [undefined, '{"data":{"email":"bob@example.com"}}'],
    [undefined, 'no JSON'],
  ])('is not found in %j %j', (value, body) => {
    expect(holdsAddress(email, value, body)).toBe(false);
  });
});
