import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import { DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Row } from './lives.ts';

const minutesOfAnImport = 90;

type Filling = Readonly<{
  /** A client of an account that has the tables, and what they are called there. */
  db: DynamoDBClient;
  tableName: (logicalId: string) => string;
  rows: readonly Row[];
  /** How often each row is there, each time under ids and an address of its own. */
  copies: number;
  directory: string;
}>;

/**
 * The file of an emulated DynamoDB with tables full of rows. Written in DynamoDB's own format of exports and taken in by the
 * emulator's own import: row by row over the wire would take hours.
 */
export async function filledTables({ db, tableName, rows, copies, directory }: Filling) {
  const source = join(directory, 'export');
  const byTable = Map.groupBy(rows, ({ table }) => table);
  const schemas: object[] = [];
  for (const [table, some] of byTable) {
    const TableName = tableName(table);
    const { Table } = await db.send(new DescribeTableCommand({ TableName }));
    schemas.push({ Table: { ...Table, TableStatus: undefined, CreationDateTime: undefined } });
    const data = join(source, TableName, 'data');
    await mkdir(data, { recursive: true });
    await pipeline(
      Readable.from(linesOf(some, copiedTables.has(table) ? copies : 1)),
      createGzip({ level: 1 }),
      createWriteStream(join(data, 'rows.json.gz')),
    );
  }
  const schema = join(directory, 'schema.json');
  const file = join(directory, 'tables.db');
  await writeFile(schema, JSON.stringify(schemas));
  await promisify(execFile)(
    emulator(),
    ['import', '--source', source, '--schema', schema, '--output', file],
    { timeout: minutesOfAnImport * 60_000 },
  );
  return file;
}

/** What grows with customers. Settings, workflows and counts do not. */
const copiedTables = new Set([
  ...['Contacts', 'Customers', 'Addresses', 'Words', 'Events', 'Emails'],
]);

const linesAtOnce = 200;

function* linesOf(rows: readonly Row[], copies: number) {
  const lines = rows.map(({ item }) => JSON.stringify({ Item: item }));
  let some: string[] = [];
  for (let copy = 0; copy < copies; copy++) {
    for (const line of lines) {
      some.push(copy === 0 ? line : copied(line, copy));
      if (some.length < linesAtOnce) continue;
      yield `${some.join('\n')}\n`;
      some = [];
    }
  }
  if (some.length > 0) yield `${some.join('\n')}\n`;
}

const ids =
  /([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{7}|\b[0-9a-f]{59})[0-9a-f]{5}\b/g;

/** The same row of somebody else: ids are hexadecimal, and addresses begin with who it is. */
function copied(line: string, copy: number): string {
  const mark = copy.toString(16).padStart(5, '0');
  return line.replaceAll(ids, `$1${mark}`).replaceAll('@pages.', `.${copy}@pages.`);
}

function emulator(): string {
  return createRequire(import.meta.url).resolve(
    `@dynoxide/${process.platform}-${process.arch}/dynoxide${process.platform === 'win32' ? '.exe' : ''}`,
  );
}
