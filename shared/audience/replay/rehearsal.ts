import { decide, readFirst } from '#shared/audience/decide.ts';
import type { Email } from '#shared/audience/emails/email.ts';
import { type AskedByRun, judgeMail } from '#shared/audience/emails/judge-mail.ts';
import type {
  ConsideredWorkflow,
  EventRecord,
  ReceivedEvent,
} from '#shared/audience/event-record.ts';
import { emailOf } from '#shared/audience/person/person.ts';
import {
  type AudienceStore,
  decided,
  look,
  type Surroundings,
  withSameIds,
} from '#shared/audience/rows/unit-of-work.ts';
import type { Step, Steps } from '#shared/audience/rows/workspace.ts';
import { type Outlook, outlookOf, type StepAhead } from '#shared/audience/runs/outlook.ts';
import type { Run } from '#shared/audience/runs/run.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { markLostOrders } from './lost-order.ts';

/** An email that an event or its replay would ask for: whether it would go, as far as can be told now, else why not. */
export type RehearsedMail = Readonly<{
  workflowId: string;
  name: string;
  ledgerKey: string;
  goes: boolean;
  reason?: string;
}>;

export type RehearsalParts = Readonly<{
  store: Pick<AudienceStore, 'load'>;
  surroundings: Surroundings;
  workflows: readonly Workflow[];
  /** What the ledger says of a key. */
  emailUnder: (ledgerKey: string) => Promise<Email | undefined>;
  hasSender: boolean;
}>;

/** The emails that would follow if `recover` applied this lost order now. Reads only. */
export async function rehearseLostOrder(
  event: ReceivedEvent,
  parts: RehearsalParts,
): Promise<Readonly<{ record: EventRecord; mails: readonly RehearsedMail[] }>> {
  const { store, surroundings, workflows } = parts;
  const around = withSameIds(surroundings);
  const { steps, record } = await decided(store, {
    first: readFirst(event),
    decide: (w) => {
      markLostOrders(w, event.customer, [event.object.id]);
      return { record: decide(w, event, around(), workflows) };
    },
  });
  return { record, mails: await rehearsedMails(record, record.workflows, steps, parts) };
}

/** Which of the emails that were considered would go now, once these steps are taken. */
export async function rehearsedMails(
  record: EventRecord,
  considered: readonly ConsideredWorkflow[] = [],
  steps: Steps | undefined,
  { store, surroundings, workflows, emailUnder, hasSender }: RehearsalParts,
): Promise<RehearsedMail[]> {
  const after = await audienceAfter(steps, record.customerId, store);
  const mails: RehearsedMail[] = [];
  const asked = considered.flatMap((one) => asksOf(one, steps));
  for (const { workflowId, name, ledgerKey, stepId, ofRun } of asked) {
    const verdict = judgeMail({
      ...after,
      workflow: workflows.find((one) => one.workflowId === workflowId),
      record: ofRun?.run ?? record,
      ...{ ofRun, stepId },
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
  return mails;
}

/** A run that an event or its replay would begin: what goes at once, judged as it is now, and what comes later. */
export type RehearsedRun = Readonly<{ workflowId: string; runId: string; ahead: Outlook }>;

/** The runs that would begin with these steps, and what each of them would do. */
export async function rehearsedRuns(
  { customerId }: Pick<EventRecord, 'customerId'>,
  considered: readonly ConsideredWorkflow[] = [],
  steps: Steps | undefined,
  mails: readonly RehearsedMail[],
  { store, surroundings: { now }, workflows }: RehearsalParts,
): Promise<RehearsedRun[]> {
  const begun = considered.flatMap((one) => runOf(one, steps) ?? []);
  if (begun.length === 0) return [];
  const { customer, contact } = await audienceAfter(steps, customerId, store);
  return begun.map((run) => {
    const { workflowId, runId } = run;
    const workflow = workflows.find((one) => one.workflowId === workflowId);
    const later = outlookOf(run, { workflow, customer, contact: () => contact, now });
    const first = run.history.flatMap(({ did, stepId, dueAt, reason, ledgerKey }): StepAhead[] => {
      if (did === 'waited') return [];
      const against = mails.find((one) => one.ledgerKey === ledgerKey)?.reason ?? reason;
      if (against === undefined) return [{ stepId, dueAt, did: 'sent' }];
      return [{ stepId, dueAt, did: 'skipped', reason: against }];
    });
    return { workflowId, runId, ahead: { ...later, steps: [...first, ...later.steps] } };
  });
}

/** The run that would begin, as it would be written. */
function runOf({ runId }: ConsideredWorkflow, steps: Steps | undefined): Run | undefined {
  const written = runId === undefined ? undefined : steps?.runs?.find(({ key }) => key === runId);
  return written?.act === 'put' ? written.row : undefined;
}

type Ask = Pick<RehearsedMail, 'workflowId' | 'name' | 'ledgerKey'> & {
  stepId?: string | undefined;
  ofRun?: AskedByRun | undefined;
};

/** The email of a workflow, or those that its run asks for at once. */
function asksOf(considered: ConsideredWorkflow, steps: Steps | undefined): Ask[] {
  const { workflowId, name, ledgerKey, stepId } = considered;
  if (ledgerKey !== undefined) return [{ workflowId, name, ledgerKey, stepId }];
  const run = runOf(considered, steps);
  if (!run) return [];
  return run.history.flatMap((step) =>
    step.ledgerKey === undefined
      ? []
      : [{ workflowId, name, ledgerKey: step.ledgerKey, ofRun: { run, step } }],
  );
}

function reasonInLedger(email: Email | undefined): string | undefined {
  switch (email?.state) {
    case 'sent':
      return 'Already sent.';
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
  return look(store, (w) => {
    const customer = rowAfter(steps?.customers, customerId, w.customers);
    const email = customer?.email && w.spelled(customer.email.value);
    if (email === undefined || emailOf(customer) === undefined) {
      return { customer, contact: undefined, suppression: undefined };
    }
    const contact = rowAfter(steps?.contacts, email, w.contacts);
    return {
      customer,
      contact: contact?.customerId === customerId ? contact : undefined,
      suppression: rowAfter(steps?.suppressions, email, w.suppressions),
    };
  });
}

function rowAfter<K, T>(
  steps: readonly Step<T, K>[] = [],
  key: K,
  rows: Readonly<{ get: (key: K) => T | undefined }>,
): T | undefined {
  const step = steps.find((one) => one.key === key);
  if (step?.act === 'put') return step.row;
  return step?.act === 'delete' ? undefined : rows.get(key);
}
