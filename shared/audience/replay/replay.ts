import * as z from 'zod/mini';
import { decide, readFirst } from '#shared/audience/decide.ts';
import type { EventRecord, ReplayEntry } from '#shared/audience/event-record.ts';
import type { NormalisedEmail } from '#shared/audience/person/address.ts';
import {
  type AudienceStore,
  type Deciding,
  decided,
  type Means,
  type Recorded,
  type ReplayWrite,
  type Surroundings,
  settleRecord,
  type Verdict,
  withSameIds,
} from '#shared/audience/rows/unit-of-work.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { polarEvent } from '#shared/polar/event.ts';
import {
  type RehearsalParts,
  type RehearsedMail,
  type RehearsedRun,
  rehearsedMails,
  rehearsedRuns,
} from './rehearsal.ts';

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

type Replayed =
  | Readonly<{ kind: 'replayed' | 'duplicate'; record: EventRecord; entry: ReplayEntry }>
  | Readonly<{ kind: 'no-record' }>;

type Result = Pick<
  ReplayEntry,
  'outcome' | 'reason' | 'groupReason' | 'changes' | 'workflows' | 'contactId' | 'erases'
>;

/** What a replay does, and the entry that says so in the record of the event. Pure. One `replayId` counts once. */
function decideReplay(
  replay: Replay,
  recorded: Recorded | undefined,
  surroundings: Surroundings,
  workflows: readonly Workflow[],
): Deciding<Verdict<Replayed>> {
  if (!recorded) return { decide: () => ({ said: { kind: 'no-record' } }) };
  const { record } = recorded;
  const entry = record.replays?.find(({ replayId }) => replayId === replay.replayId);
  if (entry) return { decide: () => ({ said: { kind: 'duplicate', record, entry } }) };
  const event = eventOf(recorded);
  if (typeof event === 'string') {
    const result: Result = { outcome: 'skipped', reason: event, changes: [] };
    return { decide: () => appended(replay, record, result, surroundings) };
  }
  const considered = replay.triggers ? workflows : [];
  const around = withSameIds(surroundings);
  return {
    first: readFirst(event),
    decide: (w) => {
      const decided = decide(w, event, around(), considered, { replay });
      return appended(replay, record, decided, surroundings, decided.email);
    },
  };
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
  { outcome, reason, groupReason, changes, workflows, contactId, erases }: Result,
  { settings }: Surroundings,
  email?: NormalisedEmail,
): Verdict<Replayed> {
  const entry: ReplayEntry = {
    ...{ replayId, at, by, triggers, again, outcome, changes },
    settingsVersion: settings.version,
    ...(reason !== undefined && { reason }),
    ...(groupReason !== undefined && { groupReason }),
    ...(workflows && { workflows }),
    ...(contactId !== undefined && { contactId }),
    ...(erases && { erases }),
  };
  const write: ReplayWrite = {
    webhookId,
    replays: kept([...(record.replays ?? []), entry]),
    replayCount: (record.replayCount ?? 0) + 1,
    wasErased: record.erased ?? false,
    ...(record.contactId === undefined && contactId !== undefined && { contactId }),
    ...(record.email === undefined && email !== undefined && { email }),
  };
  return { said: { kind: 'replayed', record, entry }, replay: write };
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

/**
 * Runs a recorded event again and writes what it changes together with an entry in the record of the event. Safe to
 * repeat: of one `replayId` only the first run counts, and a repetition gives its entry back.
 */
export async function applyReplay(
  replay: Replay,
  { store, surroundings, workflows, pause }: Means & { workflows: readonly Workflow[] },
): Promise<Replayed> {
  const begin = async () => {
    const recorded = await store.recorded(replay.webhookId);
    return decideReplay(replay, recorded, surroundings, workflows);
  };
  return (await settleRecord(store, begin, pause)).said;
}

export type Rehearsal =
  | Readonly<{ kind: 'no-record' }>
  | Readonly<{
      kind: 'rehearsed';
      record: EventRecord;
      /** What the record would say of the replay. */
      entry: ReplayEntry;
      mails: readonly RehearsedMail[];
      runs: readonly RehearsedRun[];
    }>;

/**
 * What a replay would do if it ran now. Reads only. The mailer looks again before it sends, so an email that would go
 * now may still be held back then.
 */
export async function rehearseReplay(
  replay: Replay,
  parts: RehearsalParts & Readonly<{ store: Pick<AudienceStore, 'recorded'> }>,
): Promise<Rehearsal> {
  const { store, surroundings, workflows } = parts;
  const recorded = await store.recorded(replay.webhookId);
  const deciding = decideReplay(replay, recorded, surroundings, workflows);
  const { steps, said: replayed } = await decided(store, deciding);
  if (replayed.kind === 'no-record') return replayed;
  const { record, entry } = replayed;
  const mails = await rehearsedMails(record, entry.workflows, steps, parts);
  const runs = await rehearsedRuns(record, entry.workflows, steps, mails, parts);
  return { kind: 'rehearsed', record, entry, mails, runs };
}
