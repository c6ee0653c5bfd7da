import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { saveDemoWorkflows } from '#infra/local/demo/demo-workflows.ts';
import { storedWorkflowSchema } from '#shared/audience/workflow.ts';
import { throughApiGateway } from '#test/stack/functions/console/events/behind-api-gateway.ts';
import { consoleVisitor } from '#test/support/console-visitor.ts';
import { startBenchAccount } from '../bench-account.ts';
import { type Call, startCountingProxy } from '../counting-proxy.ts';
import { median } from '../statistics.ts';
import { textTable } from '../text-table.ts';
import { filledTables } from './filled-tables.ts';
import { lives, type Row } from './lives.ts';

/** How many customers the smaller tables have. Their pages are full, so that no page has more rows in the larger ones. */
const few = 1_000;

type Parts = Readonly<{
  assembly: string;
  directory: string;
  /** Customers in the larger tables, each with ten events. */
  contacts: number;
  rounds: number;
  onProgress: (line: string) => void;
}>;

export type MeasuredPage = Readonly<{
  page: string;
  kilobytes: number;
  fewMs: number;
  manyMs: number;
  /** Of the times of one round, which are a moment apart. */
  ratio: number;
  fewCalls: number;
  manyCalls: number;
  fewReadUnits: number;
  manyReadUnits: number;
}>;

/** Pages of the console with many rows in the tables, in turn with the same pages and few. */
export async function benchPages(parts: Parts): Promise<MeasuredPage[]> {
  const { assembly, contacts, onProgress } = parts;
  const rows = await rowsOf(assembly);
  onProgress(`${rows.length} rows of ${few} customers are made`);
  const small = await shop(parts, rows, 1);
  const large = await shop(parts, rows, Math.max(1, Math.round(contacts / few)));
  try {
    const pages = pagesOf(rows);
    // The first visit loads the section.
    for (const page of pages) await Promise.all([small.visit(page), large.visit(page)]);
    const visits = pages.map((): Visits => ({ few: [], many: [] }));
    for (let round = 0; round < parts.rounds; round++) {
      for (const [nth, page] of pages.entries()) {
        visits[nth]?.few.push(await small.visit(page));
        visits[nth]?.many.push(await large.visit(page));
      }
    }
    return pages.map(({ name }, nth) => measured(name, visits[nth] ?? { few: [], many: [] }));
  } finally {
    await small.stop();
    await large.stop();
  }
}

/** Of a thousand customers, and of a shop with a welcome and a receipt. */
async function rowsOf(assembly: string): Promise<Row[]> {
  const account = await startBenchAccount(assembly);
  try {
    const [Settings, Workflows] = [account.tableName('Settings'), account.tableName('Workflows')];
    const resources = { tables: { Settings, Workflows }, clientConfigs: account.clientConfigs };
    await saveDemoWorkflows(resources);
    const saved = await Promise.all(
      ['Settings', 'Workflows'].map(async (table): Promise<Row[]> => {
        const scan = new ScanCommand({ TableName: account.tableName(table) });
        const { Items = [] } = await account.db.send(scan);
        return Items.map((item) => ({ table, item }));
      }),
    );
    const workflows = saved
      .flat()
      .filter(({ table }) => table === 'Workflows')
      .map(({ item }) => storedWorkflowSchema.parse(unmarshall(item)));
    return [...saved.flat(), ...(await lives(few, workflows))];
  } finally {
    await account.stop();
  }
}

type Asked = Readonly<{ name: string; path: string; fields?: Readonly<Record<string, string>> }>;

