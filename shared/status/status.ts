import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { within } from '#shared/in-time.ts';
import type { Connection, ConnectionParts } from '#shared/polar/connection/connection.ts';
import { type ConnectionHealth, connectionHealth } from '#shared/polar/connection/health.ts';
import {
  isPreviousAccepted,
  isPreviousEndless,
  type SigningSecrets,
} from '#shared/polar/webhook-secret.ts';
import type { DeadLetterQueue } from '#shared/queue/dead-letters/letter-reasons.ts';
import { type FailuresNow, failuresNow } from '#shared/queue/failures-now.ts';
import type { ReadQueueCounts } from '#shared/queue/queue-counts.ts';
import {
  dynamoEmailsNow,
  type EmailsNow,
  type EmailsOfDay,
} from '#shared/store/mail/emails-now.ts';
import type { Hold, HoldStore } from '#shared/store/mail/hold.ts';
import { type dynamoWorkflowVersions, mostRemoved } from '#shared/store/mail/workflow-versions.ts';

export type StatusParts = Readonly<{
  db: DynamoDBDocumentClient;
  queues: readonly DeadLetterQueue[];
  queueCounts: ReadQueueCounts;
  tables: Readonly<Record<'failures' | 'emails', string>>;
  workflows: Pick<ReturnType<typeof dynamoWorkflowVersions>, 'all' | 'removed'>;
  hold: Pick<HoldStore, 'read'>;
  settings: () => Promise<SettingsNow>;
  /** Where the numbers of the last day's emails come from; absent: from the emails themselves. */
  emailsOfDay?: EmailsOfDay;
  /** As this deployment is connected with Polar. */
  polar: Pick<ConnectionParts, 'connections' | 'webhookSecrets'> &
    Readonly<{ partsFor: (connection: Connection) => ConnectionParts }>;
  /** For how long the oldest message of a queue has waited; `undefined`: nobody can tell. */
  oldestSeconds: (queueUrl: string) => Promise<number | undefined>;
  /** How long Polar may take to answer. */
  polarMs: number;
  now: () => Date;
}>;

export type SettingsNow =
  | Readonly<{ isValid: true; version: number }>
  | Readonly<{ isValid: false; reason: string }>;

type QueueNow = Readonly<{
  name: DeadLetterQueue['name'];
  /** By SQS's counts, which lag by up to a minute. */
  waiting: number;
  inWork: number;
  /** To come later, as it was sent: within 15 minutes. */
  scheduled: number;
  oldestSeconds: number | undefined;
  deadLetters: number;
}>;

export type ConnectionNow =
  /** `hasSecret`: somebody may have connected it by hand. */
  | Readonly<{ kind: 'none'; hasSecret: boolean }>
  | Readonly<{ kind: 'seen'; connection: Connection; health: ConnectionHealth }>
  /** Polar did not tell in time. */
  | Readonly<{ kind: 'unseen'; connection: Connection }>;

export type Status = Readonly<{
  at: Date;
  queues: readonly QueueNow[];
  failures: FailuresNow;
  emails: EmailsNow;
  settings: SettingsNow;
  workflows: Readonly<{ active: readonly string[]; all: number }>;
  connection: ConnectionNow;
  /** Absent: mail goes out. */
  hold: Hold | undefined;
  /** Absent: there is none that counts. */
  previousSecret: Readonly<{ until: string | undefined; isEndless: boolean }> | undefined;
}>;

/**
 * How a deployment is at this moment: everything that whoever is on call asks first. Reads side by side, and of each
 * table a bounded number of rows. Throws where our own tables, queues or secrets cannot be read.
 */
export async function readStatus(parts: StatusParts): Promise<Status> {
  const { db, tables, polar } = parts;
  const at = parts.now();
  const { all, removed } = parts.workflows;
  const reading = { workflows: all(), secrets: polar.webhookSecrets.read() };
  const senders = async () => {
    // What was counted before knows by itself who sent what.
    if (parts.emailsOfDay) return [];
    const present = await reading.workflows;
    // What a removed workflow sent today was sent.
    const gone = (await removed(present)).slice(0, mostRemoved);
    return [...present, ...gone].map(({ workflowId }) => workflowId);
  };
  const [queues, failures, emails, workflows, settings, connection, secrets, hold] =
    await Promise.all([
      Promise.all(parts.queues.map((queue) => queueNow(queue, parts))),
      failuresNow(db, tables.failures, at),
      senders().then((ids) => dynamoEmailsNow(db, tables.emails, parts.emailsOfDay)(ids, at)),
      reading.workflows,
      parts.settings(),
      connectionNow(parts, reading.secrets),
      reading.secrets,
      parts.hold.read(),
    ]);
  const active = workflows.filter(({ status }) => status === 'active');
  return {
    ...{ at, queues, failures, emails, settings, connection },
    hold: hold?.isOn ? hold : undefined,
    workflows: { active: active.map(({ workflowId }) => workflowId), all: workflows.length },
    previousSecret: previousOf(secrets, at),
  };
}

async function queueNow(
  { name, url, sourceUrl }: DeadLetterQueue,
  { queueCounts, oldestSeconds }: StatusParts,
): Promise<QueueNow> {
  const [source, dead, oldest] = await Promise.all([
    queueCounts(sourceUrl),
    queueCounts(url),
    oldestSeconds(sourceUrl),
  ]);
  return {
    name,
    waiting: source.visible,
    inWork: source.hidden,
    scheduled: source.delayed,
    oldestSeconds: oldest,
    // Those that somebody looks at are dead letters all the same.
    deadLetters: dead.visible + dead.hidden,
  };
}

async function connectionNow(
  { polar, polarMs }: StatusParts,
  secrets: Promise<SigningSecrets>,
): Promise<ConnectionNow> {
  const connection = await polar.connections.read();
  if (!connection) return { kind: 'none', hasSecret: (await secrets).current !== '' };
  const asking = connectionHealth(polar.partsFor(connection), connection);
  const seen = asking.then((health) => ({ kind: 'seen' as const, connection, health }));
  // What Polar refuses is a finding of the health; only an answer that takes too long ends here.
  return Promise.race([
    seen,
    within(polarMs, () => seen).catch(() => ({ kind: 'unseen' as const, connection })),
  ]);
}

function previousOf(secrets: SigningSecrets, now: Date): Status['previousSecret'] {
  if (!isPreviousAccepted(secrets, now)) return undefined;
  return { until: secrets.previousUntil, isEndless: isPreviousEndless(secrets) };
}
