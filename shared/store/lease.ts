import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';

export type Lease = Readonly<{
  /** What the holder before left as its note. `undefined`: somebody else holds it. */
  take: (owner: string) => Promise<{ note?: string } | undefined>;
  /** Has it for its whole time again, also after that was over. `false`: somebody else has had it since. */
  renew: (owner: string) => Promise<boolean>;
  /** Gives it back, with a note for the next. Fine where it has run out meanwhile. */
  giveBack: (owner: string, note?: string) => Promise<void>;
}>;

type LeaseOptions = Readonly<{ table: string; name: string; leaseMs: number; now: () => Date }>;

/** A lease in an item of table Settings: one holder at a time, until it gives it back or the time is over. */
export function dynamoLease(
  db: DynamoDBDocumentClient,
  { table, name, leaseMs, now }: LeaseOptions,
): Lease {
  const key = { TableName: table, Key: { name } };
  const names = { '#owner': 'owner', '#until': 'until' };
  return {
    async take(owner) {
      const at = now();
      const until = new Date(at.getTime() + leaseMs).toISOString();
      const update = new UpdateCommand({
        ...key,
        UpdateExpression: 'SET #owner = :owner, #until = :until',
        ConditionExpression: 'attribute_not_exists(#owner) OR #owner = :owner OR #until < :now',
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: { ':owner': owner, ':until': until, ':now': at.toISOString() },
        ReturnValues: 'ALL_NEW',
      });
      const taken = await unlessHeld(() => db.send(update));
      if (!taken) return undefined;
      const note = taken.Attributes?.['note'];
      return typeof note === 'string' ? { note } : {};
    },

    async renew(owner) {
      const until = new Date(now().getTime() + leaseMs).toISOString();
      const update = new UpdateCommand({
        ...key,
        UpdateExpression: 'SET #until = :until',
        ConditionExpression: '#owner = :owner',
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: { ':owner': owner, ':until': until },
      });
      return (await unlessHeld(() => db.send(update))) !== undefined;
    },

    async giveBack(owner, note) {
      await unlessHeld(() =>
        db.send(
          new UpdateCommand({
            ...key,
            UpdateExpression: `${note === undefined ? '' : 'SET #note = :note '}REMOVE #owner, #until`,
            ConditionExpression: '#owner = :owner',
            ExpressionAttributeNames: { ...names, ...(note !== undefined && { '#note': 'note' }) },
            ExpressionAttributeValues: {
              ':owner': owner,
              ...(note !== undefined && { ':note': note }),
            },
          }),
        ),
      );
    },
  };
}

async function unlessHeld<T>(write: () => Promise<T>): Promise<T | undefined> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}
