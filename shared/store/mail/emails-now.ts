import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Email, emailSchema } from '#shared/audience/emails/email.ts';
import { type StateOrHeld, stateOrHeld } from '#shared/audience/emails/email-fate.ts';
import { listShards, rowsOf } from '#shared/store/dynamo.ts';
import { readable } from '#shared/store/readable.ts';
import { type ReportedEmail, reportedEmailSchema } from './emails.ts';

type State = Email['state'];

/** Emails of any age about which something is left to do: reserved, waiting, held or unknown. */
export type OpenEmails = Readonly<{
  /** The newest first. */
  openEmails: readonly ReportedEmail[];
  open: ReadonlyMap<StateOrHeld, number>;
  /** Since when SES has put off the one that waits the longest. */
  waitingSince: string | undefined;
  /** Whether all of them are here: only 800 are read. */
  hasAllOpen: boolean;
}>;

export type EmailsNow = OpenEmails &
  Readonly<{
    /** How many of the workflows' emails that began since then are in which state. */
    since: string;
    byState: ReadonlyMap<StateOrHeld, number>;
    /** Whether all that began since then are in `byState`: only the newest 2,000 of a workflow are read. */
    hasAllOfDay: boolean;
  }>;

const dayMs = 24 * 3_600_000;

/** Of each shard. With eight shards that is 2,000 emails of a workflow, and 800 open ones. */
const mostOfDay = 250;
const mostOpen = 100;

const shards = Array.from({ length: listShards }, (_, shard) => String(shard));
const fated = z.pick(emailSchema, { state: true, heldSince: true });
const keys = z.array(z.pick(emailSchema, { ledgerKey: true }));
const openSchema = z.pick(emailSchema, { state: true, waitingSince: true, heldSince: true });

/** How many emails that began since then are in which state. */
export type EmailsOfDay = (
  workflowIds: readonly string[],
  since: string,
) => Promise<Pick<EmailsNow, 'byState'> & { isWhole: boolean }>;

/** From the emails themselves: some queries for each workflow. */
function dynamoEmailsOfDay(db: DynamoDBDocumentClient, table: string): EmailsOfDay {
  async function sinceThen(workflowId: string, shard: string, since: string) {
    const { Items, LastEvaluatedKey } = await db.send(
      new QueryCommand({
        TableName: table,
        IndexName: 'byWorkflow',
        KeyConditionExpression: 'workflowShard = :shard AND createdAt >= :since',
        ExpressionAttributeValues: { ':shard': `${shard}#${workflowId}`, ':since': since },
        ProjectionExpression: '#state, heldSince',
        ExpressionAttributeNames: { '#state': 'state' },
        ScanIndexForward: false,
        Limit: mostOfDay,
      }),
    );
    return { emails: readable(fated, Items), isWhole: LastEvaluatedKey === undefined };
  }

  return async (workflowIds, since) => {
    const parts = await Promise.all(
      workflowIds.flatMap((id) => shards.map((shard) => sinceThen(id, shard, since))),
    );
    const emails = parts.flatMap((part) => part.emails);
    return {
      byState: counted(emails),
      isWhole: parts.every(({ isWhole }) => isWhole),
    };
  };
}

/** The open emails of all workflows, from an index that lags by moments. */
export function dynamoOpenEmails(db: DynamoDBDocumentClient, table: string) {
  async function openIn(shard: string) {
    const { Items, LastEvaluatedKey } = await db.send(
      new QueryCommand({
        TableName: table,
        IndexName: 'byDue',
        KeyConditionExpression: 'dueShard = :shard',
        ExpressionAttributeValues: { ':shard': shard },
        Limit: mostOpen,
      }),
    );
    const ledgerKeys = keys.parse(Items ?? []).map(({ ledgerKey }) => ledgerKey);
    return { ledgerKeys, isWhole: LastEvaluatedKey === undefined };
  }

  return async (): Promise<OpenEmails> => {
    const open = await Promise.all(shards.map(openIn));
    const openKeys = open.flatMap(({ ledgerKeys }) => ledgerKeys);
    const rows = await rowsOf(db, { table, key: 'ledgerKey' }, openKeys);
    const isOpen = ({ state }: Pick<Email, 'state'>) => isStillOpen.includes(state);
    const openNow = readable(openSchema, [...rows.values()]).filter(isOpen);
    const waiting = openNow.flatMap(({ state, waitingSince }) =>
      state === 'waiting' && waitingSince !== undefined ? [waitingSince] : [],
    );
    return {
      open: counted(openNow),
      openEmails: newestFirst(readable(reportedEmailSchema, [...rows.values()]).filter(isOpen)),
      waitingSince: waiting.sort()[0],
      hasAllOpen: open.every((shard) => shard.isWhole),
    };
  };
}

/**
 * How the emails of these workflows are, from indexes that lag by moments. Reads a bounded number of rows, however
 * many there are. `ofDay`: where the numbers of the last day come from.
 */
export function dynamoEmailsNow(
  db: DynamoDBDocumentClient,
  table: string,
  ofDay: EmailsOfDay = dynamoEmailsOfDay(db, table),
) {
  const openEmails = dynamoOpenEmails(db, table);
  return async (workflowIds: readonly string[], now: Date): Promise<EmailsNow> => {
    const since = new Date(now.getTime() - dayMs).toISOString();
    const [{ byState, isWhole }, open] = await Promise.all([
      ofDay(workflowIds, since),
      openEmails(),
    ]);
    return { since, byState, hasAllOfDay: isWhole, ...open };
  };
}

function newestFirst(emails: readonly ReportedEmail[]): ReportedEmail[] {
  return emails.toSorted((a, b) => (a.createdAt > b.createdAt ? -1 : 1));
}

/** The index may still hold one that is over by now. */
const isStillOpen: readonly State[] = ['reserved', 'waiting', 'unknown'];

function counted(
  emails: readonly Pick<Email, 'state' | 'heldSince'>[],
): ReadonlyMap<StateOrHeld, number> {
  const groups = Map.groupBy(emails, stateOrHeld);
  return new Map([...groups].map(([state, ofState]) => [state, ofState.length]));
}
