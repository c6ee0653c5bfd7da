import { describe, expect, it } from 'vitest';
import { isMailable, isTakenBySes, normalisedEmail } from '#shared/audience/address.ts';

describe('an email address', () => {
  it('has one contact whatever its case and the space around it', () => {
    expect(normalisedEmail(' MARGUERITE.OLEARY+Polar.Trial@Example.com\n')).toBe(
      'marguerite.oleary+polar.trial@example.com',
    );
  });

  it.each(['anna@example.com', 'zoë.müller@example.com', "o'hara+x@example.co.uk", 'a@localhost'])(
    '%s can be mailed',
    (address) => {
      expect(isMailable(address)).toBe(true);
    },
  );

  it.each([
    '',
    'anna',
    'anna@',
    '@example.com',
    'an na@example.com',
    'anna@exa\nmple.com',
    'a@b@example.com',
    'x<victim@example.com>',
    'a@example.com,b@example.com',
    `${'a'.repeat(65)}@example.com`,
    `a@${'b'.repeat(260)}.com`,
  ])('%j cannot', (address) => {
    expect(isMailable(address)).toBe(false);
  });

  it.each([
    ['anna@example.com', true],
    ["o'hara+x@example.co.uk", true],
    ['anna@münchen.example', true],
    ['zoë@example.com', false],
    ['josé@example.com'.normalize('NFD'), false],
    ['иван@example.com', false],
    ['an\u200bna@example.com', false],
  ])('%j is taken by SES: %s', (address, expected) => {
    expect(isTakenBySes(address)).toBe(expected);
  });
});
