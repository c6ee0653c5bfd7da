import { createHash } from 'node:crypto';
import type { ReceivedEvent } from './decide.ts';
import type { Workflow } from './workflow.ts';

/**
 * The key of the one email that a workflow may send for this event, in the characters that an SES message tag allows;
 * `undefined` when the event has nothing of the kind that the frequency counts by. Two webhooks about one version of
 * one object have one key. `againAs`, the id of a replay, makes it the key of the one email more that was asked for.
 */
export function ledgerKeyOf(
  workflow: Workflow,
  { type, object, properties }: ReceivedEvent,
  contactId: string,
  againAs?: string,
): string | undefined {
  const business = businessKey(workflow, { type, object, properties }, contactId);
  if (business === undefined) return undefined;
  const suffix = againAs === undefined ? '' : `\nagain ${againAs}`;
  return ledgerKey(workflow.workflowId, business + suffix);
}

function businessKey(
  { frequency }: Workflow,
  { type, object, properties }: Pick<ReceivedEvent, 'type' | 'object' | 'properties'>,
  contactId: string,
): string | undefined {
  switch (frequency) {
    case 'every-time':
      return `${type} ${object.id} ${object.version}`;
    case 'once-per-contact':
      return contactKey(contactId);
    case 'once-per-subscription':
      return properties.subscriptionId && `subscription ${properties.subscriptionId}`;
    case 'once-per-order':
      return properties.orderId && `order ${properties.orderId}`;
  }
}

/** The key of an email that a workflow sends once to each contact. */
export function contactLedgerKey(workflowId: string, contactId: string): string {
  return ledgerKey(workflowId, contactKey(contactId));
}

function contactKey(contactId: string): string {
  return `contact ${contactId}`;
}

function ledgerKey(workflowId: string, business: string): string {
  return createHash('sha256').update(`${workflowId}\n${business}`).digest('base64url');
}
