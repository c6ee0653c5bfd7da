import { randomUUID } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DeliveryParts } from '#functions/mailer/deliver.ts';
import { mailSituation } from '#functions/mailer/situation.ts';
import { applyEvent } from '#shared/audience/apply-event.ts';
import type { EventRecord } from '#shared/audience/event-record.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import type { SendResult } from '#shared/mail/ses.ts';
import { polarEvent } from '#shared/polar/event.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import type { Person } from '#shared/polar/sample/sample-customer.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { sampleCustomerId } from '#shared/polar/sample/sample-values.ts';
import { addressHash, dynamoAudienceStore } from '#shared/store/audience/audience-store.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { readRecord } from '#shared/store/events/event-item.ts';
import { dynamoEmails } from '#shared/store/mail/ledger.ts';
import { dynamoWorkflowVersions } from '#shared/store/mail/workflow-versions.ts';
import { approvedMail, mailing } from '#test/support/audience/approved-mail.ts';
import { audienceTables, createStackTables } from '#test/support/cloud/stack-tables.ts';

type Options = Readonly<{
  now: () => Date;
  event: SupportedEventType;
  kind: 'marketing' | 'transactional';
  dailyLimit?: number;
  /** Tables that there are; absent: new ones. */
  tableOf?: (id: string) => string;
}>;

/** Worker and mailer on emulated DynamoDB, with one workflow, which sends every time. */
export async function startMails(
  client: DynamoDBClient,
  { now, event, kind, dailyLimit = defaultSettings.dailyLimit, ...given }: Options,
) {
  const { workflow: approved, settings: approvedSettings } = approvedMail();
  if (!approved) throw new Error('approvedMail has no workflow');
  const workflow: Workflow = {
    ...mailing(approved, { kind }),
    trigger: { event, conditions: [] },
    frequency: 'every-time',
  };
  const tableOf = given.tableOf ?? (await createStackTables(client));
  const db = documentClient(client);
  const hash = addressHash('a key of this test');
  const store = dynamoAudienceStore(db, audienceTables(tableOf), {
    addressHash: async () => hash,
    retentionDays: 90,
  });
  const workflows = dynamoWorkflowVersions(db, {
    workflows: tableOf('Workflows'),
    settings: tableOf('Settings'),
  });
  await workflows.save(workflow);
  const emails = dynamoEmails(db, tableOf('Emails'), now, tableOf('Mailboxes'));
  const settings = { ...approvedSettings, dailyLimit };
  const known = mailSituation({
    recorded: (webhookId) => readRecord(db, tableOf('Events'), webhookId),
    ...{ store, workflows, settings: async () => settings },
  });

  return {
    db,
    emails,
    mailboxes: tableOf('Mailboxes'),
    async tell(type: Parameters<typeof polarPayload>[0], person: Person, at: Date) {
      const body = JSON.stringify(polarPayload(type, person, at));
      const parsed = polarEvent(body);
      if (parsed.kind === 'unreadable') throw new Error(parsed.reason);
      const surroundings = { settings, now: now(), newId: randomUUID };
      const means = { store, surroundings, workflows: [workflow], pause: async () => undefined };
      const received = { webhookId: randomUUID(), receivedAt: now().toISOString() };
      return (await applyEvent({ ...parsed.event, ...received }, body, means)).record;
    },
    /** One whose SES gives these answers, one after another. */
    mailer(answers: readonly SendResult[]): DeliveryParts {
      const left = [...answers];
      return {
        hold: async () => undefined,
        ...{ emails, known, now, newToken: randomUUID, hasSender: true },
        compose: async ({ contact }, _, ledgerKey) => ({
          kind: 'composed',
          mail: {
            ...{ from: 'shop@example.com', to: contact.address, replyTo: undefined },
            ...{ subject: 'Hello', html: '<p>Hello</p>', text: 'Hello', headers: {}, ledgerKey },
          },
        }),
        send: async () => left.shift() ?? { kind: 'unknown', reason: 'sent more than expected' },
        addressHash: async (email) => hash(email),
        mailboxHash: async (mailbox) => hash(`mailbox ${mailbox}`),
      };
    },
  };
}

/** A customer with this address, who has no other. */
export function someone(email: string): Person {
  return { customerId: sampleCustomerId(email), email, name: 'Ann', externalId: null, isNew: true };
}

/** What the worker queues for the only workflow of a record. */
export function mailOf({ webhookId, customerId, workflows = [] }: EventRecord) {
  const [asked] = workflows;
  if (asked?.ledgerKey === undefined) throw new Error('no email was asked for');
  const { ledgerKey, workflowId, version: workflowVersion } = asked;
  return { ledgerKey, workflowId, workflowVersion, webhookId, customerId };
}
