import * as z from 'zod/mini';
import { polarEvent } from '../polar/polar-event.ts';
import type { Recorded, ReplayWrite } from './audience-store.ts';
import { decide } from './decide.ts';
import type { EventRecord, ReplayEntry } from './event-record.ts';
import type { Surroundings } from './identity.ts';
import type { Workflow } from './workflow.ts';
import type { Known, Load, Steps } from './workspace.ts';

/**
 * A person has a recorded event run again, with the settings and workflows of now. `triggers`: workflows see it, too.
 * `again`: it may send emails that were sent before, once for each `replayId`.
 */
export const replaySchema = z.object({
  replayId: z.string().check(z.minLength(1)),
  webhookId: z.string().check(z.minLength(1)),
  triggers: z.boolean(),
  again: z.boolean(),
  by: z.string(),
  at: z.string(),
});
export type Replay = z.infer<typeof replaySchema>;

export type Replayed =
  | Readonly<{ kind: 'replayed' | 'duplicate'; record: EventRecord; entry: ReplayEntry }>
  | Readonly<{ kind: 'no-record' }>;

type ReplayDecision =
  | Load
  | {
      kind: 'commit';
      steps: Steps | undefined;
      replay?: ReplayWrite;
      replayed: Replayed;
    };

type Result = Pick<
  ReplayEntry,
  'outcome' | 'reason' | 'changes' | 'workflows' | 'contactId' | 'erases'
>;

/** What a replay does, and the entry that says so in the record of the event. Pure. One `replayId` counts once. */
export function decideReplay(
  replay: Replay,
  recorded: Recorded | undefined,
  known: Known,
  surroundings: Surroundings,
  workflows: readonly Workflow[],
): ReplayDecision {
  if (!recorded) return { kind: 'commit', steps: undefined, replayed: { kind: 'no-record' } };
  const { record } = recorded;
  const earlier = record.replays?.find(({ replayId }) => replayId === replay.replayId);
  if (earlier) {
    const replayed = { kind: 'duplicate', record, entry: earlier } as const;
    return { kind: 'commit', steps: undefined, replayed };
  }
  const event = eventOf(recorded);
  if (typeof event === 'string') {
    const result: Result = { outcome: 'skipped', reason: event, changes: [] };
    return appended(replay, record, result, surroundings, { steps: undefined });
  }
  const considered = replay.triggers ? workflows : [];
  const againAs = replay.again ? replay.replayId : undefined;
  const decision = decide(event, known, surroundings, considered, againAs);
  if (decision.kind === 'load') return decision;
  const { steps, record: decided } = decision;
  return appended(replay, record, decided, surroundings, { steps, email: decided.email });
}

/** The event as it came, or why it cannot be run again. */
function eventOf({ record, payload }: Recorded) {
  if (record.erased) return 'The customer was erased, and the payload with it.';
  if (payload === undefined) {
    return 'The payload is not there: it was too large to be kept beside the record.';
  }
  const parsed = polarEvent(payload);
  if (parsed.kind === 'unreadable') return `The payload cannot be read. ${parsed.reason}`;
  return { ...parsed.event, webhookId: record.webhookId, receivedAt: record.receivedAt };
}

function appended(
  { replayId, webhookId, triggers, again, by, at }: Replay,
  record: EventRecord,
  { outcome, reason, changes, workflows, contactId, erases }: Result,
  { settings }: Surroundings,
  { steps, email }: { steps: Steps | undefined; email?: string | undefined },
): ReplayDecision {
  const entry: ReplayEntry = {
    ...{ replayId, at, by, triggers, again, outcome, changes },
    settingsVersion: settings.version,
    ...(reason !== undefined && { reason }),
    ...(workflows && { workflows }),
    ...(contactId !== undefined && { contactId }),
    ...(erases && { erases }),
  };
  const replay: ReplayWrite = {
    webhookId,
    replays: kept([...(record.replays ?? []), entry]),
    replayCount: (record.replayCount ?? 0) + 1,
    wasErased: record.erased ?? false,
    ...(record.contactId === undefined && contactId !== undefined && { contactId }),
    ...(record.email === undefined && email !== undefined && { email }),
  };
  return { kind: 'commit', steps, replay, replayed: { kind: 'replayed', record, entry } };
}

const mostReplays = 20;
/** With a payload of the largest size the record must still fit into one item. */
const mostCharacters = 60_000;

/** The newest that fit; the last one always stays. */
function kept(replays: readonly ReplayEntry[]): ReplayEntry[] {
  let left = replays.slice(-mostReplays);
  while (left.length > 1 && JSON.stringify(left).length > mostCharacters) left = left.slice(1);
  return left;
}
