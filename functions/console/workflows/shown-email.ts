import type { Brand } from '#shared/audience/settings/brand.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import type { EmailNode } from '#shared/audience/workflow.ts';
import { compileEmail } from '#shared/mail/compile/compile-email.ts';
import type { EmailVariables, RenderedEmail } from '#shared/mail/render-email.ts';
import { previewEmail } from '#shared/mail/test-email.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';

const noContact = 'No contact shows the customer of this event anymore.';

/** `nothing`: what is written cannot be made into an email; the problems say why. */
export type ShownEmail =
  | (Extract<RenderedEmail, { kind: 'rendered' }> & { preheader: string })
  | { kind: 'blocked'; reason: string }
  | { kind: 'nothing' };

type ShownWith = Readonly<{
  event: SupportedEventType;
  /** Absent: nobody is there whom it could be shown for. */
  variables: EmailVariables | undefined;
  settings: Settings;
  brand: Brand;
  unsubscribeUrl: string;
}>;

/** An email as it is written, saved or not, with these values. */
export function shownEmail(email: EmailNode, shownWith: ShownWith): ShownEmail {
  const result = rendered(email, shownWith);
  if (result.kind !== 'rendered' || email.preheader.trim() === '') return result;
  // A preheader is hidden in the HTML; made into a subject, it can be read.
  const preheader = rendered({ ...email, subject: email.preheader }, shownWith);
  return preheader.kind === 'rendered' ? { ...result, preheader: preheader.subject } : preheader;
}

function rendered(node: EmailNode, { variables, ...look }: ShownWith): ShownEmail {
  const compilation = compileEmail(node, look.event);
  if (compilation.kind === 'refused') return { kind: 'nothing' };
  if (!variables) return { kind: 'blocked', reason: noContact };
  const { compiled } = compilation;
  const result = previewEmail({ ...look, kind: node.kind, compiled, variables });
  return result.kind === 'blocked' ? result : { ...result, preheader: '' };
}
