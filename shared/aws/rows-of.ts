import { setTimeout } from 'node:timers/promises';
import {
  BatchGetCommand,
  type BatchGetCommandInput,
  type DynamoDBDocumentClient,
} from '@aws-sdk/lib-dynamodb';

type Item = Readonly<Record<string, unknown>>;

/** For keys that DynamoDB leaves unread in a successful answer: the SDK does not ask again for them. */
const mostTries = 8;

/** DynamoDB's own limit for one BatchGetItem. */
const keysAtOnce = 100;

/** The rows of a table that have these keys, by key; those that there are not are left out. */
export async function rowsOf(
  db: DynamoDBDocumentClient,
  { table, key }: Readonly<{ table: string; key: string }>,
  keys: readonly string[],
): Promise<Map<string, Item>> {
  const found = new Map<string, Item>();
  const wanted = [...new Set(keys)].filter((one) => one !== '');
  for (let start = 0; start < wanted.length; start += keysAtOnce) {
    const Keys = wanted.slice(start, start + keysAtOnce).map((one) => ({ [key]: one }));
    let request: NonNullable<BatchGetCommandInput['RequestItems']> = { [table]: { Keys } };
    for (let tries = 0; Object.keys(request).length > 0; tries++) {
      if (tries >= mostTries) throw new Error('DynamoDB is throttled and left keys unread.');
      if (tries > 0) await setTimeout(50 * 2 ** tries);
      const output = await db.send(new BatchGetCommand({ RequestItems: request }));
      for (const item of output.Responses?.[table] ?? []) found.set(String(item[key]), item);
      request = output.UnprocessedKeys ?? {};
    }
  }
  return found;
}
