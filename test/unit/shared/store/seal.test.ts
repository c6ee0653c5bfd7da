import { expect, test } from 'vitest';
import { sealWith } from '#shared/store/seal.ts';

const { seal, open } = sealWith('a secret');

test('what was sealed is opened again, and cannot be read in between', () => {
  const sealed = seal('ann@example.com, Łukasz');
  expect(sealed).toMatch(/^[\w-]+$/);
  expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('example');
  expect(open(sealed)).toBe('ann@example.com, Łukasz');
});

test.each([
  ['is empty', () => ''],
  ['is anything', () => 'nonsense'],
  ['was changed', () => `A${seal('text').slice(1)}B`],
  ['was cut', () => seal('text').slice(0, -3)],
  ['was sealed with another secret', () => sealWith('another').seal('text')],
])('what %s is not opened', (_, text) => {
  expect(open(text())).toBeUndefined();
});
