import type { ConsideredWorkflow, EventRecord } from '#shared/audience/event-record.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { type FailureRow, failureRowOf } from '#shared/queue/failures.ts';
import { rowsOf } from '#shared/store/dynamo.ts';
import { dynamoEventLog, type KeptEvent } from '#shared/store/events/event-log.ts';
import type { ReportedEmail } from '#shared/store/mail/emails.ts';
import { type SavedSettings, settingsOfVersion } from '#shared/store/settings/history.ts';
import { isMailReleased } from '../kit/email-view.ts';
import type { ConsoleParts } from '../parts.ts';

/** What it takes to answer what an event did, and why. */
export type EventStory = KeptEvent &
  Readonly<{
    /** Why it failed before it was recorded, if it did. */
    failure: FailureRow | undefined;
    /** By version; one that was not kept is missing. */
    settings: ReadonlyMap<number, SavedSettings>;
    /** By ledger key; one that is not in the ledger yet is missing. */
    emails: ReadonlyMap<string, ReportedEmail>;
    /** Whether mail is not held now: what was held of the emails goes out. */
    isReleased: boolean;
    mailFailures: ReadonlyMap<string, FailureRow>;
    /** The workflows that wait for events of this type at present. */
    waiting: readonly Workflow[];
  }>;

/** What is known of a webhook id without a record. */
export type Unrecorded = Readonly<{
  failure: FailureRow | undefined;
  /** The email whose ledger key it is. */
  email: ReportedEmail | undefined;
}>;

/** Reads what the pages of single events show. */
export function eventStories(parts: ConsoleParts) {
  const { db, env, emails, workflows, hold } = parts;
  const log = dynamoEventLog(db, env.EVENTS_TABLE);

  async function failures(ids: readonly string[]): Promise<Map<string, FailureRow>> {
    const rows = await rowsOf(db, { table: env.FAILURES_TABLE, key: 'webhookId' }, ids);
    const read = [...rows].map(([id, item]) => [id, failureRowOf(item)] as const);
    return new Map(read.flatMap(([id, row]) => (row ? [[id, row] as const] : [])));
  }

  async function story(kept: KeptEvent): Promise<EventStory> {
    const { record } = kept;
    const keys = ledgerKeysOf(record);
    const [rows, settings, found, all] = await Promise.all([
      failures([record.webhookId, ...keys.flatMap((key) => [key, `feedback ${key}`])]),
      byKey(versionsOf(record), (version) => settingsOfVersion(db, env.SETTINGS_TABLE, version)),
      byKey(keys, emails.find),
      workflows.all(),
    ]);
    return {
      ...kept,
      failure: rows.get(record.webhookId),
      settings,
      emails: found,
      isReleased: await isMailReleased(found.values(), hold),
      mailFailures: rows,
      waiting: all.filter(({ trigger }) => trigger.event === record.type),
    };
  }

  return {
    log,

    async find(webhookId: string): Promise<EventStory | undefined> {
      if (!canBeKey(webhookId)) return undefined;
      const kept = await log.find(webhookId);
      return kept && story(kept);
    },

    has: async (webhookId: string) => canBeKey(webhookId) && (await log.has(webhookId)),

    async unrecorded(id: string): Promise<Unrecorded> {
      if (!canBeKey(id)) return { failure: undefined, email: undefined };
      const [rows, email] = await Promise.all([
        failures([id, `feedback ${id}`, `message ${id}`].filter(canBeKey)),
        emails.find(id),
      ]);
      return { failure: [...rows.values()][0], email };
    },
  };
}

/** DynamoDB takes no longer ones. */
function canBeKey(id: string): boolean {
  return Buffer.byteLength(id) <= 2_048;
}

/** Each time that the event was decided: first when it came, then at each replay. */
function decisionsOf(record: EventRecord) {
  return [record, ...(record.replays ?? [])];
}

function versionsOf(record: EventRecord): number[] {
  return decisionsOf(record).map(({ settingsVersion }) => settingsVersion);
}

function ledgerKeysOf(record: EventRecord): string[] {
  const considered: readonly ConsideredWorkflow[] = decisionsOf(record).flatMap(
    ({ workflows = [] }) => workflows,
  );
  return [...new Set(considered.flatMap(({ ledgerKey }) => ledgerKey ?? []))];
}

async function byKey<K, T>(
  keys: readonly K[],
  find: (key: K) => Promise<T | undefined>,
): Promise<Map<K, T>> {
  const found = await Promise.all(
    [...new Set(keys)].map(async (key) => [key, await find(key)] as const),
  );
  return new Map(found.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}
