import { createHash } from 'node:crypto';
import { isBackfilled, isLostOrder } from '#shared/polar/event-types.ts';
import { type Condition, conditionText, holds } from './conditions.ts';
import type { ConsideredWorkflow, ReceivedEvent } from './event-record.ts';
import type { Customer } from './person/person.ts';
import { isStale, staleReason } from './person/subscription-snapshot.ts';
import type { Workspace } from './rows/workspace.ts';
import { beginRun, reasonAgainstOne } from './runs/begin-run.ts';
import { firstSend, needsRun, type Workflow } from './workflow.ts';

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
  return ledgerKey(workflow.workflowId, business + againSuffix(againAs));
}

/** The ids of its run, that of now first: the others are by ids that the contact had before. */
function runIdsOf(
  workflow: Workflow,
  { event, customer, replay }: Situation,
): [string, ...string[]] | undefined {
  const againAs = againAsOf(replay);
  const runId = ledgerKeyOf(workflow, event, customer, againAs);
  if (runId === undefined) return undefined;
  const { mergedIds = [] } = customer.contact ?? {};
  if (workflow.frequency !== 'once-per-contact') return [runId];
  const former = mergedIds.map((id) => contactKey(id) + againSuffix(againAs));
  return [runId, ...former.map((business) => ledgerKey(workflow.workflowId, business))];
}

function againSuffix(againAs: string | undefined): string {
  return againAs === undefined ? '' : `\nagain ${againAs}`;
}

function againAsOf(replay: Situation['replay']): string | undefined {
  return replay?.again ? replay.replayId : undefined;
}

/** What the frequency of a workflow counts an event by; `undefined` where the event has nothing of the kind. */
export function businessKey(
  { frequency }: Pick<Workflow, 'frequency'>,
  { type, object, properties }: CountedEvent,
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

type CountedEvent = Pick<ReceivedEvent, 'type' | 'properties'> &
  Readonly<{ object: Pick<ReceivedEvent['object'], 'id' | 'version'> }>;

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
  /** By which a person has the event run again; `again` asks for its emails once more. */
  replay: Readonly<{ replayId: string; again: boolean }> | undefined;
  /** Whether the workflows may be older than what is stored. */
  areCached: boolean;
}>;

const hourMs = 3_600_000;

/**
 * Each active workflow that waits for this type of event, and whether it sends; one with several steps begins a run.
 * Consent, bounces and whether the contact is still the customer's are for the mailer to look at, which does so at the
 * last moment.
 */
export function considerWorkflows(
  w: Workspace,
  workflows: readonly Workflow[],
  situation: Situation,
): ConsideredWorkflow[] {
  const { event, customer, now } = situation;
  return workflows
    .filter(({ status, trigger }) => status === 'active' && trigger.event === event.type)
    .map((workflow) => {
      const { workflowId, version, name } = workflow;
      const against = reasonAgainst(workflow, situation);
      // What is out of date may be news again by the time that this is written down.
      if (against?.isStale) w.checkAll();
      if (against) return { workflowId, version, name, verdict: 'skip', ...against };
      const runIds = runIdsOf(workflow, situation);
      if (runIds === undefined) {
        return { workflowId, version, name, verdict: 'skip', reason: nothingToCountBy(workflow) };
      }
      if (!needsRun(workflow)) {
        const reason = reasonAgainstOne(w, customer, { workflow, event, runIds }, { now });
        return reason === undefined
          ? { workflowId, version, name, verdict: 'send', ...oneEmail(runIds[0], workflow) }
          : { workflowId, version, name, verdict: 'skip', reason };
      }
      return { workflowId, version, name, ...begun(w, workflow, runIds, situation) };
    });
}

/** Whichever email it is, one in the place of another has its key: of both one goes out. */
function oneEmail(runId: string, workflow: Workflow) {
  return { ledgerKey: runId, stepId: firstSend(workflow).id };
}

function begun(
  w: Workspace,
  workflow: Workflow,
  runIds: [string, ...string[]],
  { event, customer, now, replay, areCached: isCached }: Situation,
) {
  const result = beginRun(w, customer, { workflow, event, runIds, replay, isCached }, { now });
  // What keeps a run from beginning may be over by the time that this is written down.
  if (result.verdict === 'skip') w.checkAll();
  return result;
}

/** The first condition of the trigger that the event does not meet. */
export function missedCondition(
  { trigger }: Pick<Workflow, 'trigger'>,
  { properties }: Pick<ReceivedEvent, 'properties'>,
): Condition | undefined {
  return trigger.conditions.find((one) => !holds(one, { event: properties }));
}

/** Whether an event that is decided now is too old to mail about. */
export function isTooOld(
  { maxAgeHours }: Pick<Workflow, 'maxAgeHours'>,
  { occurredAt }: Pick<ReceivedEvent, 'occurredAt'>,
  now: Date,
): boolean {
  return now.getTime() - Date.parse(occurredAt) > maxAgeHours * hourMs;
}

type Against = Pick<ConsideredWorkflow, 'reason' | 'isStale'>;

function reasonAgainst(workflow: Workflow, situation: Situation): Against | undefined {
  const { event, customer, isTrigger } = situation;
  if (!isTrigger) return { reason: `The settings keep ${event.type} from triggering workflows.` };
  const condition = missedCondition(workflow, event);
  if (condition) return { reason: `The condition is not met: ${conditionText(condition)}.` };
  const { conditions } = workflow.trigger;
  if (isStale(event.type, event.subscription, customer.subscriptions, conditions)) {
    return { reason: staleReason, isStale: true };
  }
  const reason = reasonOfMoment(workflow, situation);
  return reason === undefined ? undefined : { reason };
}

function reasonOfMoment(workflow: Workflow, situation: Situation): string | undefined {
  const { event, customer, now, replay } = situation;
  if (isTooOld(workflow, event, now)) {
    return `The event is older than ${workflow.maxAgeHours} hours, so it is too late to mail.`;
  }
  if (customer.erased) return 'The customer was erased.';
  const isDeleted = customer.deletion !== undefined || event.customer.deletedAt !== undefined;
  if (event.type === 'customer.deleted') {
    if (firstSend(workflow).email.kind === 'marketing') {
      return 'The customer is deleted: only a transactional email may still be sent.';
    }
  } else if (isDeleted) {
    return 'The customer was deleted in Polar.';
  }
  if (!customer.contact) {
    return customer.email === undefined
      ? 'The customer has no known email address.'
      : 'The customer has no contact.';
  }
  // Its object has the version of now, and a webhook that was mailed may have had an older one: another key.
  const mayBeOther = isBackfilled(event.webhookId) && !isLostOrder(event.webhookId);
  if (mayBeOther && workflow.frequency === 'every-time' && !replay?.again) {
    return 'The event was imported, so an email for it may have been sent already.';
  }
  return undefined;
}

function nothingToCountBy({ frequency }: Workflow): string {
  return `The workflow sends ${frequency.replaceAll('-', ' ')}, and the event has none.`;
}
