import { describe, expect, it } from 'vitest';
import { checkDraft, draftOf } from '#shared/audience/settings/draft.ts';
import {
  defaultSettings,
  isLanguage,
  isTimeZone,
  settingsSchema,
} from '#shared/audience/settings/settings.ts';

describe('the time zone and the language', () => {
  it('are UTC and English in a document of version 0.1.0', () => {
    const { timeZone: _, language: __, ...old } = defaultSettings;
    expect(settingsSchema.parse(old)).toEqual(defaultSettings);
  });

  it.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'])(
    'know the zone %s',
    (name) => expect(isTimeZone(name)).toBe(true),
  );
  it.each(['', '+02:00', 'Berlin', 'Europe/Nowhere', 'UTC; DROP', 'CEST'])(
    'know no zone %j',
    (name) => expect(isTimeZone(name)).toBe(false),
  );
  it.each(['en', 'en-GB', 'de', 'pt-BR', 'zh-Hant-TW'])('know the language %s', (tag) =>
    expect(isLanguage(tag)).toBe(true),
  );
  it.each(['', 'english', 'e', 'en_GB', 'xx', 'de DE', 'a'.repeat(40)])(
    'know no language %j',
    (tag) => expect(isLanguage(tag)).toBe(false),
  );

  it.each(['en-u-ca-hebrew', 'ar-u-nu-arab', 'de-x-ours', 'en-t-ja-latn'])(
    'are not saved with an extension, as in %s, but read where they were',
    (language) => {
      const draft = { ...draftOf(defaultSettings), language };
      expect(checkDraft(draft, 1)).toEqual({
        kind: 'invalid',
        problems: { language: expect.stringContaining('without extensions') },
      });
      expect(settingsSchema.parse({ ...defaultSettings, language })).toMatchObject({ language });
    },
  );

  it('are kept as they were typed, without spaces around them', () => {
    const draft = { ...draftOf(defaultSettings), timeZone: ' Europe/Berlin ', language: 'de' };
    expect(checkDraft(draft, 7)).toEqual({
      kind: 'valid',
      settings: {
        ...defaultSettings,
        postalAddress: null,
        version: 7,
        timeZone: 'Europe/Berlin',
        language: 'de',
      },
    });
  });

  it('are refused with a sentence, each at its place', () => {
    const draft = { ...draftOf(defaultSettings), timeZone: 'Berlin', language: 'english' };
    expect(checkDraft(draft, 1)).toEqual({
      kind: 'invalid',
      problems: {
        timeZone: expect.stringContaining('Europe/Berlin'),
        language: expect.stringContaining('pt-BR'),
      },
    });
  });
});

describe('the most emails a day', () => {
  it('are ten in a document of version 0.1.0', () => {
    const { dailyLimit: _, ...old } = defaultSettings;
    expect(settingsSchema.parse(old)).toMatchObject({ dailyLimit: 10 });
  });

  it.each([
    [' 1 ', 1],
    ['250', 250],
    ['1000', 1_000],
  ])('are saved from %j as the number %i', (dailyLimit, number) => {
    const draft = { ...draftOf(defaultSettings), dailyLimit };
    expect(checkDraft(draft, 1)).toMatchObject({ settings: { dailyLimit: number } });
  });

  it.each(['', '0', '-1', '1.5', '1001', '1e2', 'ten', '010'])('cannot be %j', (dailyLimit) => {
    const draft = { ...draftOf(defaultSettings), dailyLimit };
    expect(checkDraft(draft, 1)).toEqual({
      kind: 'invalid',
      problems: { dailyLimit: 'It must be a whole number from 1 to 1000.' },
    });
  });
});
