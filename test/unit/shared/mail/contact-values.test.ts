import { describe, expect, it } from 'vitest';
import { splitName } from '#shared/audience/person/name.ts';
import { contactSchema } from '#shared/audience/person/person.ts';
import { contactValues, isNameLeftOut, whyNameLeftOut } from '#shared/mail/contact-values.ts';

function contactNamed(name: string) {
  const at = '2026-11-23T11:59:00.000Z';
  return contactSchema.parse({
    contactId: 'contact-1',
    email: 'ann@example.com',
    address: 'Ann@example.com',
    externalId: 'user.42',
    userGroup: 'buyers.of',
    source: 'Polar webhook',
    consent: {},
    subscribed: true,
    createdAt: at,
    updatedAt: at,
    ...splitName(name),
  });
}

const rest = { email: 'Ann@example.com', externalId: 'user.42', userGroup: 'buyers.of' };

describe('what templates know of a contact', () => {
  it.each([
    ...['Ada', 'Ada Lovelace', 'J.R.R. Tolkien', 'J.R.R.Tolkien', 'A.B. Yehoshua', 'St. John'],
    ...["Jean-Luc O'Neil", 'Conan O’Brien Jr.', 'Müller-Lüdenscheidt', 'St.John', 'Jean.Martin'],
    ...['Anna Schmidt, M.Sc.', 'Ravi Kumar B.Com', 'Wm. H. Gates III'],
    ...['María José Carreño Quiñones', 'Nguyễn Thị Minh Khai', 'Þórður', 'Łukasz', 'Ma. Theresa'],
    ...['А.С. Пушкин', 'А.С.Пушкин', 'Лев Толстой', 'א.ב. יהושע', 'محمد بن عبد الله', 'علی‌رضا'],
    ...[
      '山田 太郎',
      '列夫·托尔斯泰',
      'マリア・ガルシア',
      '김민준',
      'எம்.ஜி.ராமச்சந்திரன்',
      'नरेन्द्र मोदी',
    ],
    ...[
      '👩‍👩‍👧‍👦 Family',
      'Agent 007',
      'Smith & Sons Inc.',
      'AC/DC',
      'Ann (Annie) Lee',
      'Louis XIV.',
    ],
    'a'.repeat(40),
    'محمد عبد الرحمن بن خالد آل سعود',
    'Maria del Carmen de la Fuente Garcia',
  ])('has the name %s', (name) => {
    expect(contactValues(contactNamed(name))).toEqual({ ...splitName(name), name, ...rest });
  });

  it.each([
    ...['Win a prize http://evil.example', 'evil.com', 'Ann evil.com', 'https://evil.example Ann'],
    ...[
      'Visit EVIL.COM now',
      'evil.com/prize',
      'evil.com.',
      '(evil.com)',
      'Ann,evil.com!',
      'a.b.evil.co.uk',
    ],
    ...[
      'www.evil',
      'WWW2.evil',
      'ann@evil',
      'ann@evil.example',
      'mailto:ann',
      'tel:123',
      'javascript:x',
    ],
    ...['evil.com\u200BAnn', 'evil.com\u2060Ann', 'evil.com\u00ADAnn', 'evil.com①', 'evil.com™'],
    ...[
      'evil.com-',
      'evil.com-Ann',
      'evil.com_Ann',
      'evil.com您好',
      'evil.comПриз',
      'evil.com\u0338',
    ],
    ...[
      '555\u2011123\u20114567',
      '555–123–4567',
      '555·123·4567',
      '٥٥٥١٢٣٤',
      'skype:ann',
      '\\\\evil\\x',
    ],
    ...['ev\u200Bil.com', 'evil\u00AD.com', 'evil.\u2060com', 'evil.c\u202Eom', 'evil\uFE0F.com'],
    ...['ｅｖｉｌ．ｃｏｍ', 'evil。com', 'evil｡com', 'evil\u2024com', 'evil．com', '𝐞𝐯𝐢𝐥.𝐜𝐨𝐦'],
    ...['пример.рф', '例子.中国', 'evil.xn--p1ai', 'müller.de', 'my-shop_1.shop', 't.me', 'x.com'],
    ...['192.0.2.1', 'Call +1 (800) 555-0199', '18005550199', '0800/555 01 99'],
    'a'.repeat(41),
    ...['8OO-555-OI99', 'Call 8OO-555-OI99', 'You won a free iphone today', '<b>Ann</b> Lee'],
    ...['Your Account Is Locked Call Us', 'Pay now!', '🎁🎁🎁', '12 34', '$100 Ann'],
  ])('leaves %s out, so that a default takes its place', (name) => {
    expect(contactValues(contactNamed(name))).toEqual(rest);
  });
});

describe('the names in a mail', () => {
  it.each([
    ['Dr. Jane Doe', { firstName: 'Jane', lastName: 'Doe', name: 'Jane Doe' }],
    ["Dr. Jean-Luc O'Neil", { firstName: 'Jean-Luc', lastName: "O'Neil", name: "Jean-Luc O'Neil" }],
    ['Doe, Jane', { firstName: 'Jane', lastName: 'Doe', name: 'Jane Doe' }],
    ['Dr. Doe', { lastName: 'Doe', name: 'Doe' }],
    [
      'Doe, Jane, Acme Corp',
      { firstName: 'Doe', lastName: 'Jane, Acme Corp', name: 'Doe Jane, Acme Corp' },
    ],
    ['J.Kim', { firstName: 'Kim', name: 'Kim' }],
    ['Jane J.Kim', { firstName: 'Jane', lastName: 'Kim', name: 'Jane Kim' }],
    ['\u200b\u200b', {}],
    ['\u2800', {}],
  ])('of %j are %j', (name, names) => {
    const contact = { ...contactNamed(name), customerId: 'customer-1' };
    expect(contactValues(contact)).toEqual({ ...names, ...rest });
  });

  it.each([
    [{ firstName: 'Doe,', lastName: 'Jane' }, 'Jane'],
    [{ firstName: 'Dr.', lastName: 'Jane Doe' }, 'Jane'],
    [{ firstName: '\u200b\u200b' }, undefined],
  ])('of %j, which an older version wrote, begin with %s', (names, firstName) => {
    const contact = { ...contactNamed(''), customerId: 'customer-1', ...names };
    expect(contactValues(contact).firstName).toBe(firstName);
  });

  it('are what a person typed, where one did', () => {
    const byHand = { firstName: 'Mary Ann', lastName: 'Smith' };
    const contact = { ...contactNamed(''), customerId: 'customer-1', byHand, ...byHand };
    expect(contactValues(contact)).toMatchObject({ ...byHand, name: 'Mary Ann Smith' });
  });
});

it.each([
  ['', undefined],
  ['Ada Lovelace', undefined],
  ['evil.com', 'no-name'],
  ['a'.repeat(40), undefined],
  ['a'.repeat(41), 'too-long'],
  ['🦄'.repeat(41), 'too-long'],
  ['ا ب ت ث ج ح خ د', undefined],
  ['ا ب ت ث ج ح خ د ذ', 'no-name'],
  ['Come And Get Your Money Now', 'no-name'],
])('the name “%s” is left out, if it is, because it is %s', (name, why) => {
  expect(whyNameLeftOut(contactNamed(name))).toBe(why);
  expect(isNameLeftOut(contactNamed(name))).toBe(why !== undefined);
});
