import { describe, expect, it } from 'vitest';
import {
  formerSpellings,
  isMailable,
  isTakenBySes,
  normalisedEmail,
  typedAddressProblem,
} from '#shared/audience/person/address.ts';

const nfd = (text: string) => text.normalize('NFD');

describe('an email address', () => {
  it.each([
    [' MARGUERITE.OLEARY+Polar.Trial@Example.com\n', 'marguerite.oleary+polar.trial@example.com'],
    ['anna@BÜCHER.example', 'anna@xn--bcher-kva.example'],
    [nfd('anna@bücher.example'), 'anna@xn--bcher-kva.example'],
    ['anna@XN--BCHER-KVA.example', 'anna@xn--bcher-kva.example'],
    ['anna@ｂüｃｈｅｒ。example', 'anna@xn--bcher-kva.example'],
    ['anna@faß.example', 'anna@xn--fa-hia.example'],
    ['anna@FAẞ.example', 'anna@xn--fa-hia.example'],
    ['anna@例え.テスト', 'anna@xn--r8jz45g.xn--zckzah'],
    ['anna@ｅｘａｍｐｌｅ.com', 'anna@example.com'],
    [nfd('JOSÉ@example.com'), 'josé@example.com'],
    ['josé@example.com', 'josé@example.com'],
    // The Kelvin sign and the Angstrom sign.
    ['\u212aim@example.com', 'kim@example.com'],
    ['\u212bsa@example.com', 'åsa@example.com'],
  ])('%j has the key %s, which is its own', (typed, key) => {
    expect(isMailable(typed)).toBe(true);
    expect(normalisedEmail(typed)).toBe(key);
    expect(normalisedEmail(key)).toBe(key);
  });

  it.each([
    ['anna@fass.example', 'anna@faß.example'],
    ['jose@example.com', 'josé@example.com'],
    ['anna@example.com', 'anna@exаmple.com'],
    ['a.nna@example.com', 'anna@example.com'],
  ])('%s is another mailbox than %s', (one, other) => {
    expect(normalisedEmail(one)).not.toBe(normalisedEmail(other));
  });

  it.each([
    'anna@example.com',
    'zoë.müller@example.com',
    "o'hara+x@example.co.uk",
    'a@localhost',
    'anna@my_host.example.com',
    'anna@r3---sn.example.com',
    'anna@☃.example',
    `anna@${'b'.repeat(63)}.com`,
  ])('%s can be mailed', (address) => {
    expect(isMailable(address)).toBe(true);
  });

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
    `a@${'b'.repeat(64)}.com`,
    `a@${`${'ü'.repeat(50)}.`.repeat(5)}com`,
    // What the parser of URLs would make a domain of.
    'anna@example.com:80',
    'anna@example.com/path',
    'anna@example.com?query',
    'anna@example.com#part',
    'anna@ex%61mple.com',
    'anna@ex％61mple.com',
    'anna@ex\tample.com',
    'anna@example.com\\x',
    'anna@bücher.com:80',
    'anna@bücher.com/path',
    'anna@1.2.3',
    'anna@127.0.0.1',
    'anna@0x7f.1',
    'anna@１２７.0.0.1',
    'anna@[127.0.0.1]',
    // What DNS has no place for.
    'anna@example..com',
    'anna@.example.com',
    'anna@example.com.',
    'anna@-example.com',
    'anna@example-.com',
    'anna@xn--a.com',
    'anna@xn--example-.com',
    'anna@xn--.com',
    'anna@a!b.com',
    'anna@ü|b.com',
    // What nobody sees.
    'an\u200bna@example.com',
    'anna@exam\u00adple.com',
    'anna@exam\u200bple.com',
    'anna@نامه\u200cای.com',
    'anna\u2066@example.com',
    '\u202eanna@example.com',
    '\ufeffanna@example.com',
    'anna@example.com\ufeff',
    'an\u3164na@example.com',
    'an\u2800na@example.com',
    'an\u00a0na@example.com',
    'an\ufe0fna@example.com',
    'an\ud800na@example.com',
  ])('%j cannot', (address) => {
    expect(isMailable(address)).toBe(false);
  });

  it.each([
    ['anna@example.com', undefined],
    [' anna@münchen.example ', undefined],
    ['anna@example。com', undefined],
    ['anna', 'Enter an email address, such as you@example.com.'],
    ['anna@x', 'Enter the whole domain: “x” has no dot, and mail can’t reach it.'],
    ['anna@münchen', 'Enter the whole domain: “münchen” has no dot, and mail can’t reach it.'],
  ])('%j, typed by an operator, comes to: %s', (address, expected) => {
    expect(typedAddressProblem(address)).toBe(expected);
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

describe('the keys of version 0.1.0 for an address', () => {
  const spellings = (email: string, typed: string[] = []) =>
    formerSpellings(normalisedEmail(email), typed).toSorted();

  it('are none for a plain one', () => {
    expect(spellings('Anna@Example.com', ['anna@example.com', 'ANNA@example.com'])).toEqual([]);
  });

  it.each([
    'anna@bücher.example',
    nfd('anna@bücher.example'),
    nfd('josé@example.com'),
    nfd('josé@bücher.example'),
    'josé@bücher.example',
    `josé@${nfd('bücher')}.example`,
    `${nfd('josé')}@bücher.example`,
    `${nfd('josé')}@xn--bcher-kva.example`,
  ])('have %j among them, whatever it is spelled like now', (former) => {
    for (const one of [former, former.normalize('NFC'), normalisedEmail(former)]) {
      expect([normalisedEmail(one), ...spellings(one)]).toContain(former);
    }
  });

  it('have what was typed, as it was a key then', () => {
    const typed = [' Anna@ＥＸＡＭＰＬＥ.com', 'anna@example.com', 'bob@ｅｘａｍｐｌｅ.com'];
    expect(spellings('anna@example.com', typed)).toEqual(['anna@ｅｘａｍｐｌｅ.com']);
  });
});
