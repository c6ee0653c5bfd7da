import { randomUUID } from 'node:crypto';
import {
  type Backfilled,
  type BackfillParts,
  backfill,
  type DeletionChoice,
  type Deletions,
} from '#infra/commands/backfill/run.ts';
import { type FakePolarOptions, startFakePolar } from '#infra/local/polar-server/polar-server.ts';
import { northlight } from '#infra/local/polar-server/polar-state.ts';
import { applyEvent } from '#shared/audience/apply-event.ts';
import type { BackfillPlace } from '#shared/audience/backfill/compare.ts';
import type { FoundDrift } from '#shared/audience/backfill/page.ts';
import { isDeletedByBackfill } from '#shared/audience/deletion.ts';
import type { AudienceStore } from '#shared/audience/rows/unit-of-work.ts';
import { defaultSettings, type Settings } from '#shared/audience/settings/settings.ts';
import { polarApi } from '#shared/polar/api.ts';
import { polarEvent } from '#shared/polar/event.ts';
import { customer } from '#shared/polar/sample/sample-customer.ts';
import { sampleCustomerId, uuidOf } from '#shared/polar/sample/sample-values.ts';
import { organizationIn } from '#shared/store/events/organization-of-customer.ts';
import { memoryAudienceStore } from '#test/fakes/memory-audience-store.ts';

export type BackfillAtWork = Awaited<ReturnType<typeof startBackfillAtWork>>;

type Run = Readonly<{
  since?: string;
  isDryRun?: boolean;
  from?: BackfillPlace | undefined;
  settings?: Partial<Settings>;
  parts?: Partial<BackfillParts>;
  save?: (place: BackfillPlace) => Promise<void>;
  isMixed?: boolean;
  deletions?: (deletions: Deletions) => Promise<DeletionChoice>;
}>;

export type Audience = ReturnType<typeof memoryAudience>;

/** An audience in memory that counts what is asked of it. */
export function memoryAudience() {
  const { store, rows, records } = memoryAudienceStore();
  const calls = { load: 0, commit: 0 };
  const counting: AudienceStore = {
    ...store,
    load: (keys) => {
      calls.load += 1;
      return store.load(keys);
    },
    commit: (commit) => {
      calls.commit += 1;
      return store.commit(commit);
    },
  };
  async function* living() {
    const customers = [...rows.customers.values()];
    yield customers.filter(({ row }) => !row.deletion && !row.erased).map(({ row }) => row);
  }
  async function* deletedByBackfill() {
    const customers = [...rows.customers.values()].filter(({ row }) => isDeletedByBackfill(row));
    yield customers.map(({ row }) => ({
      customerId: row.customerId,
      webhookId: row.deletion?.webhookId ?? '',
    }));
  }
  async function organizationOf(id: string) {
    const told = [...records.values()].filter(({ record }) => record.customerId === id);
    return told.map(({ payload }) => organizationIn(payload)).find((one) => one !== undefined);
  }
  return { store: counting, rows, records, calls, living, organizationOf, deletedByBackfill };
}

/** A fake Polar and the audience of a deployment that has heard nothing of it yet. */
export async function startBackfillAtWork(options: FakePolarOptions = {}) {
  const polar = await startFakePolar(options);
  const token = polar.organizationToken();
  const audience = memoryAudience();
  const found: FoundDrift[] = [];
  const pauses: number[] = [];
  const api = polarApi({
    baseUrl: polar.url,
    token: async () => token,
    pause: async (ms) => void pauses.push(ms),
  });

  const partsOf = (
    { store, living, organizationOf }: Audience,
    settings: Partial<Settings> = {},
  ) => ({
    api,
    organizationId: northlight.id,
    store,
    settings: { ...defaultSettings, ...settings },
    living,
    organizationOf,
    now: () => new Date(),
    newId: randomUUID,
    pause: async () => undefined,
  });

  /** Agrees to few deletions unless told otherwise. */
  async function attempt(
    { since, isDryRun = false, from, isMixed, settings, parts, save, deletions }: Run = {},
    on: Audience = audience,
  ): Promise<Backfilled> {
    found.length = 0;
    return backfill(
      { ...partsOf(on, settings), ...parts },
      { since, isDryRun, from, isMixed },
      {
        found: (drift) => void found.push(drift),
        progress: () => undefined,
        save: save ?? (async () => undefined),
        isStopped: () => false,
        deletions:
          deletions ?? (async ({ gone, most }) => (gone.length > most ? 'stop' : 'delete')),
      },
    );
  }

  /** One that is not refused. */
  async function run(wish: Run = {}, on: Audience = audience) {
    const backfilled = await attempt(wish, on);
    if (backfilled.kind === 'refused') throw new Error(backfilled.reason);
    return backfilled;
  }

  let heard = 0;
  /** A webhook of Polar's, applied as the worker would. */
  async function hear(type: string, data: object, timestamp = new Date().toISOString()) {
    heard += 1;
    const payload = JSON.stringify({ type, timestamp, data });
    const parsed = polarEvent(payload);
    if (parsed.kind === 'unreadable') throw new Error(parsed.reason);
    const received = { webhookId: `evt-${heard}`, receivedAt: timestamp };
    const { settings, now, newId, pause } = partsOf(audience);
    const surroundings = { settings, now: now(), newId };
    const means = { store: audience.store, surroundings, workflows: [], pause };
    await applyEvent({ ...parsed.event, ...received }, payload, means);
  }

  return {
    polar,
    pauses,
    audience,
    found,
    run,
    attempt,
    partsOf,
    hear,
    /** An event of the page Test event. */
    madeUp: (email: string) => {
      const who = { customerId: sampleCustomerId(email), email, name: '', externalId: null };
      return hear('customer.created', customer({ ...who, isNew: true }, new Date()));
    },
    /** Changes customers of Polar's as the merchant would, without a webhook. */
    change(index: number, changes: object, at = new Date()) {
      const row = polar.state.customers[index];
      if (!row) throw new Error(`There is no customer ${index}`);
      Object.assign(row, changes, { modified_at: at.toISOString() });
      return row;
    },
    add(email: string, at = new Date()) {
      const person = {
        customerId: uuidOf(`customer ${email}`),
        email,
        name: email,
        externalId: null,
        isNew: true,
      };
      polar.state.customers.push(customer(person, at));
      return person.customerId;
    },
    contact: (email: string) => audience.rows.contacts.get(email)?.row,
    customer: (id: string) => audience.rows.customers.get(id)?.row,
  };
}

/** The rows of an audience, without the times and ids that each run makes anew. */
export function contentOf({ rows }: Audience) {
  const sorted = <T>(table: Map<string, { row: T }>) =>
    [...table].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { row }]) => row);
  return {
    customers: sorted(rows.customers).map(({ contact: _, ...row }) => row),
    contacts: sorted(rows.contacts).map(
      ({ contactId: _, createdAt: _c, updatedAt: _u, ...contact }) => contact,
    ),
    addresses: sorted(rows.addresses),
  };
}
