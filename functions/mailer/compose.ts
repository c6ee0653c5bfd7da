import type { MailVerdict } from '#shared/audience/emails/judge-mail.ts';
import type { Brand } from '#shared/audience/settings/brand.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import { contactValues, isNameLeftOut } from '#shared/mail/contact-values.ts';
import { renderEmail } from '#shared/mail/render-email.ts';
import type { OutgoingMail } from '#shared/mail/ses.ts';
import { subscriptionValues } from '#shared/mail/subscription-variables.ts';
import { type Portal, withPortal } from '#shared/polar/portal.ts';

type Approved = Extract<MailVerdict, { kind: 'send' }>;

export type Compose = (
  approved: Approved,
  settings: Settings,
  ledgerKey: string,
) => Promise<{ kind: 'composed'; mail: OutgoingMail } | { kind: 'blocked'; reason: string }>;

/**
 * Renders an email for its recipient, in the shop's name; answers go to its support address unless the workflow names
 * another. Marketing mail gets the postal address, a link to unsubscribe and the headers
 * of RFC 8058, by which a mail program unsubscribes with one click.
 */
export function composer(
  mailFrom: string,
  unsubscribeUrlFor: (
    contactId: string,
    customerId: string | undefined,
    email: string,
  ) => Promise<string>,
  portal: () => Promise<Portal | undefined>,
  brandNow: () => Promise<Brand>,
): Compose {
  return async ({ step, record, contact, subscription }, settings, ledgerKey) => {
    const { email, compiled } = step;
    const isMarketing = email.kind === 'marketing';
    const unsubscribeUrl = isMarketing
      ? await unsubscribeUrlFor(contact.contactId, contact.customerId, contact.email)
      : undefined;
    const footer =
      unsubscribeUrl === undefined
        ? undefined
        : { unsubscribeUrl, postalAddress: settings.postalAddress ?? '' };
    const brand = await brandNow();
    const { postalAddress } = settings;
    const rendered = renderEmail(
      compiled,
      {
        contact: contactValues(contact),
        event: withPortal(record.properties, await portal(), contact.address, brand.portalUrl),
        subscription: subscriptionValues(subscription, settings.language),
        isNameLeftOut: isNameLeftOut(contact),
      },
      footer,
      settings,
      { brand, postalAddress, event: record.type },
    );
    if (rendered.kind === 'blocked') return rendered;
    const { subject, html, text } = rendered;
    return {
      kind: 'composed',
      mail: {
        from: email.from ?? mailFrom,
        to: contact.address,
        replyTo: email.replyTo ?? brand.supportAddress,
        subject,
        html,
        text,
        headers:
          unsubscribeUrl === undefined
            ? {}
            : {
                'List-Unsubscribe': `<${unsubscribeUrl}>`,
                'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
              },
        ledgerKey,
      },
    };
  };
}
