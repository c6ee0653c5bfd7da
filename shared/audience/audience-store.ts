import type { EventRecord } from './event-record.ts';
import type { Known, RowKey, Steps } from './workspace.ts';

/** What one decision writes, all or nothing. `payload` is the body of the webhook, kept beside its record. */
export type Commit = Readonly<{
  steps: Steps | undefined;
  record?: EventRecord;
  payload?: string;
}>;

export type CommitResult =
  | { kind: 'committed' }
  /** Another commit changed a row that this one had read: load and decide again. */
  | { kind: 'conflict' }
  /** There is a record with this webhook id; nothing was written. */
  | { kind: 'duplicate'; record: EventRecord };

export type AudienceStore = Readonly<{
  /** The rows as they are now, read consistently; each asked key is in the answer. */
  load(keys: readonly RowKey[]): Promise<Known>;
  /** Writes atomically, or not at all. Throws when it is not known whether it was written: repeat it. */
  commit(commit: Commit): Promise<CommitResult>;
}>;
