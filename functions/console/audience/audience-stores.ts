import { SESv2Client } from '@aws-sdk/client-sesv2';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Means } from '#shared/audience/settle.ts';
import { dynamoContactHistory } from '#shared/aws/dynamo-contact-history.ts';
import { dynamoContactList } from '#shared/aws/dynamo-contact-list.ts';
import { dynamoContactLookup } from '#shared/aws/dynamo-contact-lookup.ts';
import { dynamoContactSearch } from '#shared/aws/dynamo-contact-search.ts';
import { knownContacts } from '#shared/aws/known-contact.ts';
import { sesSuppressionList } from '#shared/aws/ses-suppression-list.ts';
import type { SendToWorker } from '#shared/aws/worker-message.ts';
import type { ConsoleParts } from '../console-parts.ts';

export type AudienceStores = ReturnType<typeof audienceStores>;

/** What the pages of the audience read and change. */
export function audienceStores(parts: ConsoleParts) {
  const { db, env, store, settings, now, newId, pause, workflows, requestHandler, sqs } = parts;
  const sendToWorker: SendToWorker = (message, DelaySeconds) =>
    sqs.send(new SendMessageCommand({ QueueUrl: env.EVENTS_QUEUE_URL, DelaySeconds, ...message }));
  const history = dynamoContactHistory(db, { events: env.EVENTS_TABLE, emails: env.EMAILS_TABLE });
  return {
    list: dynamoContactList(db, env.CONTACTS_TABLE),
    search: dynamoContactSearch(db, env.CONTACTS_TABLE, store),
    history,
    contacts: knownContacts({
      store,
      contactOf: dynamoContactLookup(db, env.CONTACTS_TABLE, store),
      history,
    }),
    settings,
    sendToWorker,
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
