import type { AudienceStore } from './audience-store.ts';
import type { Email } from './email.ts';
import type { EventRecord, ReplayEntry } from './event-record.ts';
import { emailOf, type Surroundings } from './identity.ts';
import { judgeMail } from './judge-mail.ts';
import { decideReplay, type Replay } from './replay.ts';
import { decided } from './settle.ts';
import type { Workflow } from './workflow.ts';
import type { Kind, Known, Rows, Step, Steps } from './workspace.ts';

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
  const { steps, replayed } = await decided(store, (known) =>
    decideReplay(replay, recorded, known, surroundings, workflows),
  );
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
  const row = async <K extends Kind>(kind: K, key: string): Promise<Rows[K] | undefined> => {
    const step: Step<Rows[K]> | undefined = steps?.[kind].find((one) => one.key === key);
    if (step?.act === 'put') return step.row;
    if (step?.act === 'delete') return undefined;
    const known: Known = await store.load([{ kind, key }]);
    return known[kind].get(key)?.row;
  };
  const customer = await row('customers', customerId);
  const email = emailOf(customer);
  const contact = email === undefined ? undefined : await row('contacts', email);
  return {
    customer,
    contact: contact?.customerId === customerId ? contact : undefined,
    suppression: email === undefined ? undefined : await row('suppressions', email),
  };
}
