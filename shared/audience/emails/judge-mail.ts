import type { Suppression } from '#shared/audience/consent/suppression.ts';
import type { EventRecord } from '#shared/audience/event-record.ts';
import { isTakenBySes } from '#shared/audience/person/address.ts';
import { subscriptionOf } from '#shared/audience/person/facts.ts';
import type { Contact, Customer } from '#shared/audience/person/person.ts';
import {
  isStale,
  type SubscriptionSnapshot,
  staleReason,
} from '#shared/audience/person/subscription-snapshot.ts';
import { exitReason } from '#shared/audience/runs/advance.ts';
import type { Run, TakenStep } from '#shared/audience/runs/run.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import { type SendStep, sendOf, type Workflow } from '#shared/audience/workflow.ts';

/** Everything about an email as it is at the moment before it is sent. */
export type MailSituation = Readonly<{
  workflow: Workflow | undefined;
  /** What it is about: the record of the event, or the run that asked for it. */
  record: News | undefined;
  /** The step that asked for it; absent where the event itself did, without a run. */
  ofRun?: AskedByRun | undefined;
  /** Of an email without a run; absent: an earlier version asked for it. */
  stepId?: string | undefined;
  customer: Customer | undefined;
  /** The contact that shows the customer now. */
  contact: Contact | undefined;
  suppression: Suppression | undefined;
  settings: Settings;
  /** Whether the deployment has a sender; without one there is no permission to send at all. */
  hasSender: boolean;
  now: Date;
  /** Whether the contact was mailed by this workflow under an id that it had before. */
  wasSentBefore: boolean;
  /** Whether it was put aside while all mail was held: then it has had its time of grace. */
  wasHeld?: boolean;
}>;

/** What an email is about. */
type News = EventRecord | Run;

/** An email that a run asked for, in the step of its history that did so. */
export type AskedByRun = Readonly<{ run: Run; step: TakenStep }>;

export type MailVerdict =
  | {
      kind: 'send';
      step: SendStep;
      record: News;
      contact: Contact;
      /** That of the event, as it is now. */
      subscription: SubscriptionSnapshot | undefined;
    }
  /** `needsPerson`: for a reason that somebody can remove, and of which nobody would hear otherwise. */
  | { kind: 'block'; reason: string; needsPerson?: true };

/** Beyond the age at which an event still triggers: as long as SES may keep an email waiting, and a day of repairs. */
const graceHours = 72;

const block = (reason: string): MailVerdict => ({ kind: 'block', reason });
const blockForAPerson = (reason: string): MailVerdict => ({
  kind: 'block',
  reason,
  needsPerson: true,
});

/**
 * Whether an email may be sent now. Marketing goes to subscribed contacts only; transactional mail also to those who
 * unsubscribed; nothing goes to who bounced, complained, was deleted or erased, or to an address that SES does not take. Pure.
 */
export function judgeMail(situation: MailSituation): MailVerdict {
  const { workflow, record, customer, contact, suppression, settings } = situation;
  if (!workflow) return block('The workflow was removed.');
  if (workflow.status !== 'active') return block(`The workflow is ${workflow.status}.`);
  if (!situation.hasSender) return blockForAPerson('No sender is set up.');
  if (!record) return block('The record of the event has expired.');
  const { ofRun } = situation;
  const againstStep = ofRun ? reasonAgainstStep(ofRun, situation) : ageReason(record, situation);
  if (againstStep) return block(againstStep);
  if (record.erased || customer?.erased) return block('The customer was erased.');
  if (customer?.erasure || contact?.erasure) return block('The contact is being erased.');
  if (customer?.deletion && record.type !== 'customer.deleted') {
    return block('The customer was deleted in Polar.');
  }
  // A later step is about what is now, of which `exitWhen` tells.
  const isOfEvent = !ofRun || ofRun.step.at === ofRun.run.beganAt;
  const { event, conditions } = workflow.trigger;
  // Its text is about another event by now.
  if (isOfEvent && record.type !== event) {
    return block(`The workflow was moved from ${record.type} to ${event}.`);
  }
  if (isOfEvent && isStale(record.type, newsIn(record), customer?.subscriptions, conditions)) {
    return block(staleReason);
  }
  const exit = exitReason(workflow, record, { customer, contact: () => contact });
  if (exit) return block(exit);
  if (!contact) return block('The customer has no contact anymore.');
  if (!isTakenBySes(contact.address)) {
    return block('SES cannot mail this address: it has non-ASCII characters before the @.');
  }
  if (situation.wasSentBefore) return block('Already sent to this contact.');
  if (suppression?.reasons.bounced) return block('Mail to this address bounced.');
  if (suppression?.reasons.complained || customer?.no?.complained) {
    return block('The recipient reported an email as spam.');
  }
  const step = sendOf(workflow, ofRun?.step.stepId ?? situation.stepId);
  if (!step) return block('The step was removed from the workflow.');
  if (step.email.kind === 'marketing') {
    // The "no" itself may be known a moment before the contact shows it.
    const hasLeft = suppression?.reasons.unsubscribed || customer?.no?.unsubscribed;
    if (!contact.subscribed || hasLeft) return block('The contact is not subscribed.');
    if (!settings.postalAddress) {
      return blockForAPerson('Marketing needs a postal address. Add one in Sender & brand.');
    }
  }
  const subscription = subscriptionOf(record.properties.subscriptionId, customer);
  return { kind: 'send', step, record, contact, subscription };
}

function ageReason(
  { occurredAt }: News,
  { workflow, now, wasHeld }: MailSituation,
): string | undefined {
  const ageHours = (now.getTime() - Date.parse(occurredAt)) / 3_600_000;
  return ageHours > (workflow?.maxAgeHours ?? 0) + (wasHeld ? 0 : graceHours)
    ? 'The event is too old to send an email for it.'
    : undefined;
}

/** After so long an email of a step is not sent any more, whatever kept it. */
const longestLateHours = 24;

/** What a run asked for before it ended goes out, unless somebody or something has ended it since. */
function reasonAgainstStep(
  { run, step }: AskedByRun,
  { now }: Pick<MailSituation, 'now'>,
): string | undefined {
  const isBroken = run.state === 'exited' || run.state === 'stopped';
  if (isBroken && (run.endedAt ?? '') > step.at) return run.reason ?? 'The run was stopped.';
  const lateHours = (now.getTime() - Date.parse(step.dueAt)) / 3_600_000;
  return lateHours > longestLateHours
    ? 'It was due more than a day ago: too late to send.'
    : undefined;
}

/** What the event said of its subscription; records of version 0.1.0 do not tell its version. */
function newsIn({ subscription, properties }: News) {
  const { subscriptionId: id, ...said } = properties;
  return subscription && id !== undefined ? { ...said, ...subscription, id } : undefined;
}
