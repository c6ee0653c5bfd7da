import * as z from 'zod/mini';
import { decodeEventMessage } from '#shared/aws/event-message.ts';
import { readMailMessage } from '#shared/aws/read-mail-message.ts';
import type { ReceivedMessage } from './received-message.ts';

export const queueNames = ['events', 'mail', 'feedback'] as const;
export type QueueName = (typeof queueNames)[number];

export type DeadLetter = Readonly<{
  queue: QueueName;
  /** What the commands take. */
  id: string;
  /** The key of its reasons in table Failures. */
  failureId: string;
  messageId: string;
  /** Of the event that it goes back to, where that shows. */
  webhookId: string | undefined;
  type: string;
  /** Of the webhook where it says so, else of the message. */
  since: Date;
  sentAt: Date;
  receives: number;
  /** Whom it is about, as far as it says so itself. */
  email: string | undefined;
  customerId: string | undefined;
}>;

type Content = Pick<DeadLetter, 'webhookId' | 'type' | 'email' | 'customerId'> & {
  failureId: string | undefined;
};

/** Reads a dead letter, which may well be unreadable: then it has the id of its message. Never throws. */
export function deadLetterOf(queue: QueueName, message: ReceivedMessage): DeadLetter {
  const content = readers[queue](message);
  const { messageId, sentAt, receives } = message;
  const failureId = content.failureId ?? `message ${messageId}`;
  const receivedAt = Date.parse(attribute(message, 'receivedAt') ?? '');
  return {
    ...content,
    queue,
    id: failureId.replace(/^(feedback|message) /, ''),
    failureId,
    messageId,
    since: Number.isNaN(receivedAt) ? sentAt : new Date(receivedAt),
    sentAt,
    receives,
  };
}

/** Whether a person who says `id` means this one. Several may have the same, such as an event and its erasure. */
export function isMeant(letter: DeadLetter, id: string): boolean {
  return [letter.id, letter.failureId, letter.webhookId, letter.messageId].includes(id);
}

const readers = {
  events: (message: ReceivedMessage): Content => {
    const webhookId = attribute(message, 'webhookId') || undefined;
    const type = attribute(message, 'type') ?? 'unknown';
    return { webhookId, type, failureId: webhookId, ...personOf(eventBody(message)) };
  },

  mail: (message: ReceivedMessage): Content => {
    const mail = readMailMessage(message.body);
    const { webhookId, customerId, ledgerKey, workflowId } = mail ?? {};
    const type = workflowId === undefined ? 'mail' : `mail of ${workflowId}`;
    const noted = attribute(message, 'webhookId');
    const failureId = ledgerKey ?? (noted?.startsWith('message ') ? noted : undefined);
    return { webhookId, type, failureId, email: undefined, customerId };
  },

  // The copies that the function makes say under which id their reason is kept; SES's own message cannot.
  feedback: (message: ReceivedMessage): Content => {
    const { eventType, mail } = sesSchema.safeParse(jsonOf(message.body)).data ?? {};
    const ledgerKey = mail?.tags?.ledgerKey?.[0];
    const failureId =
      attribute(message, 'webhookId') ?? (ledgerKey ? `feedback ${ledgerKey}` : undefined);
    return {
      webhookId: undefined,
      type: eventType ? `SES ${eventType}` : 'SES',
      failureId,
      email: mail?.destination?.[0],
      customerId: undefined,
    };
  },
};

const unlessWrong = <T>(schema: z.ZodMiniType<T>) => z.catch(z.optional(schema), undefined);
const text = unlessWrong(z.string().check(z.minLength(1)));
const personSchema = unlessWrong(z.object({ id: text, email: text }));

const eventSchema = z.object({
  type: text,
  /** Of an erasure. */
  customerId: text,
  data: unlessWrong(z.object({ id: text, email: text, customer: personSchema })),
});

const texts = unlessWrong(z.array(z.string()));
const sesSchema = z.object({
  eventType: text,
  mail: unlessWrong(
    z.object({ destination: texts, tags: unlessWrong(z.object({ ledgerKey: texts })) }),
  ),
});

function personOf(body: string): Pick<DeadLetter, 'email' | 'customerId'> {
  const { type, customerId, data } = eventSchema.safeParse(jsonOf(body)).data ?? {};
  const person = data?.customer ?? (type?.startsWith('customer.') ? data : undefined);
  return { email: person?.email, customerId: person?.id ?? customerId };
}

/** The text of an event as Polar sent it, whatever it travels as; of any other message its body. */
export function eventBody({ body, attributes }: ReceivedMessage): string {
  const messageAttributes = Object.fromEntries(
    Object.entries(attributes).map(([name, { StringValue = '' }]) => [
      name,
      { dataType: 'String' as const, stringValue: StringValue },
    ]),
  );
  try {
    return decodeEventMessage({ body, messageAttributes }).body;
  } catch {
    return body;
  }
}

function attribute({ attributes }: ReceivedMessage, name: string): string | undefined {
  return attributes[name]?.StringValue;
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
