import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { MailMessage } from '#shared/audience/email.ts';
import type {
  ConsideredWorkflow,
  EventRecord,
  ReplayEntry,
} from '#shared/audience/event-record.ts';

export function encodeMailMessage(message: MailMessage) {
  const text = (value: string): MessageAttributeValue => ({
    DataType: 'String',
    StringValue: value,
  });
  return {
    MessageBody: JSON.stringify(message),
    MessageAttributes: { webhookId: text(message.webhookId), type: text('mail') },
  };
}

/** The emails that a record asks for: the same ones however often it is read. */
export function mailsOf({ workflows, contactId, ...record }: EventRecord): MailMessage[] {
  return mailsFor(workflows, record, contactId);
}

/** The same of one of its replays. */
export function mailsOfReplay(
  record: EventRecord,
  { workflows, contactId, replayId, again }: ReplayEntry,
): MailMessage[] {
  return mailsFor(workflows, record, contactId ?? record.contactId).map((mail) => ({
    ...mail,
    replayId,
    ...(again && { again }),
  }));
}

function mailsFor(
  workflows: readonly ConsideredWorkflow[] = [],
  { webhookId, customerId }: Pick<EventRecord, 'webhookId' | 'customerId'>,
  contactId: string | undefined,
): MailMessage[] {
  return workflows.flatMap(({ workflowId, version, ledgerKey }) =>
    ledgerKey === undefined
      ? []
      : [
          {
            ledgerKey,
            workflowId,
            workflowVersion: version,
            webhookId,
            customerId,
            ...(contactId !== undefined && { contactId }),
          },
        ],
  );
}
