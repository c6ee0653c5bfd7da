import type { EventRecord, ReplayEntry } from './event-record.ts';
import type { Known, RowKey, Steps } from './workspace.ts';

/** What one decision writes, all or nothing. `payload` is the body of the webhook, kept beside its record. */
export type Commit = Readonly<{
  steps: Steps | undefined;
  record?: EventRecord;
  payload?: string;
  replay?: ReplayWrite;
}>;

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
  email?: string;
}>;

/** The record of an event and the body of its webhook, as far as that was kept. */
export type Recorded = Readonly<{ record: EventRecord; payload: string | undefined }>;

export type CommitResult =
  | { kind: 'committed' }
  /** Another commit changed a row, or the record, that this one had read: load and decide again. */
  | { kind: 'conflict' }
  /** There is a record with this webhook id; nothing was written. */
  | { kind: 'duplicate'; record: EventRecord };

export type AudienceStore = Readonly<{
  /** The rows as they are now, read consistently; each asked key is in the answer. */
  load(keys: readonly RowKey[]): Promise<Known>;
  /** Read consistently; `undefined` when there is no such record, or not any more. */
  recorded(webhookId: string): Promise<Recorded | undefined>;
  /** Writes atomically, or not at all. Throws when it is not known whether it was written: repeat it. */
  commit(commit: Commit): Promise<CommitResult>;
}>;
