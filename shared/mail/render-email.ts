import {
  Context,
  type Emitter,
  type Liquid,
  LiquidError,
  type Template,
  toValueSync,
} from 'liquidjs';
import { defaultSettings, type Writing } from '#shared/audience/settings/settings.ts';
import type { CompiledEmail } from '#shared/audience/workflow.ts';
import { type EventProperties, withFormattedAmounts } from '#shared/polar/event-properties.ts';
import { oneLine } from '#shared/safe-text.ts';
import type { ContactVariable } from './event-variables.ts';
import { inPresentLayout, type Letterhead, letterheadScope } from './layout.ts';
import { htmlEngine, nothingToPrint, textEngine } from './liquid-engine.ts';
import type { SubscriptionValues } from './subscription-variables.ts';

export type EmailVariables = Readonly<{
  contact: { readonly [name in ContactVariable]?: string | undefined };
  event: EventProperties & Readonly<{ portalUrl?: string | undefined }>;
  /** The subscription of the event as it is now. */
  subscription?: SubscriptionValues;
  /** Whether the contact has a name that `contact` leaves out. */
  isNameLeftOut?: boolean;
}>;

/** What marketing mail ends with; absent in transactional mail. */
export type Footer = Readonly<{ unsubscribeUrl: string; postalAddress: string }>;

export type RenderedEmail =
  | { kind: 'rendered'; subject: string; html: string; text: string }
  | { kind: 'blocked'; reason: string };

const longestSubject = 200;
const longestPart = 500_000;
const names: readonly string[] = ['contact.firstName', 'contact.lastName', 'contact.name'];

/**
 * Puts values into a compiled email. Values are text: they never become HTML, Liquid or a header. What cannot be
 * rendered, or not within bounds, is blocked with a reason that holds no values. What was read of a compiled email is
 * kept as long as the object lives. Without a letterhead, as in tests, it says nothing of its sender.
 */
export function renderEmail(
  compiled: CompiledEmail,
  variables: EmailVariables,
  footer: Footer | undefined,
  writing: Writing = defaultSettings,
  letterhead?: Letterhead,
): RenderedEmail {
  try {
    const templates = templatesOf(compiled);
    const scope = scopeOf(variables, footer, writing, letterhead);
    const subject = shortened(oneLine(run(textEngine, templates.subject, scope, writing)));
    if (subject === '') return { kind: 'blocked', reason: 'The subject is empty.' };
    const text = tidied(run(textEngine, templates.text, scope, writing));
    if (text === '\n' || text.startsWith('-- \n')) {
      return { kind: 'blocked', reason: 'The body is empty.' };
    }
    const html = run(htmlEngine, templates.html, scope, writing);
    return { kind: 'rendered', subject, html, text };
  } catch (error) {
    return { kind: 'blocked', reason: reasonOf(error, variables) };
  }
}

type Titled = Readonly<{
  compiled: Pick<CompiledEmail, 'subject'>;
  variables: EmailVariables;
  writing: Writing;
  letterhead: Letterhead;
}>;

/**
 * Renders subjects alone, one after another, all of them together within so many milliseconds: `undefined` is one that
 * cannot be rendered, or whose turn came too late.
 */
export function subjectsWithin(limitMs: number): (titled: Titled) => string | undefined {
  const endsAt = performance.now() + limitMs;
  return ({ compiled, variables, writing, letterhead }) => {
    const leftMs = endsAt - performance.now();
    if (leftMs <= 0) return undefined;
    try {
      const scope = scopeOf(variables, undefined, writing, letterhead);
      const templates = textEngine.parse(compiled.subject);
      const subject = run(textEngine, templates, scope, writing, leftMs);
      return shortened(oneLine(subject)) || undefined;
    } catch (error) {
      // Throws what the template is not to blame for.
      reasonOf(error, variables);
      return undefined;
    }
  };
}

