import { isHeaderAddress } from '#shared/audience/person/address.ts';
import {
  defaultSettings,
  isLanguage,
  isTimeZone,
  type Settings,
  type SettingsDocument,
} from './settings.ts';

/** Everything that can be said of a brand, in the order in which people read it. */
export const brandFields = [
  'name',
  'logo',
  'logoDark',
  'logoAlt',
  'accent',
  'website',
  'supportAddress',
  'portalUrl',
  'footer',
  'postalAddress',
  'timeZone',
  'language',
] as const;
export type BrandField = (typeof brandFields)[number];

/**
 * In whose name mails and the unsubscribe page speak. All of it may be missing: they are whole without any. A field of
 * `formerSettings` may be an empty text: there is to be none, whatever the settings say.
 */
export type Brand = { readonly [field in BrandField]?: string };

/** What was kept in the settings before the brand had it. What is there counts until the brand has its own. */
export const formerSettings = ['postalAddress', 'timeZone', 'language'] as const;
export type FormerSetting = (typeof formerSettings)[number];

export function isFormerSetting(name: string): name is FormerSetting {
  return formerSettings.some((field) => field === name);
}

/** The settings with what the brand has of its own: what mails are judged and written by. */
export function settingsOfMails(settings: Settings, brand: Brand): Settings {
  const { postalAddress, timeZone, language } = brand;
  return {
    ...settings,
    ...(postalAddress !== undefined && { postalAddress: postalAddress || null }),
    ...(timeZone !== undefined && { timeZone: timeZone || defaultSettings.timeZone }),
    ...(language !== undefined && { language: language || defaultSettings.language }),
  };
}

/** The brand with what it has of the settings until it has its own. */
export function wholeBrand(brand: Brand, settings: Settings): Brand {
  const { postalAddress, timeZone, language } = settingsOfMails(settings, brand);
  return { ...brand, postalAddress: postalAddress ?? '', timeZone, language };
}

/** What is wrong with a value; `field` is a path for people. */
type BrandFault = Readonly<{ path: BrandField; problem: string }>;

const longestBrandText = { name: 100, logoAlt: 100, footer: 300 } as const;
export const longestPostalAddress = 500;
const longestUrl = 1_000;

export function isBrandField(name: string): name is BrandField {
  return brandFields.some((field) => field === name);
}

