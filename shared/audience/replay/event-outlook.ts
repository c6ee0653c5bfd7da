import { conditionText, holds } from '#shared/audience/conditions.ts';
import type { Suppression } from '#shared/audience/consent/suppression.ts';
import { missedCondition } from '#shared/audience/consider-workflows.ts';
import { judgeMail } from '#shared/audience/emails/judge-mail.ts';
import type { EventRecord } from '#shared/audience/event-record.ts';
import { factsFor } from '#shared/audience/person/facts.ts';
import type { Contact, Customer } from '#shared/audience/person/person.ts';
import {
  isOfSubscription,
  isStale,
  staleReason,
} from '#shared/audience/person/subscription-snapshot.ts';
import { firstSteps } from '#shared/audience/runs/advance.ts';
import { type Outlook, outlookFromStart } from '#shared/audience/runs/outlook.ts';
import type { Run } from '#shared/audience/runs/run.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';

/** The customer of an event as it is now, and who has that address. */
export type Recipient = Readonly<{
  customer: Customer | undefined;
  contact: Contact | undefined;
  suppression: Suppression | undefined;
}>;

export type EventOutlook =
  /** It would ask for an email, now or later. */
  Readonly<{ kind: 'sends'; outlook: Outlook }> | Readonly<{ kind: 'nothing'; reason: string }>;

const nothing = (reason: string): EventOutlook => ({ kind: 'nothing', reason });

type Now = Readonly<{ settings: Settings; hasSender: boolean; now: Date }>;

/**
 * What a workflow would do, were it active, if this event came in now. The facts are those of now; what it sent before
 * and the age of the event do not count. Pure.
 */
export function outlookOfEvent(
  given: Workflow,
  record: EventRecord,
  recipient: Recipient,
  at: Now,
): EventOutlook {
  const { customer, contact } = recipient;
  const workflow = { ...given, status: 'active' as const };
  const against = reasonAgainst(workflow, record, recipient, at.settings);
  if (against !== undefined) return nothing(against);
  const ground = { workflow, customer, contact: () => contact, now: at.now };
  const run = runOf(workflow, record, recipient, at.now);
  const { steps, end } = outlookFromStart(run, ground);
  const blocked = blockedSteps(workflow, run, recipient, at);
  const judged = steps.map((step) => {
    const reason = step.did === 'sent' ? blocked.get(step.stepId) : undefined;
    return reason === undefined ? step : { ...step, did: 'skipped' as const, reason };
  });
  if (judged.some(({ did }) => did === 'sent')) {
    return { kind: 'sends', outlook: { steps: judged, end } };
  }
  return nothing(judged.find(({ reason }) => reason)?.reason ?? end?.reason ?? 'No step sends.');
}

function reasonAgainst(
  { trigger, audience }: Workflow,
  record: EventRecord,
  { customer, contact }: Recipient,
  settings: Settings,
): string | undefined {
  const { type, properties, subscription } = record;
  const { enabled, trigger: isTrigger } = settings.events[type];
  if (!enabled) return `${type} is switched off in the settings.`;
  if (!isTrigger) return `The settings keep ${type} from triggering workflows.`;
  const missed = missedCondition({ trigger }, record);
  if (missed) return `The condition is not met: ${conditionText(missed)}.`;
  const { subscriptionId: id, ...said } = properties;
  const news = subscription && id !== undefined ? { ...said, ...subscription, id } : undefined;
  if (isStale(type, news, customer?.subscriptions, trigger.conditions)) return staleReason;
  if (record.erased || customer?.erased) return 'The customer was erased.';
  if (customer?.deletion && type !== 'customer.deleted')
    return 'The customer was deleted in Polar.';
  if (!customer || !contact) return 'The customer has no contact.';
  const facts = factsFor(audience, record, customer, () => contact);
  const unmet = audience.find((one) => !holds(one, facts));
  return unmet && `The condition is not met: ${conditionText(unmet)}.`;
}

function runOf(
  { workflowId, version }: Workflow,
  { customerId, webhookId, type, occurredAt, properties, subscription }: EventRecord,
  { contact }: Recipient,
  now: Date,
): Run {
  const { subscriptionId } = properties;
  const at = now.toISOString();
  return {
    ...{ runId: '', workflowId, workflowVersion: version, customerId },
    contactId: contact?.contactId ?? '',
    ...(subscriptionId !== undefined && { subscriptionId }),
    ...{ webhookId, type, occurredAt, properties },
    ...(subscription && isOfSubscription(type) && { subscription }),
    ...{ state: 'waiting', history: [], beganAt: at, updatedAt: at },
  };
}

/** Why the mailer would not send what is asked for at once, by the id of the step. */
function blockedSteps(workflow: Workflow, start: Run, recipient: Recipient, at: Now) {
  const { customer, contact } = recipient;
  const ground = { workflow, customer, contact: () => contact, now: at.now };
  const { run } = firstSteps(start, ground);
  const asked = run.history.filter(({ did }) => did === 'sent');
  return new Map(
    asked.flatMap((step) => {
      const ofRun = { run, step };
      const verdict = judgeMail({
        ...{ workflow, record: run, ofRun, ...recipient, ...at, wasSentBefore: false },
      });
      return verdict.kind === 'block' ? [[step.stepId, verdict.reason] as const] : [];
    }),
  );
}
