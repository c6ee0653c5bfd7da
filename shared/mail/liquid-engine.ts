import { Liquid } from 'liquidjs';
import { escapeHtml, oneLine } from '#shared/safe-text.ts';

const allowedTarget = /^(?:https?:\/\/|mailto:)[^\s\p{Cc}\\]+$/iu;

/**
 * A value that is a whole link target. Anything but a plain http, https or mailto address becomes `#`, which leads
 * nowhere: no script, no data, no user name before the host that makes it look like another.
 */
function wholeUrl(value: unknown): string {
  const target = typeof value === 'string' ? value : '';
  if (!allowedTarget.test(target) || !URL.canParse(target)) return '#';
  const { username, password } = new URL(target);
  return username || password ? '#' : target.toWellFormed();
}

/** A value inside a path or a query, percent-encoded. `@` stays, so that `mailto:` takes it. */
function urlPart(value: unknown): string {
  return encodeURIComponent(oneLine(value))
    .replaceAll('%40', '@')
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** No file is ever read (no include, render, layout) and nothing escapes the escaping (no capture, echo, raw, cycle). */
export const availableTags = ['if', 'unless', 'case', 'for', 'assign', 'comment', '#'] as const;

/** None of these marks its result as safe HTML, so that every output is escaped. */
export const availableFilters: readonly string[] = [
  ...[
    'default',
    'date',
    'day',
    'day_and_time',
    'append',
    'prepend',
    'capitalize',
    'upcase',
    'downcase',
  ],
  ...['strip', 'truncate', 'truncatewords', 'replace', 'replace_first', 'remove', 'remove_first'],
  ...['slice', 'split', 'join', 'first', 'last', 'size', 'url_encode'],
  ...['plus', 'minus', 'times', 'divided_by', 'modulo', 'round', 'floor', 'ceil', 'abs'],
  ...['at_least', 'at_most'],
];

const options = {
  strictFilters: true,
  strictVariables: true,
  lenientIf: true,
  ownPropertyOnly: true,
  templates: {},
  // Those of the shop come with each email, see `renderEmail`.
  timezoneOffset: 'UTC',
  locale: 'en',
  parseLimit: 400_000,
  memoryLimit: 1_000_000,
  /** Only a backstop: what a template may make is bounded by the memory limit and the size of its output. */
  renderLimit: 2_000,
};

/** What a template's author may use, and nothing else. */
export const authorEngine = engine(printed);

/** Runs the compiled HTML part: every output is one line of escaped text. */
export const htmlEngine = engine((value) => escapeHtml(printed(value)));
htmlEngine.registerFilter('whole_url', {
  raw: true,
  handler: (value: unknown) => escapeHtml(wholeUrl(value)),
});
htmlEngine.registerFilter('url_part', {
  raw: true,
  handler: (value: unknown) => escapeHtml(urlPart(value)),
});

/** Runs the compiled subject and plain-text part: every output is one line, and nothing is escaped. */
export const textEngine = engine(printed);
textEngine.registerFilter('whole_url', wholeUrl);
textEngine.registerFilter('url_part', urlPart);

/** Liquid lets a missing value be assigned; it is found out when it is printed. */
export const nothingToPrint = 'A value that is assigned and printed is missing and has no default.';

function printed(value: unknown): string {
  if (value === undefined || value === null) throw new Error(nothingToPrint);
  return oneLine(value);
}

function engine(outputEscape: (value: unknown) => string): Liquid {
  const liquid = new Liquid({ ...options, outputEscape });
  keepOnly(liquid.tags, availableTags);
  liquid.registerFilter('day', function (value) {
    return writtenDay(value, this.context.opts, dayFormat);
  });
  liquid.registerFilter('day_and_time', function (value) {
    return writtenDay(value, this.context.opts, timeFormat);
  });
  keepOnly(liquid.filters, availableFilters);
  return liquid;
}

const dayFormat = { year: 'numeric', month: 'long', day: 'numeric' } as const;
const timeFormat = {
  ...dayFormat,
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
  timeZoneName: 'short',
} as const;

/**
 * An instant as a day of the shop, in the way of its language. The hour comes with the name of the zone; a day only
 * while the shop has chosen none, for it is another one elsewhere. What is no instant stays as it is.
 */
function writtenDay(
  value: unknown,
  { locale, timezoneOffset }: Liquid['options'],
  format: typeof dayFormat | typeof timeFormat,
): unknown {
  const date = new Date(typeof value === 'string' ? value : Number.NaN);
  if (Number.isNaN(date.getTime())) return value;
  const written = formatFor(locale, String(timezoneOffset), format);
  const isUtc = written.resolvedOptions().timeZone === 'UTC';
  return format === dayFormat && isUtc ? `${written.format(date)} (UTC)` : written.format(date);
}

/** Made when first needed: making one takes longer than writing a hundred days. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatFor(language: string, timeZone: string, options: Intl.DateTimeFormatOptions) {
  const key = `${language} ${timeZone} ${options.hour}`;
  const known = formats.get(key);
  if (known) return known;
  const format = new Intl.DateTimeFormat(language, { ...options, timeZone });
  formats.set(key, format);
  return format;
}

function keepOnly(registry: Record<string, unknown>, names: readonly string[]): void {
  for (const name of Object.keys(registry)) if (!names.includes(name)) delete registry[name];
}
