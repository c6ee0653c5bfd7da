import type { MailMessage } from '#shared/audience/emails/email.ts';
import type { AskedByRun, MailSituation } from '#shared/audience/emails/judge-mail.ts';
import type { EventRecord } from '#shared/audience/event-record.ts';
import { emailOf } from '#shared/audience/person/person.ts';
import { type AudienceStore, look } from '#shared/audience/rows/unit-of-work.ts';
import type { Reading } from '#shared/audience/rows/workspace.ts';
import type { Run, TakenStep } from '#shared/audience/runs/run.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import type { WorkflowReader } from '#shared/audience/workflow.ts';

export type Known = Omit<MailSituation, 'hasSender' | 'wasSentBefore' | 'wasHeld' | 'now'> &
  Readonly<{
    /** Of the customer's row as it was read; absent where there is none. */
    revision?: string | undefined;
  }>;

/** Reads, consistently, what decides whether an email may be sent at this moment. */
export function mailSituation({
  recorded,
  store,
  workflows,
  settings,
}: {
  recorded: (webhookId: string) => Promise<EventRecord | undefined>;
  store: AudienceStore;
  workflows: WorkflowReader;
  settings: () => Promise<Settings>;
}): (message: MailMessage) => Promise<Known> {
  return async (message) => {
    const { workflowId, webhookId, customerId, runId, stepId } = message;
    const [workflow, record, revision, currentSettings] = await Promise.all([
      workflows.find(workflowId),
      runId === undefined ? recorded(webhookId) : undefined,
      runId === undefined ? undefined : revisionOf(store, customerId),
      settings(),
    ]);
    // After the revision: what is judged is that row, or a newer one, for which nothing is reserved.
    const see = () =>
      look(store, (w) => ({
        ...audienceOf(w, customerId),
        run: runId === undefined ? undefined : w.runs.get(runId),
      }));
    const seen = await see();
    // Between the reads of customer and contact it may have moved: then the contact is at its next address.
    const { run, ...audience } = seen.customer && !seen.contact ? await see() : seen;
    return {
      ...{ workflow, record: record ?? run, settings: currentSettings, ...audience },
      ofRun: run && askedBy(run, message),
      stepId,
      revision,
    };
  };
}

async function revisionOf(store: AudienceStore, customerId: string): Promise<string | undefined> {
  const known = await store.load([{ kind: 'customers', key: customerId }]);
  return known.customers.get(customerId)?.revision;
}

/** `undefined` where the run no longer knows of it: it was erased, or has begun again. */
function askedBy(run: Run, { ledgerKey, stepDueAt }: MailMessage): AskedByRun | undefined {
  const isIt = (step: TakenStep) => step.ledgerKey === ledgerKey && step.dueAt === stepDueAt;
  const step = run.history.find(isIt);
  return step && { run, step };
}

function audienceOf(w: Reading, customerId: string) {
  const customer = w.customers.get(customerId);
  const email = emailOf(customer);
  const contact = email && w.contacts.get(email);
  return {
    customer,
    contact: contact?.customerId === customerId ? contact : undefined,
    suppression: email && w.suppressions.get(email),
  };
}
