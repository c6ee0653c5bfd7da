import {
  Context,
  type Emitter,
  type Liquid,
  LiquidError,
  type Template,
  toValueSync,
} from 'liquidjs';
import tlds from 'tlds' with { type: 'json' };
import type { Contact } from '#shared/audience/person.ts';
import type { CompiledEmail } from '#shared/audience/workflow.ts';
import type { EventProperties } from '#shared/polar/event-properties.ts';
import { oneLine } from '#shared/text.ts';
import type { ContactVariable } from './event-variables.ts';
import { htmlEngine, nothingToPrint, textEngine } from './liquid-engine.ts';

const topLevelLabels: ReadonlySet<string> = new Set(tlds);

/** Schemes, shares, `www.`, mailboxes, numeric addresses, and telephone numbers (seven digits and more). */
const surely =
  /:\/\/|\\\\\S|\b(?:https?|mailto|tel|callto|sips?|sms|s?ftp|ssh|file|ldap|news|data|javascript|webcal|skype|facetime|whatsapp|xmpp):|\bwww\d*\.|\S@\S|(?<!\d)\d{1,3}(?:\.\d{1,3}){3}(?!\d)|(?:\p{Nd}[^\p{L}\p{N}]*){7}/iu;

/**
 * Degrees, written without a space at the end of names. A program may make links of them, too: these six are tolerated,
 * so that who has such a degree is called by their name.
 */
const degree = /^[bmd]\.(?:sc|com)\.?$/;

const invisible = /\p{Default_Ignorable_Code_Point}/gu;

/**
 * Whether a mail program would make a link of something in this text, or of its look-alikes. Programs do not agree on
 * what invisible characters and compatible forms end or join, so it is read in each way. The text should be short:
 * normalising is quadratic in combining marks.
 */
export function holdsLink(text: string): boolean {
  const plain = text.normalize('NFKC');
  const readings = [
    text,
    text.replace(invisible, ' '),
    plain.replace(invisible, ' '),
    plain.replace(invisible, ''),
  ];
  return readings.some((one) => surely.test(one) || words(one).some(holdsHost));
}

function words(text: string): string[] {
  return text.toLowerCase().split(/[^\p{L}\p{M}\p{N}_.。-]+/u);
}

/** `J.R.R.` is none: what stands behind a dot must be a top-level label, as it is in `evil.com`. */
function holdsHost(word: string): boolean {
  if (degree.test(word)) return false;
  const labels = word.split(/[.。]/);
  return labels.some((label, n) => n > 0 && labels[n - 1] !== '' && isTopLevel(label));
}

/** Programs end a host where a hyphen, a mark or another script follows. */
const beginning = /^[a-z]+(?![\p{Script=Latin}\d])/u;

function isTopLevel(label: string): boolean {
  const [begun = ''] = beginning.exec(label) ?? [];
  return topLevelLabels.has(label) || topLevelLabels.has(begun) || label.startsWith('xn--');
}

/** In characters. A longer one is a message rather than a name. */
const longestName = 100;

/**
 * Whether the contact has a name that no mail carries. Anyone can sign up with any name and the address of a stranger,
 * so a name with a link in it, or too long for a name, is left out: nobody mails it through a merchant's welcome.
 */
export function isNameLeftOut({ firstName, lastName }: Contact): boolean {
  const name = [firstName, lastName].filter(Boolean).join(' ');
  return [...name].length > longestName || holdsLink(name);
}

type Values = EmailVariables['contact'];

/** What templates know of a contact: no name that is left out of mails. */
export function contactValues(contact: Contact): Values {
  const { address, externalId, userGroup } = contact;
  return { ...namesOf(contact), email: address, externalId, userGroup };
}

function namesOf(contact: Contact): Values {
  const { firstName, lastName } = contact;
  const name = [firstName, lastName].filter(Boolean).join(' ');
  if (name === '' || isNameLeftOut(contact)) return {};
  return { firstName, lastName, name };
}

export type EmailVariables = Readonly<{
  contact: { readonly [name in ContactVariable]?: string | undefined };
  event: EventProperties;
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
 * kept as long as the object lives.
 */
export function renderEmail(
  compiled: CompiledEmail,
  variables: EmailVariables,
  footer: Footer | undefined,
): RenderedEmail {
  try {
    const templates = templatesOf(compiled);
    const scope = {
      contact: present(variables.contact),
      event: present(variables.event),
      ...(footer && { footer: footerScope(footer) }),
    };
    const subject = shortened(oneLine(run(textEngine, templates.subject, scope)));
    if (subject === '') return { kind: 'blocked', reason: 'The subject is empty.' };
    const text = tidied(run(textEngine, templates.text, scope));
    if (text === '\n' || text.startsWith('-- \n')) {
      return { kind: 'blocked', reason: 'The body is empty.' };
    }
    return { kind: 'rendered', subject, html: run(htmlEngine, templates.html, scope), text };
  } catch (error) {
    return { kind: 'blocked', reason: reasonOf(error, variables) };
  }
}

type Templates = Readonly<Record<keyof CompiledEmail, Template[]>>;
const kept = new WeakMap<CompiledEmail, Templates>();

function templatesOf(compiled: CompiledEmail): Templates {
  const known = kept.get(compiled);
  if (known) return known;
  const templates = {
    subject: textEngine.parse(compiled.subject),
    html: htmlEngine.parse(compiled.html),
    text: textEngine.parse(compiled.text),
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

function run(engine: Liquid, templates: Template[], scope: object): string {
  const context = new Context(scope, engine.options, { sync: true }, { liquid: engine });
  const emitter = boundedEmitter();
  toValueSync(engine.renderer.renderTemplates(templates, context, emitter));
  return emitter.buffer;
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
    ? `${reason}: the name of this contact is left out of mails, because it holds what mail programs make a link of, or is longer than 100 characters.`
    : `${reason}.`;
}
