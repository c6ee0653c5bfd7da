import * as z from 'zod/mini';
import {
  isMailable,
  type NormalisedEmail,
  normalisedEmail,
} from '#shared/audience/person/address.ts';

/** What SES says of one email. Times are ISO 8601 in UTC. */
export type SesEvent = Readonly<{
  kind: 'send' | 'delivery' | 'delay' | 'bounce' | 'complaint' | 'reject';
  /** `undefined`: an email that is not in the ledger, such as a test. */
  ledgerKey: string | undefined;
  messageId: string;
  /** When SES took the email. */
  sentAt: string;
  at: string;
  /** What the recipient, or the mailbox, says to further mail. */
  refusal: 'bounced' | 'complained' | undefined;
  /** A bounce that may pass. It counts only with others in a row. */
  isTransient: boolean;
  /** Normalised addresses that the email went to. */
  addresses: readonly NormalisedEmail[];
  reason: string | undefined;
}>;

export type SesMessage =
  | { kind: 'event'; event: SesEvent }
  /** Nothing that is of use here. */
  | { kind: 'ignored'; reason: string }
  | { kind: 'unreadable'; reason: string };

const instant = z.pipe(
  z.string().check(z.refine((text) => !Number.isNaN(Date.parse(text)))),
  z.transform((text) => new Date(text).toISOString()),
);

const mailSchema = z.object({
  messageId: z.string().check(z.minLength(1)),
  timestamp: instant,
  destination: z.optional(z.array(z.string())),
  tags: z.optional(z.record(z.string(), z.array(z.string()))),
});
type Mail = z.infer<typeof mailSchema>;

const recipientsSchema = z.optional(
  z.array(z.object({ emailAddress: z.optional(z.string()), status: z.optional(z.string()) })),
);
type Recipients = z.infer<typeof recipientsSchema>;

const momentSchema = z.object({ timestamp: z.optional(instant) });

const published = <T extends string, S extends z.core.$ZodLooseShape>(type: T, particulars: S) =>
  z.object({ eventType: z.literal(type), mail: mailSchema, ...particulars });

/** Opens, clicks and whatever else SES can publish say nothing that is of use here. */
const publishedSchema = z.discriminatedUnion('eventType', [
  published('Send', {}),
  published('Delivery', { delivery: momentSchema }),
  published('DeliveryDelay', { deliveryDelay: momentSchema }),
  published('Bounce', {
    bounce: z.extend(momentSchema, {
      bounceType: z.string(),
      bounceSubType: z.nullish(z.string()),
      bouncedRecipients: recipientsSchema,
    }),
  }),
  published('Complaint', {
    complaint: z.extend(momentSchema, {
      complaintSubType: z.nullish(z.string()),
      complaintFeedbackType: z.nullish(z.string()),
      complainedRecipients: recipientsSchema,
    }),
  }),
  published('Reject', { reject: z.optional(z.object({ reason: z.optional(z.string()) })) }),
  published('Rendering Failure', {}),
]);

/** SES took the email and did not send it: the mailbox bounced or complained before, and is asked no more. */
const heldBack = 'OnAccountSuppressionList';
const heldBackReason =
  "SES did not send the email: the address is on SES's own suppression list. To take it off, lift the contact's bounce. If it has none, subscribe it; unsubscribe it first where it is subscribed.";

/** Bounces of these kinds say something of the email, and not of the mailbox. */
const ofTheEmail = ['MessageTooLarge', 'ContentRejected', 'AttachmentRejected'];

/** SES calls some bounces transient although the mailbox answered that no repetition will help (5.x.x, RFC 3463). */
function weightOf(bounce: {
  bounceType: string;
  bounceSubType?: string | null | undefined;
  bouncedRecipients?: Recipients;
}): Pick<SesEvent, 'refusal' | 'isTransient'> {
  const forGood = { refusal: 'bounced', isTransient: false } as const;
  if (bounce.bounceType === 'Permanent') return forGood;
  const saysOfMailbox = !ofTheEmail.includes(bounce.bounceSubType ?? '');
  if (bounce.bounceType !== 'Transient' || !saysOfMailbox) {
    return { refusal: undefined, isTransient: false };
  }
  const recipients = bounce.bouncedRecipients ?? [];
  return recipients.length > 0 && recipients.every(({ status = '' }) => status.startsWith('5.'))
    ? forGood
    : { refusal: undefined, isTransient: true };
}

