import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { Unprocessable } from '#shared/failure.ts';
import { inOneGo } from '#shared/in-time.ts';
import { itemIn, readBatch } from '#shared/store/dynamo.ts';
import { onWire } from '#shared/store/on-wire.ts';

/**
 * A row of table Settings as it is now. Throws, with its name, where it cannot be read. That isn't `Unprocessable`: once a
 * person has mended the row, the messages that need it go through.
 */
export type SettingsRow = (name: string) => Promise<Readonly<Record<string, unknown>> | undefined>;

export function settingsRow(db: DynamoDBDocumentClient, TableName: string): SettingsRow {
  return async (name) => {
    const get = new GetItemCommand({ TableName, Key: onWire({ name }), ConsistentRead: true });
    const { Item } = await db.send(get);
    try {
      return Item && itemIn(TableName, Item);
    } catch (error) {
      throw new Error(`The row "${name}" of ${TableName} cannot be read.`, { cause: error });
    }
  };
}

/** The same for whoever needs several: those that are asked for in one moment are one call. */
export function settingsRowsInOneGo(db: DynamoDBDocumentClient, table: string): SettingsRow {
  const alone = settingsRow(db, table);
  return inOneGo(async (names: readonly string[]) => {
    const Keys = names.map((name) => ({ name }));
    try {
      const rowsIn = await readBatch(db, { [table]: { Keys, ConsistentRead: true } });
      const rows = new Map(rowsIn(table).map((row) => [row['name'], row]));
      return (name) => rows.get(name);
    } catch (error) {
      // One row that cannot be read says nothing of the others.
      if (error instanceof Unprocessable) return alone;
      throw error;
    }
  });
}
