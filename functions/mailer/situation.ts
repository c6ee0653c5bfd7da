import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { MailMessage } from '#shared/audience/email.ts';
import type { MailSituation } from '#shared/audience/judge-mail.ts';
import { type Contact, emailOf } from '#shared/audience/person.ts';
import type { Settings } from '#shared/audience/settings.ts';
import type { AudienceStore } from '#shared/audience/unit-of-work.ts';
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
      store.load([{ kind: 'customers', key: customerId }]),
      settings(),
    ]);
    const customer = known.customers.get(customerId)?.row;
    const email = emailOf(customer);
    if (email === undefined) {
      return {
        workflow,
        record,
        customer,
        contact: undefined,
        suppression: undefined,
        settings: currentSettings,
      };
    }
    const rows = await store.load([
      { kind: 'contacts', key: email },
      { kind: 'suppressions', key: email },
    ]);
    return {
      workflow,
      record,
      customer,
      contact: ofCustomer(rows.contacts.get(email)?.row, customerId),
      suppression: rows.suppressions.get(email)?.row,
      settings: currentSettings,
    };
  };
}

function ofCustomer(contact: Contact | undefined, customerId: string): Contact | undefined {
  return contact?.customerId === customerId ? contact : undefined;
}
