import type { Contact } from '#shared/audience/person/person.ts';
import type { EmailNode } from '#shared/audience/workflow.ts';
import { longestName, whyNameLeftOut } from '#shared/mail/contact-values.ts';
import type { RenderedEmail } from '#shared/mail/render-email.ts';

const whys = {
  'too-long': `is too long for mail (more than ${longestName} characters)`,
  'no-name': 'doesn’t read as a name (a link, a telephone number or a message)',
} as const;

const variable = /\bcontact\.(?:firstName|lastName|name)\b/;
const withDefault =
  /\bcontact\.(?:firstName|lastName|name)\s*\|\s*default:\s*(?:"([^"]*)"|'([^']*)')/g;

/** Why no email carries the name that a contact has; `undefined` where emails carry it, or there is none. */
export function nameNote(contact: Contact): string | undefined {
  const why = whyNameLeftOut(contact);
  return why && `Left out: it ${whys[why]}. Edit it to a name that emails can carry.`;
}

/**
 * Why an email that has a place for the name of its contact carries none although there is one, and what it says
 * instead; `undefined` where that is not so.
 */
export function leftOutName(
  contact: Contact,
  { subject, preheader, body }: Pick<EmailNode, 'subject' | 'preheader' | 'body'>,
  rendered: Pick<Extract<RenderedEmail, { kind: 'rendered' }>, 'subject' | 'text'>,
): string | undefined {
  const why = whyNameLeftOut(contact);
  const source = [subject, preheader, body].join('\n');
  if (!why || !variable.test(source)) return undefined;
  const defaults = new Set(
    [...source.matchAll(withDefault)].map(([, double, single]) => double ?? single ?? ''),
  );
  const [only = ''] = defaults;
  const isSaid = `${rendered.subject}\n${rendered.text}`.includes(only);
  const instead =
    defaults.size === 1 && only !== '' && isSaid
      ? `says “${only}” instead`
      : 'is written without it';
  return `This customer’s name ${whys[why]}, so the email ${instead}.`;
}
