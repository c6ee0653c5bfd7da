import { createHash } from 'node:crypto';
import { isBackfilled, isLostOrder } from '#shared/polar/event-types.ts';
import { conditionText, holds } from './conditions.ts';
import type { ConsideredWorkflow, ReceivedEvent } from './event-record.ts';
import type { Customer } from './person.ts';
import { isStale, staleReason } from './subscription-snapshot.ts';
import { firstSend, type Workflow } from './workflow.ts';

/**
 * The key of the one email that a workflow may send for this event, in the characters that an SES message tag allows;
 * `undefined` when the event has nothing of the kind that the frequency counts by. Two webhooks about one version of
 * one object have one key, and all about an order that `recover` applied. `againAs`, the id of a replay, makes it the key
 * of the one email more that was asked for.
 */
export function ledgerKeyOf(
  workflow: Workflow,
  event: ReceivedEvent,
  { contact, lostOrders = [] }: Pick<Customer, 'contact' | 'lostOrders'>,
  againAs?: string,
): string | undefined {
  const isLost = event.type === 'order.paid' && lostOrders.includes(event.object.id);
  const business =
    isLost && workflow.frequency === 'every-time'
      ? `order.paid ${event.object.id} lost`
      : businessKey(workflow, event, contact?.contactId ?? '');
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
    case 'once-per-period': {
      const { subscriptionId, periodEnd } = properties;
      return subscriptionId && periodEnd && `period ${subscriptionId} ${periodEnd}`;
    }
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

type Situation = Readonly<{
  event: ReceivedEvent;
  /** As it is known after the event. */
  customer: Customer;
  /** Whether the settings let this event trigger workflows. */
  isTrigger: boolean;
  now: Date;
  /** The id of the replay by which a person asks for the emails once more. */
  againAs: string | undefined;
}>;

const hourMs = 3_600_000;

/**
 * Each active workflow that waits for this type of event, and whether it sends. Consent, bounces and whether the
 * contact is still the customer's are for the mailer to look at, which does so at the last moment.
 */
export function considerWorkflows(
  workflows: readonly Workflow[],
  situation: Situation,
): ConsideredWorkflow[] {
  return workflows
    .filter(({ status, trigger }) => status === 'active' && trigger.event === situation.event.type)
    .map((workflow) => {
      const { workflowId, version, name } = workflow;
      const reason = reasonAgainst(workflow, situation);
      if (reason !== undefined) return { workflowId, version, name, verdict: 'skip', reason };
      const { event, customer, againAs } = situation;
      const ledgerKey = ledgerKeyOf(workflow, event, customer, againAs);
      return ledgerKey === undefined
        ? { workflowId, version, name, verdict: 'skip', reason: nothingToCountBy(workflow) }
        : { workflowId, version, name, verdict: 'send', ledgerKey };
    });
}

function reasonAgainst(workflow: Workflow, situation: Situation): string | undefined {
  const { event, customer, isTrigger, now, againAs } = situation;
  if (!isTrigger) return `The settings keep ${event.type} from triggering workflows.`;
  const condition = workflow.trigger.conditions.find(
    (one) => !holds(one, { event: event.properties }),
  );
  if (condition) return `The condition does not hold: ${conditionText(condition)}.`;
  if (isStale(event.type, event.subscription, customer.subscriptions)) return staleReason;
  const ageHours = (now.getTime() - Date.parse(event.occurredAt)) / hourMs;
  if (ageHours > workflow.maxAgeHours) {
    return `The event is older than ${workflow.maxAgeHours} hours, so it is no news any more.`;
  }
  if (customer.erased) return 'The customer is erased.';
  const isDeleted = customer.deletion !== undefined || event.customer.deletedAt !== undefined;
  if (event.type === 'customer.deleted') {
    if (firstSend(workflow).email.kind === 'marketing') {
      return 'The customer is deleted: only a transactional email may still be sent.';
    }
  } else if (isDeleted) {
    return 'The customer is deleted.';
  }
  if (!customer.contact) {
    return customer.email === undefined
      ? 'The customer has no known email address.'
      : 'No contact shows this customer.';
  }
  // Its object has the version of now, and a webhook that was mailed may have had an older one: another key.
  const mayBeOther = isBackfilled(event.webhookId) && !isLostOrder(event.webhookId);
  if (mayBeOther && workflow.frequency === 'every-time' && !againAs) {
    return 'A backfill made this event, so nobody can tell whether an email about it went before.';
  }
  return undefined;
}

function nothingToCountBy({ frequency }: Workflow): string {
  return `The workflow sends ${frequency.replaceAll('-', ' ')}, and the event has none.`;
}
