import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Resources } from './local-stack.ts';

type Item = Readonly<Record<string, unknown>>;

export type LocalItems = Readonly<{
  /** One item of a table of the stack, by the table's logical id. */
  get: (table: string, key: Record<string, string>) => Promise<Item | undefined>;
}>;

/** Reads what the local tables hold, to show it. */
export function localItems({
  tables,
  clientConfigs,
}: Pick<Resources, 'tables' | 'clientConfigs'>): LocalItems {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(clientConfigs.dynamodb));
  return {
    get: async (table, key) => {
      const { Item } = await client.send(new GetCommand({ TableName: tables[table], Key: key }));
      return Item;
    },
  };
}
