/** The ledger key and addresses of one email, as SES repeats them in each of its events. */
type Mail = Readonly<{
  ledgerKey?: string | undefined;
  to: string | readonly string[];
  messageId?: string;
  timestamp?: string;
}>;

export const sentAt = '2026-11-23T10:00:00.100Z';

/** An event as SES publishes it to a topic, cut down to what its documentation always shows. */
export function sesNotification(
  eventType: string,
  { ledgerKey, to, messageId = '0100019-ses-id', timestamp = sentAt }: Mail,
  particulars: Record<string, unknown> = {},
): string {
  const destination = [to].flat();
  return JSON.stringify({
    eventType,
    mail: {
      timestamp,
      source: 'Shop <hello@shop.example>',
      sourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/shop.example',
      sendingAccountId: '123456789012',
      messageId,
      destination,
      headersTruncated: false,
      headers: [{ name: 'To', value: destination.join(', ') }],
      commonHeaders: { to: destination, messageId, subject: 'Hello' },
      tags: {
        'ses:configuration-set': ['Mail'],
        'ses:source-ip': ['192.0.2.0'],
        ...(ledgerKey !== undefined && { ledgerKey: [ledgerKey] }),
      },
    },
    ...particulars,
  });
}

export function bounce(
  mail: Mail,
  bounceType: string,
  {
    at = '2026-11-23T10:01:00.000Z',
    bounced = [mail.to].flat(),
    bounceSubType = 'General',
    status = bounceType === 'Permanent' ? '5.1.1' : '4.4.7',
  } = {},
): string {
  return sesNotification('Bounce', mail, {
    bounce: {
      bounceType,
      bounceSubType,
      bouncedRecipients: bounced.map((emailAddress) => ({
        emailAddress,
        action: 'failed',
        status,
        diagnosticCode: `smtp; 550 ${status} user unknown <${emailAddress}>`,
      })),
      timestamp: at,
      feedbackId: '0100019-feedback-id',
      reportingMTA: 'dsn; mta.example.com',
    },
  });
}

export function complaint(
  mail: Mail,
  {
    at = '2026-11-23T10:02:00.000Z',
    complained = [mail.to].flat(),
    complaintFeedbackType = 'abuse',
    complaintSubType = null as string | null,
  } = {},
): string {
  return sesNotification('Complaint', mail, {
    complaint: {
      complainedRecipients: complained.map((emailAddress) => ({ emailAddress })),
      timestamp: at,
      feedbackId: '0100019-feedback-id',
      userAgent: 'Mail program',
      complaintFeedbackType,
      complaintSubType,
      arrivalDate: at,
    },
  });
}

export function delivery(mail: Mail, at = '2026-11-23T10:00:30.000Z'): string {
  return sesNotification('Delivery', mail, {
    delivery: {
      timestamp: at,
      processingTimeMillis: 546,
      recipients: [mail.to].flat(),
      smtpResponse: '250 2.6.0 Message received',
      reportingMTA: 'mta.example.com',
    },
  });
}
