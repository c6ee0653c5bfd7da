import * as z from 'zod/mini';
import { polarEvent } from '#shared/polar/event.ts';
import type { NormalisedEmail } from './address.ts';
import { decide, readFirst } from './decide.ts';
import type { Email } from './email.ts';
import type { EventRecord, ReplayEntry } from './event-record.ts';
import { emailOf } from './identity.ts';
import { judgeMail } from './judge-mail.ts';
import {
  type AudienceStore,
  type Deciding,
  decided,
  type Means,
  type Recorded,
  type ReplayWrite,
  type Step,
  type Steps,
  type Stored,
  type Surroundings,
  settleRecord,
  type Verdict,
} from './unit-of-work.ts';
import type { Workflow } from './workflow.ts';

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
  const againAs = replay.again ? replay.replayId : undefined;
  return {
    first: readFirst(event),
    decide: (w) => {
      const decided = decide(w, event, surroundings, considered, againAs);
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

/** An email that a replay asks for: whether it would go, as far as can be told now, else why not. */
export type RehearsedMail = Readonly<{
  workflowId: string;
  name: string;
  ledgerKey: string;
  goes: boolean;
  reason?: string;
}>;

export type Rehearsal =
  | Readonly<{ kind: 'no-record' }>
  | Readonly<{
      kind: 'rehearsed';
      record: EventRecord;
      /** What the record would say of the replay. */
      entry: ReplayEntry;
      mails: readonly RehearsedMail[];
    }>;

/**
 * What a replay would do if it ran now. Reads only. The mailer looks again before it sends, so an email that would go
 * now may still be held back then.
 */
export async function rehearseReplay(
  replay: Replay,
  {
    store,
    surroundings,
    workflows,
    emailUnder,
    hasSender,
  }: {
    store: Pick<AudienceStore, 'load' | 'recorded'>;
    surroundings: Surroundings;
    workflows: readonly Workflow[];
    /** What the ledger says of a key. */
    emailUnder: (ledgerKey: string) => Promise<Email | undefined>;
    hasSender: boolean;
  },
): Promise<Rehearsal> {
  const recorded = await store.recorded(replay.webhookId);
  const deciding = decideReplay(replay, recorded, surroundings, workflows);
  const { steps, said: replayed } = await decided(store, deciding);
  if (replayed.kind === 'no-record') return replayed;
  const { record, entry } = replayed;
  const after = await audienceAfter(steps, record.customerId, store);
  const mails: RehearsedMail[] = [];
  for (const { workflowId, name, ledgerKey } of entry.workflows ?? []) {
    if (ledgerKey === undefined) continue;
    const verdict = judgeMail({
      ...after,
      workflow: workflows.find((one) => one.workflowId === workflowId),
      record,
      settings: surroundings.settings,
      now: surroundings.now,
      hasSender,
      wasSentBefore: false,
    });
    const reason =
      reasonInLedger(await emailUnder(ledgerKey)) ??
      (verdict.kind === 'block' ? verdict.reason : undefined);
    const goes = reason === undefined;
    mails.push({ workflowId, name, ledgerKey, goes, ...(!goes && { reason }) });
  }
  return { kind: 'rehearsed', record, entry, mails };
}

function reasonInLedger(email: Email | undefined): string | undefined {
  switch (email?.state) {
    case 'sent':
      return 'It was sent before.';
    case 'unknown':
      return 'Nobody knows yet whether it was sent before.';
    case 'reserved':
    case 'waiting':
      return 'It is on its way already.';
    default:
      return undefined;
  }
}

/** The rows that decide on an email, as they would be after these steps. */
async function audienceAfter(
  steps: Steps | undefined,
  customerId: string,
  store: Pick<AudienceStore, 'load'>,
) {
  const { customers } = await store.load([{ kind: 'customers', key: customerId }]);
  const customer = rowAfter(steps?.customers, customerId, customers);
  const email = emailOf(customer);
  if (email === undefined) return { customer, contact: undefined, suppression: undefined };
  const { contacts, suppressions } = await store.load([
    { kind: 'contacts', key: email },
    { kind: 'suppressions', key: email },
  ]);
  const contact = rowAfter(steps?.contacts, email, contacts);
  return {
    customer,
    contact: contact?.customerId === customerId ? contact : undefined,
    suppression: rowAfter(steps?.suppressions, email, suppressions),
  };
}

function rowAfter<K, T>(
  steps: readonly Step<T, K>[] = [],
  key: K,
  known: ReadonlyMap<K, Stored<T>>,
): T | undefined {
  const step = steps.find((one) => one.key === key);
  if (step?.act === 'put') return step.row;
  return step?.act === 'delete' ? undefined : known.get(key)?.row;
}
