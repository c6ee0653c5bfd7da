import type { AttributeValue, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';

/*
 * For the calls that each event makes: the document client looks through all that a command may hold, which takes longer
 * than what it holds.
 */

type Fields = Readonly<Record<string, unknown>>;

/** A row, or a part of one, as it is on the wire. */
export function onWire(fields: Fields | undefined = {}): Record<string, AttributeValue> {
  return marshall(fields, { removeUndefinedValues: true });
}

export type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** The same write of a transaction as it is on the wire. */
export function writeOnWire({
  Put,
  Update,
  Delete,
  ConditionCheck,
}: TransactItem): TransactWriteItem {
  if (Put) return { Put: putOnWire(Put) };
  if (Update) return { Update: { ...withValues(Update), Key: onWire(Update.Key) } };
  if (Delete) return { Delete: { ...withValues(Delete), Key: onWire(Delete.Key) } };
  if (!ConditionCheck) throw new Error('A write of a transaction writes and checks nothing.');
  return {
    ConditionCheck: { ...withValues(ConditionCheck), Key: onWire(ConditionCheck.Key) },
  };
}

export type Put = NonNullable<TransactItem['Put']>;

/** A put as it is on the wire, in a transaction or alone. */
export function putOnWire(put: Put) {
  return { ...withValues(put), Item: onWire(put.Item) };
}

function withValues<T extends { ExpressionAttributeValues?: Fields | undefined }>(write: T) {
  const { ExpressionAttributeValues: values } = write;
  return { ...write, ExpressionAttributeValues: values && onWire(values) };
}
