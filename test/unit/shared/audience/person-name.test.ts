import { describe, expect, it } from 'vitest';
import { cleanName, splitName } from '#shared/audience/person.ts';

describe('a name', () => {
  it.each([
    ['Zoë', { firstName: 'Zoë' }],
    ['Anna Lindqvist', { firstName: 'Anna', lastName: 'Lindqvist' }],
    ['Bob van der Berg', { firstName: 'Bob', lastName: 'van der Berg' }],
    ['  李  小龍 ', { firstName: '李', lastName: '小龍' }],
    ['Eve\r\nBcc: all@example.org', { firstName: 'Eve', lastName: 'Bcc: all@example.org' }],
    ['Ann\u0000\u0007\u2028Lee', { firstName: 'Ann', lastName: 'Lee' }],
    ['<b>Ann</b> Lee', { firstName: '<b>Ann</b>', lastName: 'Lee' }],
    [' \n\t', {}],
    ['', {}],
  ])('%j is split into %j', (name, expected) => {
    expect(splitName(name)).toEqual(expected);
  });

  it('is cut to 256 characters without splitting one', () => {
    const cut = cleanName('🚀'.repeat(400));
    expect([...cut]).toHaveLength(256);
    expect(cut.isWellFormed()).toBe(true);
  });
});
