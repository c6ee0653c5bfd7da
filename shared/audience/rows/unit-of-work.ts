import type { EventRecord, ReplayEntry } from '#shared/audience/event-record.ts';
import type { NormalisedEmail } from '#shared/audience/person/address.ts';
import type { Contact } from '#shared/audience/person/person.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import {
  type Erased,
  type Known,
  nothingKnown,
  type Reading,
  type RowKey,
  type Steps,
  together,
  type Workspace,
  workspace,
} from './workspace.ts';

/** A new record, and the body of its webhook, kept beside it. */
export type RecordWrite = Readonly<{ record: EventRecord; payload?: string }>;

/** What one decision writes, all or nothing, but for what `stateBeforeRecord` lets go first. */
export type Commit = Readonly<{
  steps: Steps | undefined;
  /** Of events that were decided after that of `record`, on the rows that it left. */
  later?: readonly RecordWrite[];
  replay?: ReplayWrite;
  /** Who is erased by it, of which proofs are kept. */
  erased?: readonly Erased[];
}> &
  Partial<RecordWrite>;

/**
 * Puts the replays of an event into its record. Holds only while the record is there, has been replayed no more than
 * `replayCount - 1` times and is erased, or not, as it was when it was read. `contactId` and `email` are for a record
 * that has none yet.
 */
export type ReplayWrite = Readonly<{
  webhookId: string;
  replays: readonly ReplayEntry[];
  replayCount: number;
  wasErased: boolean;
  contactId?: string;
  email?: NormalisedEmail;
}>;

/** The record of an event and the body of its webhook, as far as that was kept. */
export type Recorded = Readonly<{ record: EventRecord; payload: string | undefined }>;

export type CommitResult =
  | { kind: 'committed' }
  /** Another commit changed a row, or the record, that this one had read, or made a later record: load and decide again. */
  | { kind: 'conflict' }
  /** There is a record with this webhook id; nothing was written but what may go before one. */
  | { kind: 'duplicate'; record: EventRecord };

export type AudienceStore = Readonly<{
  /** The rows as they are now, read consistently; each asked key is in the answer. */
  load(keys: readonly RowKey[]): Promise<Known>;
  /** Read consistently; `undefined` when there is no such record, or not any more. */
  recorded(webhookId: string): Promise<Recorded | undefined>;
  /**
   * Writes atomically, or not at all; where `stateBeforeRecord` lets the customer's row go first, perhaps that alone.
   * Throws when it is not known whether it was written: decide again.
   */
  commit(commit: Commit): Promise<CommitResult>;
}>;

/** What it takes to change the audience. `pause` waits a while between lost races. */
export type Means = Readonly<{
  store: AudienceStore;
  surroundings: Surroundings;
  pause: (lostRaces: number) => Promise<void>;
}>;

/** What a decision has to say, and what is written beside the rows that it changed in its workspace. */
export type Verdict<T> = Readonly<{ said: T }> & Omit<Commit, 'steps'>;

/**
 * A decision on rows: pure, and made again whenever a row that it looked at was not read yet, or has changed since.
 * `first`: rows to read before it is made at all, which saves calls where they are known.
 */
export type Deciding<T> = Readonly<{ first?: readonly RowKey[]; decide: (w: Workspace) => T }>;

const longestRace = 20;

/**
 * Load, decide, commit; again from the start when another worker changed what the decision had seen. Returns what the
 * decision said. Throws after twenty lost races, with nothing written.
 */
export async function settle<T>(
  store: AudienceStore,
  decide: (w: Workspace) => T,
  pause: Means['pause'],
): Promise<T> {
  const begin = async () => ({ decide: (w: Workspace) => ({ said: decide(w) }) });
  return (await settleRecord(store, begin, pause)).said;
}

/** The same for a decision that also writes a record. `begin` reads what it needs beside rows, again after each race. */
export async function settleRecord<T>(
  store: AudienceStore,
  begin: () => Promise<Deciding<Verdict<T>>>,
  pause: Means['pause'],
): Promise<{ said: T; result: Exclude<CommitResult, { kind: 'conflict' }> }> {
  for (let lostRaces = 0; lostRaces < longestRace; lostRaces++) {
    if (lostRaces > 0) await pause(lostRaces);
    const { said, ...commit } = await decided(store, await begin());
    const isEmpty = !commit.steps && !commit.record && !commit.replay;
    const result = isEmpty ? { kind: 'committed' as const } : await store.commit(commit);
    if (result.kind !== 'conflict') return { said, result };
  }
  throw new Error(`Other workers changed the same customer ${longestRace} times in a row.`);
}

/** What a decision comes to when it has every row that it looks at. Writes nothing. */
export async function decided<T extends object>(
  store: Pick<AudienceStore, 'load'>,
  { first = [], decide }: Deciding<T>,
): Promise<T & { steps: Steps | undefined; erased?: readonly Erased[] }> {
  let known = first.length > 0 ? await store.load(first) : nothingKnown;
  for (;;) {
    const w = workspace(known);
    const decision = decide(w);
    const missing = w.missing();
    if (missing.length === 0) {
      const erased = w.erased();
      return { ...decision, steps: w.steps(), ...(erased.length > 0 && { erased }) };
    }
    known = together(known, await store.load(missing));
  }
}

/** What a decision would find now. Writes nothing, so it holds only for a moment. */
export async function look<T>(
  store: Pick<AudienceStore, 'load'>,
  see: (w: Reading) => T,
): Promise<T> {
  const { found } = await decided(store, { decide: (w) => ({ found: see(w) }) });
  return found;
}

/** What a decision needs beside rows: the time, and ids for contacts that it makes. */
export type Surroundings = Readonly<{ now: Date; newId: () => string; settings: Settings }>;

/**
 * The same for each time that one decision is made: its nth id stays the same. A decision that reads by an id which it
 * made itself would else never have all that it reads.
 */
export function withSameIds({ newId, ...rest }: Surroundings): () => Surroundings {
  const made: string[] = [];
  return () => {
    let asked = 0;
    const sameId = () => {
      const id = made[asked] ?? newId();
      made[asked] = id;
      asked += 1;
      return id;
    };
    return { ...rest, newId: sameId };
  };
}

type FoundContact = Readonly<{
  /** The contact that has this id, or had it before it became one with another; `undefined` when none is shown. */
  contact: Contact | undefined;
  /** Every address that the contact or its customers have or had, as far as that is still known. */
  addresses: readonly NormalisedEmail[];
  /** How those are known to be spelled. */
  spellings: readonly string[];
}>;

export type ContactLookup = (
  who: Readonly<{ contactId: string; customerId?: string | undefined }>,
) => Promise<FoundContact>;
