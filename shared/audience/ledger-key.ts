import { createHash } from 'node:crypto';
import type { ReceivedEvent } from './decide.ts';
import type { Workflow } from './workflow.ts';

/**
 * The key of the one email that a workflow may send for this event, in the characters that an SES message tag allows;
 * `undefined` when the event has nothing of the kind that the frequency counts by. Two webhooks about one version of
 * one object have one key.
 */
export function ledgerKeyOf(
  workflow: Workflow,
  { type, object, properties }: ReceivedEvent,
  contactId: string,
): string | undefined {
  switch (workflow.frequency) {
    case 'every-time':
      return ledgerKey(workflow.workflowId, `${type} ${object.id} ${object.version}`);
    case 'once-per-contact':
      return contactLedgerKey(workflow.workflowId, contactId);
    case 'once-per-subscription':
      return ofObject(workflow.workflowId, 'subscription', properties.subscriptionId);
    case 'once-per-order':
      return ofObject(workflow.workflowId, 'order', properties.orderId);
  }
}

/** The key of an email that a workflow sends once to each contact. */
export function contactLedgerKey(workflowId: string, contactId: string): string {
  return ledgerKey(workflowId, `contact ${contactId}`);
}

function ofObject(workflowId: string, kind: string, id: string | undefined): string | undefined {
  return id === undefined ? undefined : ledgerKey(workflowId, `${kind} ${id}`);
}

function ledgerKey(workflowId: string, business: string): string {
  return createHash('sha256').update(`${workflowId}\n${business}`).digest('base64url');
}
