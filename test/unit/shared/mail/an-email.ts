import type { EmailNode } from '#shared/audience/workflow.ts';
import { compileEmail } from '#shared/mail/compile/compile-email.ts';
import {
  type EmailVariables,
  type Footer,
  type RenderedEmail,
  renderEmail,
} from '#shared/mail/render-email.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';

export const footer: Footer = {
  unsubscribeUrl: 'https://audience.example/unsubscribe/eyJjIjoiMSJ9.c2ln',
  postalAddress: 'Northlight AB\nStorgatan 1\n111 22 Stockholm, Sweden',
};

export const anna: EmailVariables['contact'] = {
  firstName: 'Anna',
  lastName: 'Lindqvist',
  name: 'Anna Lindqvist',
  email: 'anna.lindqvist@example.com',
};

export function node(body: string, others: Partial<EmailNode> = {}): EmailNode {
  return { kind: 'transactional', subject: 'Hello', preheader: '', body, ...others };
}

export function compiledOf(email: EmailNode, type: SupportedEventType = 'subscription.created') {
  const result = compileEmail(email, type);
  if (result.kind === 'refused') throw new Error(result.problems.join('\n'));
  return result;
}

type Made = Readonly<{ email: EmailNode; event: SupportedEventType }>;

const known = new Map<EmailNode, ReturnType<typeof compiledOf>['compiled']>();

/** Of an email that is sent with many payloads. */
export function compiledOnce({ email, event }: Made) {
  const compiled = known.get(email) ?? compiledOf(email, event).compiled;
  known.set(email, compiled);
  return compiled;
}

export function problemsOf(email: EmailNode, type: SupportedEventType = 'subscription.created') {
  const result = compileEmail(email, type);
  return result.kind === 'refused' ? result.problems : [];
}

export function rendered(
  body: string,
  variables: Partial<EmailVariables> = {},
  others: Partial<EmailNode> = {},
) {
  const result = tried(body, variables, others);
  if (result.kind === 'blocked') throw new Error(result.reason);
  return result;
}

export function tried(
  body: string,
  variables: Partial<EmailVariables> = {},
  others: Partial<EmailNode> = {},
): RenderedEmail {
  const values = { contact: anna, event: {}, ...variables };
  return renderEmail(compiledOf(node(body, others)).compiled, values, undefined);
}

/** What the reader sees between the beginning of the body and its end, as HTML. */
export function cardOf(html: string): string {
  const from = html.indexOf('>', html.indexOf('<div class="body"')) + 1;
  return html.slice(from, html.lastIndexOf('</div>\n</td></tr>')).trim();
}

/** The same without attributes, so that a test reads as what was written. */
export function bareCardOf(html: string): string {
  return cardOf(html)
    .replaceAll(/<(\w+)[^>]*>/g, '<$1>')
    .replaceAll(/>\n/g, '>')
    .replaceAll(/\n</g, '<');
}
