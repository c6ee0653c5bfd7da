import { gunzipSync } from 'node:zlib';
import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import * as z from 'zod/mini';

/** A webhook on its way to the worker: `body` is the raw text that Polar signed, `receivedAt` ISO 8601. */
export type QueuedWebhook = Readonly<{
  webhookId: string;
  type: string;
  receivedAt: string;
  body: string;
}>;

export type EventMessage = Readonly<{
  MessageBody: string;
  MessageAttributes: Record<string, MessageAttributeValue>;
}>;

export type Encoding = 'base64' | 'gzip';

// More than API Gateway and Lambda let in, so that whatever was accepted can be read again.
const maxDecodedBytes = 16 * 1_048_576;

const attribute = <T extends string>(value: z.ZodMiniType<T, string>) =>
  z.pipe(
    z.pipe(
      z.object({ stringValue: z.string() }),
      z.transform(({ stringValue }) => stringValue),
    ),
    value,
  );
const nonEmpty = z.string().check(z.minLength(1));

const attributesSchema = z.object({
  webhookId: attribute(nonEmpty),
  type: attribute(nonEmpty),
  receivedAt: attribute(z.iso.datetime()),
  encoding: z.optional(attribute(z.enum(['base64', 'gzip']))),
});

/** Reads a message that `encodeEventMessage` made. Throws an error that names the attribute or encoding at fault. */
export function decodeEventMessage(
  record: Readonly<Pick<SQSRecord, 'body' | 'messageAttributes'>>,
): QueuedWebhook {
  const attributes = attributesSchema.safeParse(record.messageAttributes);
  if (!attributes.success) {
    const names = attributes.error.issues.map((issue) => String(issue.path[0]));
    throw new Error(`The message attribute ${names.join(', ')} is missing or malformed`);
  }
  const { encoding, ...known } = attributes.data;
  return { ...known, body: encoding === undefined ? record.body : decoded(record.body, encoding) };
}

function decoded(text: string, encoding: Encoding): string {
  try {
    const bytes = Buffer.from(text, 'base64');
    if (bytes.toString('base64') !== text) throw new Error('It is not base64');
    const raw =
      encoding === 'gzip' ? gunzipSync(bytes, { maxOutputLength: maxDecodedBytes }) : bytes;
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw);
  } catch (cause) {
    throw new Error(`The message body cannot be read as ${encoding}`, { cause });
  }
}
