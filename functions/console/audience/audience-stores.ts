import { SESv2Client } from '@aws-sdk/client-sesv2';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { noteErasure, type ToErase } from '#shared/audience/note-erasure.ts';
import { type Means, settle } from '#shared/audience/settle.ts';
import { dynamoContactHistory } from '#shared/aws/dynamo-contact-history.ts';
import { dynamoContactList } from '#shared/aws/dynamo-contact-list.ts';
import { dynamoContactLookup } from '#shared/aws/dynamo-contact-lookup.ts';
import { dynamoContactSearch } from '#shared/aws/dynamo-contact-search.ts';
import { dynamoCustomersByExternalId } from '#shared/aws/dynamo-customers-by-external-id.ts';
import { keptCustomers } from '#shared/aws/kept-customer.ts';
import { knownContacts } from '#shared/aws/known-contact.ts';
import { sesSuppressionList } from '#shared/aws/ses-suppression-list.ts';
import { type ContactErasure, requestErasure } from '#shared/aws/worker-message.ts';
import type { ConsoleParts } from '../console-parts.ts';

export type AudienceStores = ReturnType<typeof audienceStores>;

/** What the pages of the audience read and change. */
export function audienceStores(parts: ConsoleParts) {
  const { db, env, store, settings, now, newId, pause, workflows, requestHandler, sqs } = parts;
  const history = dynamoContactHistory(db, { events: env.EVENTS_TABLE, emails: env.EMAILS_TABLE });
  return {
    list: dynamoContactList(db, env.CONTACTS_TABLE),
    search: dynamoContactSearch(
      db,
      env.CONTACTS_TABLE,
      store,
      dynamoCustomersByExternalId(db, env.CUSTOMERS_TABLE),
    ),
    kept: (customerIds: readonly string[]) => keptCustomers(store, customerIds),
    history,
    contacts: knownContacts({
      store,
      contactOf: dynamoContactLookup(db, env.CONTACTS_TABLE, store),
      history,
    }),
    settings,
    now,
    /** Asks the worker, then notes that it was asked: the note must not tell of a message that was never sent. */
    async erase(erasure: ContactErasure, request: ToErase) {
      await requestErasure(erasure, (message, DelaySeconds) =>
        sqs.send(
          new SendMessageCommand({ QueueUrl: env.EVENTS_QUEUE_URL, DelaySeconds, ...message }),
        ),
      );
      await settle(store, (known) => noteErasure(request, known), pause);
    },
    workflowNames: async () =>
      new Map((await workflows.all()).map(({ workflowId, name }) => [workflowId, name])),
    /** SES's own list of addresses that bounced; without a sender SES was never asked to send anything. */
    sesList:
      parts.mailFrom === undefined
        ? undefined
        : sesSuppressionList(new SESv2Client({ requestHandler })),
    means: async (): Promise<Means> => ({
      store,
      surroundings: { settings: await settings(), now: now(), newId },
      pause,
    }),
  };
}
