import { expect, it } from 'vitest';
import { withoutAddresses } from '#shared/failure.ts';

it.each([
  ['Refused: <ada@example.com>, ann@example.com.', 'Refused: <[address]>, [address]'],
  ['"Ada Lovelace"@example.com bounced', '[address] bounced'],
  ["Mailbox o'hara@example.com is full", 'Mailbox [address] is full'],
  ['to:ada@example.com;ann@example.com', 'to:[address];[address]'],
  ['ada@ is none, nor is @example.com', 'ada@ is none, nor is @example.com'],
])('%s is told as: %s', (text, told) => {
  expect(withoutAddresses(text)).toBe(told);
});

it('also a long text without a space is gone through in one go', () => {
  const long = 'x'.repeat(1_000_000);
  expect(withoutAddresses(`${long} ada@example.com`)).toBe(`${long} [address]`);
});
