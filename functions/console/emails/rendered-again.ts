import type { EventRecord } from '#shared/audience/event-record.ts';
import type { Contact } from '#shared/audience/person/person.ts';
import type { Brand } from '#shared/audience/settings/brand.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import { sendOf, type Workflow } from '#shared/audience/workflow.ts';
import { contactValues, isNameLeftOut } from '#shared/mail/contact-values.ts';
import type { RenderedEmail } from '#shared/mail/render-email.ts';
import { subscriptionAsTold } from '#shared/mail/subscription-variables.ts';
import { previewEmail } from '#shared/mail/test-email.ts';
import { type Portal, withPortal } from '#shared/polar/portal.ts';
import type { ReportedEmail } from '#shared/store/mail/emails.ts';
import { leftOutName } from '../kit/left-out-name.ts';

export type KnownOfEmail = Readonly<{
  email: ReportedEmail;
  /** The version of the workflow that it was sent from, or that asked for it. */
  workflow: Workflow | undefined;
  record: EventRecord | undefined;
  contact: Contact | undefined;
  settings: Settings;
  brand: Brand;
  portal: Portal | undefined;
  unsubscribeUrl: string;
}>;

/** An email as it comes out of its event today; no copy of a mail is kept. `missing`: what it takes is not there. */
export type RenderedAgain =
  | (RenderedEmail & {
      /** Why it carries no name although the customer has one. */
      nameNote?: string | undefined;
    })
  | Readonly<{ kind: 'missing'; reason: string }>;

/** Renders an email with what is known of its event, its workflow and its contact. */
export function renderedAgain(known: KnownOfEmail): RenderedAgain {
  const { email, workflow, record, contact, brand, portal, settings, unsubscribeUrl } = known;
  if (!record) return missing('Its event is no longer kept.');
  if (!workflow) return missing(`Version ${email.workflowVersion} of its workflow isn’t kept.`);
  if (!contact) return missing('Its customer no longer has a contact.');
  const step = sendOf(workflow, email.stepId);
  if (!step) return missing('This version of its workflow has no such email.');
  const { properties } = record;
  const rendered = previewEmail({
    kind: step.email.kind,
    event: workflow.trigger.event,
    compiled: step.compiled,
    variables: {
      contact: contactValues(contact),
      event: withPortal(properties, portal, contact.address, brand.portalUrl),
      subscription: subscriptionAsTold(properties),
      isNameLeftOut: isNameLeftOut(contact),
    },
    settings,
    brand,
    unsubscribeUrl,
  });
  if (rendered.kind !== 'rendered') return rendered;
  return { ...rendered, nameNote: leftOutName(contact, step.email, rendered) };
}

function missing(reason: string): RenderedAgain {
  return { kind: 'missing', reason };
}