/** A text as it is kept: without white space around it, a colour in six lower-case digits; only an address has lines. */
export function cleanBrandText(field: BrandField, text: string): string {
  if (field === 'postalAddress') return cleanLines(text);
  const line = text
    .replace(/[\s\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .toWellFormed();
  if (field !== 'accent') return line;
  const short = /^#?([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(line);
  const digits = short
    ? short
        .slice(1)
        .map((digit) => digit + digit)
        .join('')
    : line.replace(/^#/, '');
  return /^[0-9a-f]{6}$/i.test(digits) ? `#${digits.toLowerCase()}` : line;
}

function cleanLines(text: string): string {
  const lines = text.split(/\r\n|[\n\r\p{Zl}\p{Zp}]/u);
  return lines
    .map((line) => line.replace(/[\s\p{Cc}]+/gu, ' ').trim())
    .join('\n')
    .trim()
    .toWellFormed();
}

/** What is wrong with a clean text, as a sentence; an empty one is none, and right. */
export function brandProblem(field: BrandField, text: string): string | undefined {
  if (text === '') return undefined;
  switch (field) {
    case 'name':
    case 'logoAlt':
    case 'footer': {
      const longest = longestBrandText[field];
      return text.length > longest
        ? `It has at most ${longest} characters; this one has ${text.length}.`
        : undefined;
    }
    case 'logo':
    case 'logoDark':
      return urlProblem(text) ?? (/\.svg(?:[?#]|$)/i.test(text) ? noSvg : undefined);
    case 'website':
    case 'portalUrl':
      return urlProblem(text);
    case 'supportAddress':
      return isHeaderAddress(text)
        ? undefined
        : 'It must be one address, such as support@example.com.';
    case 'accent':
      return accentProblem(text);
    case 'postalAddress':
      return text.length > longestPostalAddress
        ? `A postal address has at most ${longestPostalAddress} characters; this one has ${text.length}.`
        : undefined;
    case 'timeZone':
      return writingProblem('time-zone', text);
    case 'language':
      return writingProblem('language', text);
  }
}

/** What is wrong with the name of a time zone or a language, if anything. */
export function writingProblem(kind: 'time-zone' | 'language', text: string): string | undefined {
  if (kind === 'time-zone') {
    return isTimeZone(text)
      ? undefined
      : 'A time zone is a name such as UTC, Europe/Berlin or America/New_York.';
  }
  return isLanguage(text) && !hasExtension(text)
    ? undefined
    : 'A language is a tag such as en, en-GB, de or pt-BR, without extensions such as -u- or -x-.';
}

/** It would choose another calendar, other digits or the like. */
function hasExtension(tag: string): boolean {
  return /-[a-z\d]-/i.test(tag);
}

const noSvg =
  'Gmail and Outlook show no SVG: use a PNG, twice as large as it is shown (56 pixels high).';

function urlProblem(text: string): string | undefined {
  const isPlain = /^https:\/\/[^\s"'<>\\^`{|}]+$/i.test(text) && URL.canParse(text);
  const url = isPlain ? new URL(text) : undefined;
  // Its host goes into headers that are lists.
  if (!url || url.username || url.password || !/^[\w.-]+$/.test(url.hostname)) {
    return 'It must be a whole https address, such as https://example.com.';
  }
  return text.length > longestUrl ? `It has at most ${longestUrl} characters.` : undefined;
}

/** Below this a button can hardly be told from the white card it is on. */
const leastFromWhite = 1.25;

function accentProblem(text: string): string | undefined {
  if (!/^#[0-9a-f]{6}$/.test(text)) return 'It must be a color in six digits, such as #e4572e.';
  return contrast(text, '#ffffff') < leastFromWhite
    ? 'It is so light that a button could not be told from the white card. Choose a darker color.'
    : undefined;
}

/** The lowest contrast at which text of the usual size can be read (WCAG 2, AA). One of black and white always has it. */
const readable = 4.5;

/** The colour of text on a colour: white where it can be read on it, otherwise black. */
export function textOn(colour: string): '#ffffff' | '#000000' {
  return contrast(colour, '#ffffff') >= readable ? '#ffffff' : '#000000';
}

/** How text on an accent is written, for whoever chooses it. */
export function accentNote(accent: string): string {
  const ratio = contrast(accent, textOn(accent)).toFixed(1);
  return textOn(accent) === '#ffffff'
    ? `Text on it is white, which can be read well (${ratio} to 1).`
    : `White text on it would be unreadable (${contrast(accent, '#ffffff').toFixed(1)} to 1, and 4.5 is needed), so text on it is black (${ratio} to 1).`;
}

/** The contrast of two colours in six digits, from 1 to 21, as WCAG 2 reckons it. */
export function contrast(one: string, other: string): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The brand in a stored document, and what is wrong with the rest of it: mails leave that out and go on. */
export function readBrand(document: SettingsDocument): {
  brand: Brand;
  faults: readonly BrandFault[];
} {
  const stored = valuesIn(document);
  const faults: BrandFault[] = [];
  const brand: { [field in BrandField]?: string } = {};
  for (const field of brandFields) {
    const value = stored[field];
    if (value === '' && isFormerSetting(field)) brand[field] = '';
    if (value === undefined || value === null || value === '') continue;
    const problem =
      typeof value !== 'string' || cleanBrandText(field, value) !== value
        ? 'It is not as it would be saved.'
        : brandProblem(field, value);
    if (problem === undefined && typeof value === 'string') brand[field] = value;
    else faults.push({ path: field, problem: problem ?? '' });
  }
  return { brand, faults };
}

function valuesIn({ values }: SettingsDocument): Readonly<Record<string, unknown>> {
  return typeof values === 'object' && values !== null ? { ...values } : {};
}

/** A brand as it is stored; its fields are inside, because the items of table Settings have a name already. */
export function brandDocument(brand: Brand): SettingsDocument {
  const isKept = (field: BrandField) =>
    isFormerSetting(field) ? brand[field] !== undefined : Boolean(brand[field]);
  const set = brandFields.filter(isKept).map((field) => [field, brand[field]]);
  return { values: Object.fromEntries(set) };
}

/** A document, valid or not, with what it has of the settings until it has its own: what is to be compared. */
export function wholeDocument(
  document: SettingsDocument,
  { postalAddress, timeZone, language }: Settings,
): SettingsDocument {
  const values = { postalAddress: postalAddress ?? '', timeZone, language, ...valuesIn(document) };
  return { ...document, values };
}

/** The fields that differ between two documents, whatever is in them. */
export function brandChanges(
  before: SettingsDocument,
  after: SettingsDocument,
): readonly Readonly<{ path: BrandField; from: string; to: string }>[] {
  const [from, to] = [valuesIn(before), valuesIn(after)];
  return brandFields.flatMap((field) => {
    const [was, is] = [textIn(from, field), textIn(to, field)];
    return was === is ? [] : [{ path: field, from: was, to: is }];
  });
}

function textIn(values: Readonly<Record<string, unknown>>, field: BrandField): string {
  const value = values[field];
  if (value === undefined && isFormerSetting(field)) return 'not set';
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

type CheckedBrand =
  | { kind: 'valid'; brand: Brand }
  /** A sentence for each field that is wrong. */
  | { kind: 'invalid'; problems: Readonly<Record<string, string>> };

/** The brand that typed texts make, or everything that is wrong with them. An empty text is none, whatever the settings have. */
export function checkBrand(typed: Readonly<Record<string, string>>): CheckedBrand {
  const brand: { [field in BrandField]?: string } = {};
  const problems: Record<string, string> = {};
  for (const field of brandFields) {
    const text = cleanBrandText(field, typed[field] ?? '');
    const problem = brandProblem(field, text);
    if (problem) problems[field] = problem;
    if (text !== '' || (isFormerSetting(field) && typed[field] !== undefined)) brand[field] = text;
  }
  return Object.keys(problems).length > 0
    ? { kind: 'invalid', problems }
    : { kind: 'valid', brand };
}
