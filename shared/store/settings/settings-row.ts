import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { inOneGo } from '#shared/in-time.ts';
import { readBatch } from '#shared/store/dynamo.ts';

/** A row of table Settings as it is now. */
export type SettingsRow = (name: string) => Promise<Readonly<Record<string, unknown>> | undefined>;

export function settingsRow(db: DynamoDBDocumentClient, TableName: string): SettingsRow {
  return async (name) => {
    const get = new GetCommand({ TableName, Key: { name }, ConsistentRead: true });
    return (await db.send(get)).Item;
  };
}

/** The same for whoever needs several: those that are asked for in one moment are one call. */
export function settingsRowsInOneGo(db: DynamoDBDocumentClient, table: string): SettingsRow {
  return inOneGo(async (names: readonly string[]) => {
    const Keys = names.map((name) => ({ name }));
    const rowsIn = await readBatch(db, { [table]: { Keys, ConsistentRead: true } });
    const rows = new Map(rowsIn(table).map((row) => [row['name'], row]));
    return (name) => rows.get(name);
  });
}
