import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { DescribeTableCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { startFakePolar } from '#infra/local/polar-server/polar-server.ts';
import { shiftedClock } from '#test/prove/crash/shifted-clock.ts';
import { stageTemplate } from '#test/support/cloud/stage-stack.ts';
import { historyOfCustomers, linkOf } from './history-of-customers.ts';
import { historyOfMails } from './history-of-mails.ts';
import { historyOfSettings } from './history-of-settings.ts';
import { lifeIn } from './life.ts';
import { messagesOnTheirWay } from './messages-on-their-way.ts';
import { plainTemplate } from './plain-template.ts';
import { type StackInProcess, startStackInProcess } from './stack-in-process.ts';
import { binaryWritten, folderOf, keptVersions, type Row } from './version-folder.ts';

const madeUpKey = 'made-up-suppression-key-of-a-kept-version-0123456789abcdef';

const packageFile = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
const { version } = z.object({ version: z.string() }).parse(JSON.parse(packageFile));

if (keptVersions.includes(version)) throw new Error(`Version ${version} is kept already.`);

const clock = shiftedClock();
const polar = await startFakePolar();
const stack = await startStackInProcess(stageTemplate({ stage: 'local' }).toJSON(), {
  secrets: { SuppressionKey: madeUpKey },
  environment: { POLAR_API_URL: polar.url, POLAR_AUTHORIZE_URL: polar.authorizeUrl },
});
const life = lifeIn(stack, clock.pass);

await life.posted('/console/polar/token', {
  tokenServer: 'production',
  accessToken: polar.organizationToken(),
});
await historyOfSettings(life);
await historyOfCustomers(life);
const mails = await historyOfMails(life);
const messages = await messagesOnTheirWay(life, mails);
const links = { nina: await linkOf(life, 'nina'), ada: await linkOf(life, 'ada') };
const story = { keptAt: new Date().toISOString(), customers: life.people(), mails, links };

const folder = folderOf(version);
await mkdir(new URL('tables/', folder), { recursive: true });
await write('template.json', plainTemplate(stageTemplate({ stage: 'production' }).toJSON()));
await write('story.json', story);
await write('messages.json', messages);
await write('secrets.json', {
  SuppressionKey: stack.secret('SuppressionKey'),
  WebhookSecret: stack.secret('WebhookSecret'),
  PolarAccess: stack.secret('PolarAccess'),
});
for (const [table, name] of Object.entries(stack.tables)) {
  await write(`tables/${table}.json`, await rowsOf(stack, name));
}
await stack.stop();
await polar.stop();
process.stdout.write(`Version ${version} is kept.\n`);

async function write(file: string, content: unknown): Promise<void> {
  const text = JSON.stringify(content, binaryWritten, 1);
  await writeFile(new URL(file, folder), `${text}\n`);
}

async function rowsOf({ dynamo }: StackInProcess, TableName: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (let after: Row | undefined; ; ) {
    const page = await dynamo.send(new ScanCommand({ TableName, ExclusiveStartKey: after }));
    rows.push(...(page.Items ?? []));
    if (!page.LastEvaluatedKey) break;
    after = page.LastEvaluatedKey;
  }
  const { Table } = await dynamo.send(new DescribeTableCommand({ TableName }));
  const [key] = Table?.KeySchema ?? [];
  const keyOf = (row: Row) => row[key?.AttributeName ?? '']?.S ?? '';
  return rows
    .map((row) => Object.fromEntries(Object.entries(row).sort()))
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
