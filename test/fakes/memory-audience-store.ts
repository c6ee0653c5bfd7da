import type { EventRecord } from '#shared/audience/event-record.ts';
import { stateBeforeRecord } from '#shared/audience/rows/state-first.ts';
import type {
  AudienceStore,
  Commit,
  CommitResult,
  ReplayWrite,
} from '#shared/audience/rows/unit-of-work.ts';
import type {
  Erased,
  Kind,
  Known,
  RowKey,
  Rows,
  Step,
  Stored,
} from '#shared/audience/rows/workspace.ts';
import { copied } from './copied.ts';

/** The audience store in memory. `rows`, `records` and `proofs` are there for tests to look at. */
export function memoryAudienceStore() {
  const rows = {
    customers: new Map<string, NonNullable<Stored<Rows['customers']>>>(),
    addresses: new Map<string, NonNullable<Stored<Rows['addresses']>>>(),
    contacts: new Map<string, NonNullable<Stored<Rows['contacts']>>>(),
    suppressions: new Map<string, NonNullable<Stored<Rows['suppressions']>>>(),
    runs: new Map<string, NonNullable<Stored<Rows['runs']>>>(),
    emails: new Map<string, NonNullable<Stored<Rows['emails']>>>(),
    workflows: new Map<string, NonNullable<Stored<Rows['workflows']>>>(),
  };
  const records = new Map<string, { record: EventRecord; payload: string | undefined }>();
  const proofs: Erased[] = [];
  let revisions = 0;

  function read<K extends string, T>(
    table: Map<string, NonNullable<Stored<T>>>,
    keys: readonly Readonly<{ key: K }>[],
  ): Map<K, Stored<T>> {
    return new Map(keys.map(({ key }) => [key, copied(table.get(key) ?? null)]));
  }

  function holds<T>(
    table: Map<string, NonNullable<Stored<T>>>,
    steps: readonly Step<T>[],
  ): boolean {
    return steps.every(({ key, revision }) => (table.get(key)?.revision ?? null) === revision);
  }

  function write<T>(table: Map<string, NonNullable<Stored<T>>>, steps: readonly Step<T>[]): void {
    for (const step of steps) {
      if (step.act === 'delete') table.delete(step.key);
      if (step.act === 'put') {
        revisions += 1;
        table.set(step.key, { row: copied(step.row), revision: String(revisions) });
      }
    }
  }

  function together({
    steps,
    record,
    payload,
    later = [],
    replay,
    erased = [],
  }: Commit): CommitResult {
    const ids = [...(record ? [record] : []), ...later.map((one) => one.record)].map(
      ({ webhookId }) => webhookId,
    );
    if (new Set(ids).size < ids.length) throw new Error('One record, twice in a transaction.');
    const known = record && records.get(record.webhookId);
    if (known) return { kind: 'duplicate', record: known.record };
    if (later.some((one) => records.has(one.record.webhookId))) return { kind: 'conflict' };
    const replayed = replay && records.get(replay.webhookId);
    if (replay && !(replayed && isAsRead(replayed.record, replay))) return { kind: 'conflict' };
    if (steps) {
      const isFresh =
        holds(rows.customers, steps.customers) &&
        holds(rows.addresses, steps.addresses) &&
        holds(rows.contacts, steps.contacts) &&
        holds(rows.suppressions, steps.suppressions) &&
        holds(rows.runs, steps.runs ?? []);
      if (!isFresh) return { kind: 'conflict' };
      write(rows.customers, steps.customers);
      write(rows.addresses, steps.addresses);
      write(rows.contacts, steps.contacts);
      write(rows.suppressions, steps.suppressions);
      write(rows.runs, steps.runs ?? []);
    }
    if (record) records.set(record.webhookId, copied({ record, payload }));
    for (const { record, payload } of later) {
      records.set(record.webhookId, copied({ record, payload }));
    }
    if (replay && replayed) {
      const { replays, replayCount, contactId, email } = copied(replay);
      const added = { ...(contactId && { contactId }), ...(email && { email }) };
      Object.assign(replayed.record, { ...added, ...replayed.record, replays, replayCount });
    }
    proofs.push(...erased);
    return { kind: 'committed' };
  }

  const store: AudienceStore = {
    async load(keys): Promise<Known> {
      await Promise.resolve();
      const of = <K extends Kind>(kind: K) =>
        keys.filter((one): one is Extract<RowKey, { kind: K }> => one.kind === kind);
      return {
        customers: read(rows.customers, of('customers')),
        addresses: read(rows.addresses, of('addresses')),
        contacts: read(rows.contacts, of('contacts')),
        suppressions: read(rows.suppressions, of('suppressions')),
        runs: read(rows.runs, of('runs')),
        emails: read(rows.emails, of('emails')),
        workflows: read(rows.workflows, of('workflows')),
      };
    },

    async recorded(webhookId) {
      await Promise.resolve();
      return copied(records.get(webhookId));
    },

    async commit(commit: Commit): Promise<CommitResult> {
      await Promise.resolve();
      const state = stateBeforeRecord(commit);
      if (!state) return together(commit);
      if (!holds(rows.customers, [state])) return { kind: 'conflict' };
      write(rows.customers, [state]);
      // Others come in between, as they do between two calls.
      await Promise.resolve();
      return together({ ...commit, steps: undefined });
    },
  };

  return { store, rows, records, proofs };
}

function isAsRead({ replayCount = 0, erased = false }: EventRecord, replay: ReplayWrite): boolean {
  return replayCount === replay.replayCount - 1 && erased === replay.wasErased;
}