function scopeOf(
  { contact, event, subscription = {} }: EmailVariables,
  footer: Footer | undefined,
  { language }: Writing,
  letterhead: Letterhead | undefined,
) {
  return {
    contact: present(contact),
    event: present(withFormattedAmounts(event, language)),
    subscription: present(subscription),
    ...(footer && { footer: footerScope(footer) }),
    ...(letterhead && { brand: letterheadScope(letterhead, footer !== undefined) }),
  };
}

type Templates = Readonly<Record<keyof CompiledEmail, Template[]>>;
const kept = new WeakMap<CompiledEmail, Templates>();

function templatesOf(compiled: CompiledEmail): Templates {
  const known = kept.get(compiled);
  if (known) return known;
  const { subject, html, text } = inPresentLayout(compiled);
  const templates = {
    subject: textEngine.parse(subject),
    html: htmlEngine.parse(html),
    text: textEngine.parse(text),
  };
  kept.set(compiled, templates);
  return templates;
}

/** An empty value is no value: `default` takes its place. */
function present(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).filter(
      ([, value]) => value !== undefined && value !== null && oneLineOrOther(value) !== '',
    ),
  );
}

const oneLineOrOther = (value: unknown) => (typeof value === 'string' ? oneLine(value) : value);

function footerScope({ unsubscribeUrl, postalAddress }: Footer) {
  const lines = postalAddress.split('\n').filter((line) => line.trim() !== '');
  return { unsubscribeUrl, lines };
}

function run(
  engine: Liquid,
  templates: Template[],
  scope: object,
  { timeZone, language }: Writing,
  renderLimit = engine.options.renderLimit,
): string {
  const locale = inGregorian(language);
  const options = { ...engine.options, timezoneOffset: timeZone, locale, renderLimit };
  const context = new Context(scope, options, { sync: true }, { liquid: engine });
  const emitter = boundedEmitter();
  toValueSync(engine.renderer.renderTemplates(templates, context, emitter));
  return emitter.buffer;
}

/** Some languages would write days in a calendar of their own, while Polar writes those of all others in this one. */
function inGregorian(language: string): string {
  return new Intl.Locale(language, { calendar: 'gregory' }).toString();
}

const tooLong = 'The email is too long.';

/** Liquid's own limits do not count what a template prints. */
function boundedEmitter(): Emitter {
  return {
    buffer: '',
    write(part: unknown) {
      this.buffer += typeof part === 'string' ? part : oneLine(part);
      if (this.buffer.length > longestPart) throw new Error(tooLong);
    },
  };
}

function shortened(subject: string): string {
  const characters = [...subject];
  if (characters.length <= longestSubject) return subject;
  return `${characters
    .slice(0, longestSubject - 1)
    .join('')
    .trimEnd()}…`;
}

/** Conditions that do not hold leave empty lines behind. `-- ` keeps its space: programs know a signature by it. */
function tidied(text: string): string {
  const lines = text.split('\n').map((line) => (line === '-- ' ? line : line.trimEnd()));
  return `${lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()}\n`;
}

function reasonOf(error: unknown, variables: EmailVariables): string {
  const message = error instanceof Error ? error.message : '';
  const missing = /^undefined variable: ([^,]+)/.exec(message)?.[1];
  if (missing !== undefined) return missingReason(missing, variables);
  for (const reason of [tooLong, nothingToPrint]) if (message.startsWith(reason)) return reason;
  if (/limit exceeded|Invalid (?:string|array) length/.test(message)) {
    return 'The template takes too long, or too much memory, to render.';
  }
  if (!LiquidError.is(error)) throw error;
  return `The template cannot be rendered: ${oneLine(error.originalError?.message ?? message).slice(0, 200)}`;
}

function missingReason(name: string, { isNameLeftOut }: EmailVariables): string {
  const reason = `The variable ${name} has no value and no default`;
  return isNameLeftOut && names.includes(name)
    ? `${reason}: the name of this contact is left out of mails, because it does not read as a name (a link, a telephone number, a message, more than 40 characters).`
    : `${reason}.`;
}
