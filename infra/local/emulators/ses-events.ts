import { localAccount, localRegion } from '#infra/local/local-account.ts';

/** An email that SES has taken. */
export type AcceptedMail = Readonly<{
  messageId: string;
  /** As in the From header. */
  from: string;
  to: readonly string[];
  subject: string;
  headers: readonly { name: string; value: string }[];
  configurationSet: string;
  tags: Readonly<Record<string, string>>;
  at: Date;
}>;

type SesEvent = Readonly<{ eventType: 'Send' | 'Delivery' | 'Bounce' | 'Complaint' }> &
  Readonly<Record<string, unknown>>;

/**
 * What SES publishes of an email: that it was sent, and what became of it at each recipient. Everyone
 * gets it, but for the addresses of SES's mailbox simulator, which behave as on AWS.
 */
export function sesEvents(accepted: AcceptedMail): SesEvent[] {
  const mail = mailObject(accepted);
  const timestamp = accepted.at.toISOString();
  const sent: SesEvent = { eventType: 'Send', mail, send: {} };
  return [sent, ...accepted.to.flatMap((recipient) => fate(recipient, mail, timestamp))];
}

const simulator = /^([a-z]+)(?:\+[^@]*)?@simulator\.amazonses\.com$/;

function fate(recipient: string, mail: object, timestamp: string): SesEvent[] {
  const address = addressIn(recipient);
  const feedbackId = 'local-feedback';
  const delivery = {
    timestamp,
    processingTimeMillis: 1,
    recipients: [address],
    smtpResponse: '250 2.6.0 Message received',
    reportingMTA: 'local.smtp-out.amazonses.com',
  };
  const complaint = {
    timestamp,
    arrivalDate: timestamp,
    feedbackId,
    complaintSubType: null,
    complaintFeedbackType: 'abuse',
    userAgent: 'Amazon SES Mailbox Simulator',
    complainedRecipients: [{ emailAddress: address }],
  };
  const bounce = (bounceSubType: string, diagnosticCode: string) => ({
    timestamp,
    feedbackId,
    bounceType: 'Permanent',
    bounceSubType,
    reportingMTA: 'dsn; local.smtp-out.amazonses.com',
    bouncedRecipients: [
      { emailAddress: address, action: 'failed', status: '5.1.1', diagnosticCode },
    ],
  });
  switch (simulator.exec(address.toLowerCase())?.[1]) {
    case 'bounce':
      return [
        { eventType: 'Bounce', mail, bounce: bounce('General', 'smtp; 550 5.1.1 user unknown') },
      ];
    case 'suppressionlist':
      return [
        {
          eventType: 'Bounce',
          mail,
          bounce: bounce('Suppressed', 'Amazon SES has suppressed sending to this address.'),
        },
      ];
    case 'complaint':
      return [
        { eventType: 'Delivery', mail, delivery },
        { eventType: 'Complaint', mail, complaint },
      ];
    default:
      return [{ eventType: 'Delivery', mail, delivery }];
  }
}

function mailObject({ from, to, subject, headers, messageId, at, ...accepted }: AcceptedMail) {
  const sender = addressIn(from);
  const ownHeaders = { From: from, To: to.join(', '), Subject: subject };
  const tags = { ...accepted.tags, 'ses:configuration-set': accepted.configurationSet };
  const more = { 'ses:from-domain': sender.split('@').at(-1), 'ses:source-ip': '127.0.0.1' };
  return {
    timestamp: at.toISOString(),
    source: from,
    sourceArn: `arn:aws:ses:${localRegion}:${localAccount}:identity/${sender}`,
    sendingAccountId: localAccount,
    messageId,
    destination: to,
    headersTruncated: false,
    headers: [...Object.entries(ownHeaders).map(([name, value]) => ({ name, value })), ...headers],
    commonHeaders: { from: [from], to, messageId, subject },
    tags: Object.fromEntries(
      Object.entries({ ...tags, ...more }).map(([name, value]) => [name, [value]]),
    ),
  };
}

/** The bare address of `Name <address>`. */
function addressIn(text: string): string {
  return /<([^<>]*)>\s*$/.exec(text)?.[1] ?? text.trim();
}
