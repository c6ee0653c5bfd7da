import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { MailMessage } from '#shared/audience/emails/email.ts';
import type {
  ConsideredWorkflow,
  EventRecord,
  ReplayEntry,
} from '#shared/audience/event-record.ts';
import type { Run, RunEmail } from '#shared/audience/runs/run.ts';

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
  return workflows.flatMap(({ workflowId, version, ledgerKey, stepId, runId, emails = [] }) => {
    const common = {
      ...{ workflowId, workflowVersion: version, webhookId, customerId },
      ...(contactId !== undefined && { contactId }),
    };
    const ofRun = emails.map((email) => ({ ...common, runId, ...namedByStep(email) }));
    return ledgerKey === undefined
      ? ofRun
      : [{ ledgerKey, ...common, ...(stepId !== undefined && { stepId }) }];
  });
}

function namedByStep({ ledgerKey, stepId, dueAt }: RunEmail) {
  return { ledgerKey, stepId, stepDueAt: dueAt };
}

/** An email that a step of a run asks for. */
export function mailOfRun(run: Run, email: RunEmail): MailMessage {
  const { runId, workflowId, workflowVersion, webhookId, customerId, contactId } = run;
  const { replayId, again } = run;
  return {
    ...{ workflowId, workflowVersion, webhookId, customerId, contactId, runId },
    ...namedByStep(email),
    ...(replayId !== undefined && { replayId }),
    ...(again && { again }),
  };
}
