import { describe, expect, it } from 'vitest';
import { cleanName, splitName } from '#shared/audience/person/name.ts';

describe('a name', () => {
  it.each([
    ['Zoë', { firstName: 'Zoë' }],
    ['Anna Lindqvist', { firstName: 'Anna', lastName: 'Lindqvist' }],
    ['Bob van der Berg', { firstName: 'Bob', lastName: 'van der Berg' }],
    ['  李  小龍 ', { firstName: '李', lastName: '小龍' }],
    ['Eve\r\nBcc: all@example.org', { firstName: 'Eve', lastName: 'Bcc: all@example.org' }],
    ['Ann\u0000\u0007\u2028Lee', { firstName: 'Ann', lastName: 'Lee' }],
    ['Ann \u202emoc.elpmaxe@lee\u2066', { firstName: 'Ann', lastName: 'moc.elpmaxe@lee' }],
    ['\u200fשרה\u200e', { firstName: '\u200fשרה\u200e' }],
    ['<b>Ann</b> Lee', { firstName: '<b>Ann</b>', lastName: 'Lee' }],
    ['Doe, Jane', { firstName: 'Jane', lastName: 'Doe' }],
    ['van der Berg, Bob Maria', { firstName: 'Bob', lastName: 'Maria van der Berg' }],
    ['Jane Doe, M.Sc.', { firstName: 'Jane', lastName: 'Doe, M.Sc.' }],
    ['Jane Doe, Jr.', { firstName: 'Jane', lastName: 'Doe, Jr.' }],
    ...['Mary', 'Ben', 'Max', 'Bruno', 'Xi', 'Vi'].map((first): [string, object] => [
      `Doe, ${first}`,
      { firstName: first, lastName: 'Doe' },
    ]),
    ['Jane Doe, CEO', { firstName: 'Jane', lastName: 'Doe, CEO' }],
    ['Jane Doe, Acme', { firstName: 'Jane', lastName: 'Doe, Acme' }],
    ['Acme GmbH, Berlin', { firstName: 'Acme', lastName: 'GmbH, Berlin' }],
    ['Doe, M.Sc.', { firstName: 'Doe', lastName: 'M.Sc.' }],
    ['Doe,', { firstName: 'Doe' }],
    ['Doe, Jane, Berlin', { firstName: 'Doe', lastName: 'Jane, Berlin' }],
    ['Dr. Jane Doe', { firstName: 'Jane', lastName: 'Doe' }],
    ['Prof. Dr. Jane Doe', { firstName: 'Jane', lastName: 'Doe' }],
    ['Dr. Doe', { lastName: 'Doe' }],
    ['St. John', { firstName: 'St.', lastName: 'John' }],
    ['\u200b\u200b', {}],
    ['\u2800 \u3164', {}],
    ['Jane \u200b', { firstName: 'Jane' }],
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
