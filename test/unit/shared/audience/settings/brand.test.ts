import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accentNote,
  type Brand,
  type BrandField,
  brandChanges,
  brandDocument,
  checkBrand,
  cleanBrandText,
  contrast,
  readBrand,
  settingsOfMails,
  textOn,
  wholeBrand,
} from '#shared/audience/settings/brand.ts';
import { defaultSettings, type Settings } from '#shared/audience/settings/settings.ts';

/** What settings of before say. */
const old = { postalAddress: 'Old', timeZone: 'Europe/Oslo', language: 'nb' };

describe('a brand', () => {
  it.each([
    ['accent', ' E4572E ', '#e4572e'],
    ['accent', '#FA0', '#ffaa00'],
    ['accent', 'red', 'red'],
    ['name', '  Northlight\n  AB\u0000 ', 'Northlight AB'],
  ] as const)('keeps the %s %j as %j', (field, typed, kept) => {
    expect(cleanBrandText(field, typed)).toBe(kept);
  });

  it('keeps the lines of a postal address', () => {
    expect(cleanBrandText('postalAddress', ' Shop\u0000 AB\r\n Street 1 \u2028Oslo\n\n')).toBe(
      'Shop AB\nStreet 1\nOslo',
    );
  });

  it.each<[string, Brand, Partial<Settings>]>([
    ['nothing', {}, old],
    ['an address', { postalAddress: 'New' }, { ...old, postalAddress: 'New' }],
    ['no address on purpose', { postalAddress: '' }, { ...old, postalAddress: null }],
    ['a time zone', { timeZone: 'Asia/Tokyo' }, { ...old, timeZone: 'Asia/Tokyo' }],
    [
      'neither zone nor language on purpose',
      { timeZone: '', language: '' },
      { ...old, timeZone: 'UTC', language: 'en' },
    ],
  ])('with %s of its own leaves the rest as the settings have it', (_, brand, counts) => {
    const settings = { ...defaultSettings, ...old };
    const stored = readBrand(brandDocument(brand)).brand;
    expect(stored).toEqual(brand);
    expect(settingsOfMails(settings, stored)).toEqual({ ...settings, ...counts });
    expect(settingsOfMails(settings, wholeBrand(stored, settings))).toEqual({
      ...settings,
      ...counts,
    });
  });

  it('that a hand broke counts as none, so that mails go by the settings', () => {
    const { brand, faults } = readBrand({ values: { timeZone: 'Mars/Base', postalAddress: null } });
    expect(faults.map(({ path }) => path)).toEqual(['timeZone']);
    expect(settingsOfMails({ ...defaultSettings, ...old }, brand)).toMatchObject(old);
  });

  it('takes what fits, and none for what is empty', () => {
    const typed = {
      name: 'Northlight',
      logo: 'https://example.com/logo.png?v=2',
      accent: '#e4572e',
      supportAddress: 'help@northlight.example',
      website: '',
    };
    const { website: _, ...brand } = typed;
    expect(checkBrand(typed)).toEqual({ kind: 'valid', brand });
  });

  it.each<[BrandField, string, RegExp]>([
    ['name', 'x'.repeat(101), /at most 100 characters; this one has 101/],
    ['footer', 'x'.repeat(301), /at most 300/],
    ['logo', 'http://example.com/logo.png', /whole https address/],
    ['logo', 'https://example.com/logo.svg', /no SVG/],
    ['logo', 'https://example.com;script-src/logo.png', /whole https address/],
    ['logo', 'https://example.com,other/logo.png', /whole https address/],
    ['logoDark', 'https://user:pass@example.com/logo.png', /whole https address/],
    ['website', 'javascript:alert(1)', /whole https address/],
    ['website', 'https://example.com/"onclick="x', /whole https address/],
    ['portalUrl', 'https://example.com/{{x}}', /whole https address/],
    ['portalUrl', 'example.com', /whole https address/],
    ['supportAddress', 'help', /one address/],
    ['supportAddress', 'help@northlight', /one address/],
    ['supportAddress', 'a@example.com,b@example.com', /one address/],
    ['accent', 'red', /six digits/],
    ['accent', '#000;background:url(https://evil.example)', /six digits/],
    ['accent', '#fffbe0', /so light that a button/],
  ])('refuses the %s %j with a sentence', (field, typed, sentence) => {
    const checked = checkBrand({ [field]: typed });
    expect(checked).toEqual({
      kind: 'invalid',
      problems: { [field]: expect.stringMatching(sentence) },
    });
  });

  it('is read without what is wrong in a document that a hand edited, which is told', () => {
    const stored = { version: 3, values: { name: 'Shop', accent: 'red"', logo: 7, other: 'x' } };
    const { brand, faults } = readBrand(stored);
    expect(brand).toEqual({ name: 'Shop' });
    expect(faults.map(({ path }) => path)).toEqual(['logo', 'accent']);
  });

  it.each([{}, { values: null }, { values: 'x' }, { values: [] }])('of %j is none', (stored) => {
    expect(readBrand(stored)).toEqual({ brand: {}, faults: [] });
  });

  it('tells what a version changed', () => {
    const before = brandDocument({ name: 'Shop', accent: '#000000' });
    const after = brandDocument({ name: 'Northlight', footer: 'Hi' });
    expect(brandChanges(before, after)).toEqual([
      { path: 'name', from: 'Shop', to: 'Northlight' },
      { path: 'accent', from: '#000000', to: '' },
      { path: 'footer', from: '', to: 'Hi' },
    ]);
  });

  it('tells a time zone that was never set from one that was made empty', () => {
    const [never, empty, set] = [{}, { timeZone: '' }, { timeZone: 'UTC' }].map(brandDocument);
    expect(brandChanges(never ?? {}, set ?? {})).toEqual([
      { path: 'timeZone', from: 'not set', to: 'UTC' },
    ]);
    expect(brandChanges(never ?? {}, empty ?? {})).toEqual([
      { path: 'timeZone', from: 'not set', to: '' },
    ]);
  });
});

describe('text on an accent', () => {
  // Of WebAIM's contrast checker.
  it.each([
    ['#ffffff', '#000000', 21],
    ['#777777', '#ffffff', 4.48],
    ['#1d4ed8', '#ffffff', 6.7],
    ['#e4572e', '#ffffff', 3.68],
  ])('has the contrast that WCAG reckons: %s on %s', (one, other, ratio) => {
    expect(contrast(one, other)).toBeCloseTo(ratio, 1);
  });

  it('can be read on every colour', () => {
    const colour = fc
      .integer({ min: 0, max: 0xffffff })
      .map((n) => `#${n.toString(16).padStart(6, '0')}`);
    fc.assert(
      fc.property(colour, (one) => {
        expect(contrast(one, textOn(one))).toBeGreaterThanOrEqual(4.5);
      }),
    );
  });

  it('is said to be black where white would be unreadable', () => {
    expect(accentNote('#e4572e')).toMatch(/^White text on it would be unreadable \(3\.7 to 1/);
    expect(accentNote('#1d4ed8')).toMatch(/^Text on it is white/);
  });
});
