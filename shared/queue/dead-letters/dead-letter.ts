import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import { decodeEventMessage } from '#shared/queue/events-queue.ts';
import type { FailureRow } from '#shared/queue/failures.ts';
import { readMailMessage } from '#shared/queue/read-mail-message.ts';

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

/** A message that SQS has handed out and hides from others until its visibility timeout is over. */
export type ReceivedMessage = Readonly<{
  messageId: string;
  receiptHandle: string;
  body: string;
  attributes: Readonly<Record<string, MessageAttributeValue>>;
  /** When it was first sent; being moved to the dead letters by SQS does not change it. */
  sentAt: Date;
  /** By how many reads, this one and those of other queues included. */
  receives: number;
}>;

export function receivedMessage(message: Message): ReceivedMessage {
  const { MessageId = '', ReceiptHandle = '', Body = '', Attributes, MessageAttributes } = message;
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: MessageAttributes ?? {},
    sentAt: new Date(Number(Attributes?.SentTimestamp ?? 0)),
    receives: Number(Attributes?.ApproximateReceiveCount ?? 1),
  };
}

/** The part of a SendMessage call that makes another message with the same content. */
export function copyOf({ body, attributes }: ReceivedMessage) {
  const copied = Object.entries(attributes).map(
    ([name, { DataType, StringValue, BinaryValue }]): [string, MessageAttributeValue] => [
      name,
      {
        DataType,
        ...(StringValue !== undefined && { StringValue }),
        ...(BinaryValue !== undefined && { BinaryValue }),
      },
    ],
  );
  return { MessageBody: body, MessageAttributes: Object.fromEntries(copied) };
}

const shortText = z.string().check(z.minLength(1), z.maxLength(1_000));
/** A row that our functions could have written. */
const keptFailureSchema = z.object({
  firstReason: shortText,
  firstAt: z.iso.datetime(),
  lastReason: shortText,
  lastAt: z.iso.datetime(),
  attempts: z.int(),
  isFinal: z.boolean(),
} satisfies Record<keyof FailureRow, unknown>);

const keptSchema = z.object({
  queue: z.enum(queueNames),
  id: z.string(),
  /** Why it died. Absent from files of earlier versions, or changed since: then it goes back without. */
  failureId: unlessWrong(shortText),
  type: unlessWrong(shortText),
  failure: unlessWrong(keptFailureSchema),
  MessageBody: z.string(),
  MessageAttributes: z.record(
    z.string(),
    z.object({
      DataType: z.string(),
      StringValue: z.optional(z.string()),
      BinaryValue: z.optional(z.string()),
    }),
  ),
});

/** The messages in a file of one or of several letters; `undefined`: it is none. */
export function keptMessages(text: string): readonly KeptMessage[] | undefined {
  const content = jsonOf(text);
  const kept = z.array(keptSchema).safeParse(Array.isArray(content) ? content : [content]).data;
  return kept && kept.length > 0 ? kept.map(keptMessage) : undefined;
}

/** A message that was kept, and which dead letters it goes back to. */
export type KeptMessage = ReturnType<typeof keptMessage>;

function keptMessage(kept: z.infer<typeof keptSchema>) {
  const { queue, id, failureId, type = 'unknown', failure, MessageBody } = kept;
  const attributes = Object.entries(kept.MessageAttributes).map(
    ([name, { DataType, StringValue, BinaryValue }]): [string, MessageAttributeValue] => [
      name,
      {
        DataType,
        ...(StringValue !== undefined && { StringValue }),
        ...(BinaryValue !== undefined && { BinaryValue: Buffer.from(BinaryValue, 'base64') }),
      },
    ],
  );
  return {
    queue,
    id,
    message: { MessageBody, MessageAttributes: Object.fromEntries(attributes) },
    /** Why it died, if its file says so. */
    reason: failure && failureId !== undefined ? { failureId, type, failure } : undefined,
  };
}

/** A dead letter with why it died, if that is known. */
type LetterToKeep = DeadLetter & Readonly<{ failure?: FailureRow | undefined }>;

/** A dead letter for keeping: with it the same message can be sent again. */
export function keptLetter(
  letter: LetterToKeep,
  message: ReceivedMessage,
): Readonly<{ fileName: string; text: string }> {
  const { queue, id, messageId } = letter;
  const name = [queue, id, messageId].map((part) => part.replace(/[^\w-]+/g, '_').slice(0, 80));
  return {
    fileName: `${name.join('.')}.json`,
    text: `${JSON.stringify(contentOf(letter, message), undefined, 2)}\n`,
  };
}

/** Several in one file. */
export function keptLetters(all: readonly (readonly [LetterToKeep, ReceivedMessage])[]): string {
  return `${JSON.stringify(
    all.map((one) => contentOf(...one)),
    undefined,
    2,
  )}\n`;
}

function contentOf(letter: LetterToKeep, message: ReceivedMessage) {
  const { queue, id, failureId, type, messageId, sentAt, failure } = letter;
  const { MessageBody, MessageAttributes } = copyOf(message);
  const attributes = Object.entries(MessageAttributes).map(([name, { BinaryValue, ...rest }]) => [
    name,
    BinaryValue ? { ...rest, BinaryValue: Buffer.from(BinaryValue).toString('base64') } : rest,
  ]);
  return {
    queue,
    id,
    failureId,
    type,
    messageId,
    sentAt: sentAt.toISOString(),
    failure,
    MessageBody,
    MessageAttributes: Object.fromEntries(attributes),
  };
}
