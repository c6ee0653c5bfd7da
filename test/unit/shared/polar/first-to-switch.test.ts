import { describe, expect, it } from 'vitest';
import type { AccessDocument } from '#shared/polar/access.ts';
import { coversSwitching, firstToSwitch } from '#shared/polar/connection/switch-emails.ts';

const server = 'production';
const signedIn = (scopes?: string[], clientId = 'ours'): AccessDocument['access'] => ({
  ...{ kind: 'oauth', server, clientId, accessToken: 'a', refreshToken: 'r' },
  expiresAt: '2026-11-23T12:00:00.000Z',
  ...(scopes && { scopes }),
});
const ours = (scopes?: string[]): AccessDocument['registration'] => ({
  ...{ server, clientId: 'ours', redirectUri: 'http://localhost:4706/' },
  ...(scopes && { scopes }),
});
const read = 'organizations:read';
const write = 'organizations:write';

it.each<[string, AccessDocument, boolean | undefined]>([
  ['a sign-in with the scope', { access: signedIn([read, write]), registration: ours() }, true],
  ['a sign-in without it', { access: signedIn([read]), registration: ours([write]) }, false],
  [
    'an older sign-in of a client with it',
    { access: signedIn(), registration: ours([write]) },
    true,
  ],
  ['an older sign-in of a client without it', { access: signedIn(), registration: ours() }, false],
  ['a client of one’s own', { access: signedIn([write], 'mine'), registration: ours() }, undefined],
  ['a token', { access: { kind: 'token', server, token: 't' } }, undefined],
  ['no access', {}, undefined],
])('%s covers switching Polar’s mails: %s', (_, document, expected) => {
  expect(coversSwitching(document)).toBe(expected);
});

describe('what comes first', () => {
  it.each([
    ['oauth', true, [], 'switch'],
    ['oauth', false, [], 'sign-in'],
    ['oauth', false, ['order_confirmation'], 'sign-in'],
    ['oauth', undefined, [], 'sign-in'],
    ['token', undefined, [], 'check-token'],
    ['token', undefined, ['order_confirmation'], 'switch'],
  ] as const)('of %s that covers it: %s, with %j switched off before: %s', (...row) => {
    const [method, isCovered, emailsSwitchedOff, expected] = row;
    expect(firstToSwitch({ method, emailsSwitchedOff: [...emailsSwitchedOff] }, isCovered)).toBe(
      expected,
    );
  });
});
