import type { Contact } from '#shared/audience/person/person.ts';
import type { Brand } from '#shared/audience/settings/brand.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import type { EmailNode } from '#shared/audience/workflow.ts';
import { compileEmail } from '#shared/mail/compile/compile-email.ts';
import {
  type EmailVariables,
  type RenderedEmail,
  subjectsWithin,
} from '#shared/mail/render-email.ts';
import { previewEmail } from '#shared/mail/test-email.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import { longestForSubjectsMs } from '../kit/example-subjects.ts';
import { leftOutName } from '../kit/left-out-name.ts';

const noContact = 'This event’s customer no longer has a contact.';

/** `nothing`: what is written cannot be made into an email; the problems say why. */
export type ShownEmail =
  | (Extract<RenderedEmail, { kind: 'rendered' }> & {
      preheader: string;
      /** Why it carries no name although the customer has one. */
      nameNote?: string | undefined;
    })
  | { kind: 'blocked'; reason: string }
  | { kind: 'nothing' };

type ShownWith = Readonly<{
  event: SupportedEventType;
  /** Absent: nobody is there whom it could be shown for. */
  variables: EmailVariables | undefined;
  /** Absent where the values are made up. */
  contact?: Contact | undefined;
  settings: Settings;
  brand: Brand;
  unsubscribeUrl: string;
}>;

/** An email as it is written, saved or not, with these values. */
export function shownEmail(email: EmailNode, shownWith: ShownWith): ShownEmail {
  const result = withPreheader(email, shownWith);
  const { contact } = shownWith;
  return result.kind === 'rendered' && contact
    ? { ...result, nameNote: leftOutName(contact, email, result) }
    : result;
}

/** A subject is compiled with a body that costs nothing. */
const anyBody = '–';

/** Subjects as people get them with these values, by how they are written; left out: what cannot be rendered, or not in time. */
export function shownSubjects(
  emails: readonly EmailNode[],
  { event, variables, settings: writing, brand }: ShownWith,
): ReadonlyMap<string, string> {
  if (!variables) return new Map();
  const letterhead = { brand, postalAddress: writing.postalAddress, event };
  const subjectOf = subjectsWithin(longestForSubjectsMs);
  return new Map(
    emails.flatMap((email) => {
      const compilation = compileEmail({ ...email, preheader: '', body: anyBody }, event);
      if (compilation.kind === 'refused') return [];
      const { compiled } = compilation;
      const subject = subjectOf({ compiled, variables, writing, letterhead });
      return subject === undefined ? [] : [[email.subject, subject] as const];
    }),
  );
}

function withPreheader(email: EmailNode, shownWith: ShownWith): ShownEmail {
  const result = rendered(email, shownWith);
  if (result.kind !== 'rendered' || email.preheader.trim() === '') return result;
  // A preheader is hidden in the HTML; made into a subject, it can be read.
  const preheader = rendered({ ...email, subject: email.preheader }, shownWith);
  return preheader.kind === 'rendered' ? { ...result, preheader: preheader.subject } : preheader;
}

function rendered(node: EmailNode, { variables, contact: _, ...look }: ShownWith): ShownEmail {
  const compilation = compileEmail(node, look.event);
  if (compilation.kind === 'refused') return { kind: 'nothing' };
  if (!variables) return { kind: 'blocked', reason: noContact };
  const { compiled } = compilation;
  const result = previewEmail({ ...look, kind: node.kind, compiled, variables });
  return result.kind === 'blocked' ? result : { ...result, preheader: '' };
}
