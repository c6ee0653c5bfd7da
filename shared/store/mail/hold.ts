import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { settingsRow } from '#shared/store/settings/settings-row.ts';

const holdSchema = z.object({
  isOn: z.boolean(),
  /** In the words of who holds it. */
  reason: z.string(),
  by: z.string(),
  at: z.string(),
  releasedBy: z.optional(z.string()),
  releasedAt: z.optional(z.string()),
});

/** That all mail is held, or was. */
export type Hold = z.infer<typeof holdSchema>;

export type HoldStore = Readonly<{
  /** As it is now. Absent: mail was never held. */
  read(): Promise<Hold | undefined>;
  /** `false`: it is held already, and stays as it is. */
  hold(reason: string, by: string, at: string): Promise<boolean>;
  /** `false`: it was not held. */
  release(by: string, at: string): Promise<boolean>;
}>;

/** The one switch that holds all mail: item `hold` of table Settings. */
export function dynamoHold(
  db: DynamoDBDocumentClient,
  table: string,
  row = settingsRow(db, table),
): HoldStore {
  const Key = { name: 'hold' };
  return {
    async read() {
      const found = await row(Key.name);
      return found && holdSchema.parse(found);
    },

    hold: (reason, by, at) =>
      isDone(
        db.send(
          new PutCommand({
            TableName: table,
            Item: { ...Key, isOn: true, reason, by, at },
            ConditionExpression: 'attribute_not_exists(isOn) OR isOn = :off',
            ExpressionAttributeValues: { ':off': false },
          }),
        ),
      ),

    release: (by, at) =>
      isDone(
        db.send(
          new UpdateCommand({
            TableName: table,
            Key,
            UpdateExpression: 'SET isOn = :off, releasedBy = :by, releasedAt = :at',
            ConditionExpression: 'isOn = :on',
            ExpressionAttributeValues: { ':off': false, ':on': true, ':by': by, ':at': at },
          }),
        ),
      ),
  };
}

async function isDone(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
