import { type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';

type Row = Readonly<Record<string, unknown>>;

/** All rows of all these tables. */
export async function rowsOfTables(
  db: DynamoDBDocumentClient,
  tables: readonly string[],
): Promise<Row[]> {
  const rowsOf = async (TableName: string) => {
    const all: Row[] = [];
    for (let after: Row | undefined; ; ) {
      const page = await db.send(new ScanCommand({ TableName, ExclusiveStartKey: after }));
      all.push(...(page.Items ?? []));
      if (!page.LastEvaluatedKey) return all;
      after = page.LastEvaluatedKey;
    }
  };
  return (await Promise.all(tables.map(rowsOf))).flat();
}
