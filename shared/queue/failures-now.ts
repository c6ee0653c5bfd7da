import { type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { WorkerRequest } from './events-queue.ts';
import { mostReceives } from './failures.ts';

export type ReasonNow = Readonly<{
  reason: string;
  count: number;
  /** One of them, for whoever wants to look. */
  failureId: string;
  /** When the first of them failed first. */
  since: string;
}>;

export type FailuresNow = Readonly<{
  /** What fails and comes again by itself, the most frequent reason first. */
  retried: readonly ReasonNow[];
  /** What is in the dead letters, unless somebody took it away there without a word here. */
  dead: readonly ReasonNow[];
  /** How many rows were read, and whether those are all. */
  read: number;
  isWhole: boolean;
}>;

/** A webhook that is in the dead letters, as far as anybody knows. */
export type DeadEvent = Readonly<{
  type: string;
  /** In which it failed first: `YYYY-MM-DDTHH` of UTC. */
  hour: string;
}>;

const rowSchema = z.object({
  webhookId: z.string(),
  type: z.optional(z.string()),
  lastReason: z.string(),
  firstAt: z.string(),
  lastAt: z.string(),
  attempts: z.number(),
  isFinal: z.boolean(),
});
type Row = z.infer<typeof rowSchema>;

const rowsAtOnce = 1_000;
const mostPages = 5;

/** A message comes again a quarter of an hour after a failure at the latest; what has not failed since is not retried. */
const longestSilenceMs = 20 * 60_000;

/** SQS deletes dead letters after that; their rows stay longer. */
const lettersKeptMs = 14 * 86_400_000;

/** The failures of now by their reason. Reads at most 5,000 rows, and says whether those are all. */
export async function failuresNow(
  db: DynamoDBDocumentClient,
  table: string,
  now: Date,
): Promise<FailuresNow> {
  const { rows, isWhole } = await readRows(db, table);
  const { retried = [], dead = [] } = Object.groupBy(rows, (row) => stageOf(row, now));
  return { retried: byReason(retried), dead: byReason(dead), read: rows.length, isWhole };
}

/** The webhooks among the same rows that are in the dead letters. */
export async function deadEvents(
  db: DynamoDBDocumentClient,
  table: string,
  now: Date,
): Promise<DeadEvent[]> {
  const { rows } = await readRows(db, table);
  return rows
    .filter((row) => isOfWebhook(row) && stageOf(row, now) === 'dead')
    .map(({ type = 'unknown', firstAt }) => ({ type, hour: firstAt.slice(0, 13) }));
}

/** What the worker is asked for besides, also under the id of a webhook that got through before. */
const requests: ReadonlySet<string> = new Set<WorkerRequest['kind']>([
  'erasure',
  'replay',
  'run',
  'resumption',
]);

/** Those of emails are named by a ledger key, which is a SHA-256 in base64url; those of SES by two words. */
function isOfWebhook({ webhookId, type = '' }: Row): boolean {
  return !requests.has(type) && !/^[\w-]{43}$|^(feedback|message) /.test(webhookId);
}

async function readRows(db: DynamoDBDocumentClient, table: string) {
  const rows: Row[] = [];
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const scan = new ScanCommand({ TableName: table, Limit: rowsAtOnce, ExclusiveStartKey });
    const { Items = [], LastEvaluatedKey } = await db.send(scan);
    for (const item of Items) {
      const row = rowSchema.safeParse(item);
      if (row.success) rows.push(row.data);
    }
    ExclusiveStartKey = LastEvaluatedKey;
    if (!ExclusiveStartKey) break;
  }
  return { rows, isWhole: ExclusiveStartKey === undefined };
}

function stageOf({ isFinal, attempts, lastAt }: Row, now: Date): 'retried' | 'dead' | 'over' {
  const silentMs = now.getTime() - Date.parse(lastAt);
  if (silentMs > lettersKeptMs) return 'over';
  const isGivenUp = attempts % mostReceives === 0 || silentMs > longestSilenceMs;
  return isFinal || isGivenUp ? 'dead' : 'retried';
}

function byReason(rows: readonly Row[]): ReasonNow[] {
  const groups = Map.groupBy(rows, ({ lastReason }) => lastReason);
  return [...groups]
    .flatMap(([reason, ofReason]) => {
      const [oldest] = [...ofReason].sort((a, b) => (a.firstAt < b.firstAt ? -1 : 1));
      if (!oldest) return [];
      const { webhookId: failureId, firstAt: since } = oldest;
      return [{ reason, count: ofReason.length, failureId, since }];
    })
    .sort((a, b) => b.count - a.count);
}
