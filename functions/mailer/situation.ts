import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { MailMessage } from '#shared/audience/email.ts';
import type { MailSituation } from '#shared/audience/judge-mail.ts';
import { emailOf } from '#shared/audience/person.ts';
import type { Settings } from '#shared/audience/settings.ts';
import { type AudienceStore, look, type Reading } from '#shared/audience/unit-of-work.ts';
import type { WorkflowReader } from '#shared/audience/workflow.ts';
import { readRecord } from '#shared/store/events/event-item.ts';

export type Known = Omit<MailSituation, 'hasSender' | 'wasSentBefore' | 'wasHeld' | 'now'>;

/** Reads, consistently, what decides whether an email may be sent at this moment. */
export function mailSituation({
  db,
  eventsTable,
  store,
  workflows,
  settings,
}: {
  db: DynamoDBDocumentClient;
  eventsTable: string;
  store: AudienceStore;
  workflows: WorkflowReader;
  settings: () => Promise<Settings>;
}): (message: MailMessage) => Promise<Known> {
  return async ({ workflowId, webhookId, customerId }) => {
    const [workflow, record, known, currentSettings] = await Promise.all([
      workflows.find(workflowId),
      readRecord(db, eventsTable, webhookId),
      look(store, (w) => audienceOf(w, customerId)),
      settings(),
    ]);
    return { workflow, record, settings: currentSettings, ...known };
  };
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