function eventOf(published: z.infer<typeof publishedSchema>): SesEvent {
  const { mail } = published;
  const sentAt = mail.timestamp;
  const event = {
    ledgerKey: ledgerKeyOf(mail),
    messageId: mail.messageId,
    sentAt,
    at: sentAt,
    refusal: undefined,
    isTransient: false,
    addresses: [],
    reason: undefined,
  };
  switch (published.eventType) {
    case 'Send':
      return { ...event, kind: 'send' };
    case 'Delivery':
      return { ...event, kind: 'delivery', at: published.delivery.timestamp ?? sentAt };
    case 'DeliveryDelay':
      return { ...event, kind: 'delay', at: published.deliveryDelay.timestamp ?? sentAt };
    case 'Bounce': {
      const { bouncedRecipients, bounceSubType, timestamp } = published.bounce;
      if (bounceSubType === heldBack) return { ...event, kind: 'reject', reason: heldBackReason };
      const weight = weightOf(published.bounce);
      const addresses = addressesOf(mail, bouncedRecipients);
      return { ...event, kind: 'bounce', at: timestamp ?? sentAt, ...weight, addresses };
    }
    case 'Complaint': {
      const { complaintFeedbackType, complainedRecipients, complaintSubType, timestamp } =
        published.complaint;
      if (complaintSubType === heldBack) {
        return { ...event, kind: 'reject', reason: heldBackReason };
      }
      // The one kind of complaint by which a recipient says that the email was wanted.
      if (complaintFeedbackType === 'not-spam') return { ...event, kind: 'send' };
      const addresses = addressesOf(mail, complainedRecipients);
      const at = timestamp ?? sentAt;
      return { ...event, kind: 'complaint', at, refusal: 'complained', addresses };
    }
    case 'Reject': {
      const why = published.reject?.reason ?? 'it does not say why';
      return { ...event, kind: 'reject', reason: `SES rejected the email: ${why}.` };
    }
    case 'Rendering Failure':
      return { ...event, kind: 'reject', reason: 'SES could not render the email.' };
  }
}

function ledgerKeyOf({ tags }: Mail): string | undefined {
  const key = tags?.['ledgerKey']?.[0];
  return key && /^[A-Za-z0-9_-]{1,256}$/.test(key) ? key : undefined;
}

/**
 * The address that the email was sent to, which is where the next one would go. What a bounce names may be another
 * one, behind a forwarding; it counts only where the email itself does not name just one.
 */
function addressesOf({ destination = [] }: Mail, recipients: Recipients): NormalisedEmail[] {
  const named = (recipients ?? []).flatMap(({ emailAddress = '' }) => emailAddress);
  const texts = destination.length === 1 ? destination : named;
  const addresses = texts.map((text) => normalisedEmail(/<([^<>]*)>\s*$/.exec(text)?.[1] ?? text));
  return [...new Set(addresses)].filter(isMailable);
}

const envelopeSchema = z.looseObject({
  eventType: z.optional(z.string()),
  notificationType: z.optional(z.string()),
});

/** SES tries out a new topic with a plain sentence. */
const greeting = /^Successfully validated SNS topic for Amazon SES/;

/** Reads what SES publishes. Reasons name fields and types, never values. */
export function sesMessage(body: string): SesMessage {
  if (greeting.test(body)) return { kind: 'ignored', reason: 'a test of the topic' };
  const envelope = envelopeSchema.safeParse(parsed(body)).data;
  const eventType = envelope?.eventType ?? envelope?.notificationType;
  if (eventType === undefined) {
    return { kind: 'unreadable', reason: 'The message is not an event of SES.' };
  }
  const event = publishedSchema.safeParse({ ...envelope, eventType });
  if (event.success) return { kind: 'event', event: eventOf(event.data) };
  const fields = event.error.issues.map(({ path }) => path.join('.'));
  return fields.includes('eventType')
    ? { kind: 'ignored', reason: 'a type of event that is not used' }
    : {
        kind: 'unreadable',
        reason: `The event of SES cannot be read. Look at: ${fields.join(', ')}.`,
      };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
