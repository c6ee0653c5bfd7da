import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unsubscribeTokens } from '#shared/mail/unsubscribe-token.ts';
import { addressHash } from '#shared/store/audience/audience-store.ts';

const tokens = unsubscribeTokens('a key of this test');
const recipient = {
  contactId: '0b6ce8fd-6f1f-4a0a-8d9b-5a2f6a6f9f10',
  customerId: '992fae2a-2a17-4b7a-8d9e-885cf90131b5',
  addressHash: addressHash('a key of this test')('ann@example.com'),
};
const token = tokens.of(recipient);

describe('an unsubscribe token', () => {
  it('is read as it was made, with and without a customer', () => {
    const { customerId: _none, ...byHand } = recipient;
    expect(tokens.read(token)).toEqual(recipient);
    expect(tokens.read(tokens.of(byHand))).toEqual(byHand);
  });

  it('fits into a URL and a header line, and names no address', () => {
    expect(token).toMatch(/^[\w-]+\.[\w-]{43}$/);
    expect(token.length).toBeLessThan(400);
    const [content = ''] = token.split('.');
    expect(Buffer.from(content, 'base64url').toString()).not.toMatch(/ann|example|@/);
  });

  it('is worth nothing when any one character is changed, left out or added', () => {
    fc.assert(
      fc.property(
        fc.nat(token.length),
        fc.constantFrom(...'ABab01-_.=/+ %\n'),
        fc.constantFrom('change', 'leave out', 'add'),
        (at, letter, how) => {
          const rest = how === 'add' ? token.slice(at) : token.slice(at + 1);
          const other = token.slice(0, at) + (how === 'leave out' ? '' : letter) + rest;
          if (other !== token) expect(tokens.read(other)).toBeUndefined();
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('is worth nothing when it is cut off anywhere', () => {
    for (let length = 0; length < token.length; length++) {
      expect(tokens.read(token.slice(0, length))).toBeUndefined();
    }
  });

  it('is worth nothing with the signature of another one', () => {
    const [content] = tokens.of({ ...recipient, contactId: 'another' }).split('.');
    const [, signature] = token.split('.');
    expect(tokens.read(`${content}.${signature}`)).toBeUndefined();
  });

  it('is worth nothing under another key', () => {
    expect(unsubscribeTokens('another key').read(token)).toBeUndefined();
  });

  it('is not signed with the key of the suppressions itself', () => {
    const [content = '', signature] = token.split('.');
    const direct = Buffer.from(addressHash('a key of this test')(content), 'hex');
    expect(signature).not.toBe(direct.toString('base64url'));
  });

  it('reads nothing from any other text', () => {
    fc.assert(fc.property(fc.string(), (text) => tokens.read(text) === undefined));
    expect(tokens.read('a'.repeat(1_000_000))).toBeUndefined();
  });
});