/** Each list, alone and filtered, and one page of each kind of thing. All of them are of the thousand that both have. */
function pagesOf(rows: readonly Row[]): Asked[] {
  // Somebody in the middle, who is on no first page of a list.
  const of = (table: string, name: string) => {
    const some = rows.filter((row) => row.table === table);
    return encodeURIComponent(some[some.length >> 1]?.item[name]?.S ?? '');
  };
  const workflow = of('Workflows', 'workflowId');
  return [
    { name: 'overview', path: '' },
    { name: 'audience', path: '/audience' },
    { name: 'audience, unsubscribed', path: '/audience?consent=unsubscribed' },
    { name: 'audience, search', path: '/audience/search', fields: { text: 'ann num' } },
    { name: 'contact', path: `/audience/${of('Contacts', 'contactId')}` },
    { name: 'events', path: '/events' },
    { name: 'events, of a type', path: '/events?type=customer.created' },
    { name: 'event', path: `/events/${of('Events', 'webhookId')}` },
    { name: 'emails', path: '/emails' },
    { name: 'emails, bounced', path: '/emails?fate=bounced' },
    { name: 'email', path: `/emails/mail?key=${of('Emails', 'ledgerKey')}` },
    { name: 'workflows', path: '/workflows' },
    { name: 'workflow', path: `/workflows/${workflow}` },
    { name: 'workflow, edit', path: `/workflows/${workflow}/edit` },
    { name: 'find', path: '/find', fields: { q: 'ann' } },
    { name: 'Polar', path: '/polar' },
    { name: 'dead letters', path: '/dead-letters' },
    { name: 'log', path: '/log' },
  ];
}

type Visit = Readonly<{ ms: number; bytes: number; calls: number; readUnits: number }>;
type Visits = Readonly<Record<'few' | 'many', Visit[]>>;

/** A console of its own, with so many times the rows in its tables. */
async function shop(
  { assembly, directory, onProgress }: Parts,
  rows: readonly Row[],
  copies: number,
) {
  const folder = join(directory, `pages-${copies}`);
  await mkdir(folder);
  const { db, tableName, stop } = await startBenchAccount(assembly);
  const file = await filledTables({ db, tableName, rows, copies, directory: folder });
  await stop();
  onProgress(`tables of ${few * copies} customers are filled`);
  const calls: Call[] = [];
  const proxies: { stop: () => Promise<void> }[] = [];
  const watched = async (endpoint: string) => {
    const proxy = await startCountingProxy(endpoint, (call) => calls.push(call));
    proxies.push(proxy);
    return proxy.address;
  };
  const account = await startBenchAccount(assembly, watched, { file });
  const console = await account.processOf('console', () => {});
  const visitor = consoleVisitor(
    throughApiGateway(async (event) => {
      const result = await console.invoke(event, 'Root=1-00000000-000000000000000000000000');
      if (result.kind === 'error') throw new Error(result.message);
      return result.payload;
    }),
  );
  return {
    async visit({ path, fields }: Asked): Promise<Visit> {
      calls.length = 0;
      const from = performance.now();
      const answer = await (fields
        ? visitor.post(`/console${path}`, fields)
        : visitor.get(`/console${path}`));
      const ms = performance.now() - from;
      if (answer.status !== 200) throw new Error(`${path} answers ${answer.status}.`);
      const readUnits = calls.reduce((sum, call) => sum + call.readUnits, 0);
      return { ms, bytes: Buffer.byteLength(answer.html), calls: calls.length, readUnits };
    },
    async stop() {
      await console.stop();
      for (const proxy of proxies) await proxy.stop();
      await account.stop();
    },
  };
}

function measured(page: string, visits: Visits): MeasuredPage {
  const { few: small, many: large } = visits;
  const of = (some: readonly Visit[], key: keyof Visit) => median(some.map((visit) => visit[key]));
  return {
    page,
    kilobytes: of(large, 'bytes') / 1_000,
    fewMs: of(small, 'ms'),
    manyMs: of(large, 'ms'),
    ratio: median(large.map(({ ms }, nth) => ms / (small[nth]?.ms ?? Number.NaN))),
    fewCalls: of(small, 'calls'),
    manyCalls: of(large, 'calls'),
    fewReadUnits: of(small, 'readUnits'),
    manyReadUnits: of(large, 'readUnits'),
  };
}

export function pagesTable(rows: readonly MeasuredPage[]): string {
  return textTable(
    [
      'page',
      'KB',
      'ms, few',
      'many',
      'many ÷ few',
      'calls, few',
      'many',
      'read units, few',
      'many',
    ],
    rows.map((row) => [
      ...[row.page, row.kilobytes, row.fewMs, row.manyMs, row.ratio],
      ...[row.fewCalls, row.manyCalls, row.fewReadUnits, row.manyReadUnits],
    ]),
  );
}
