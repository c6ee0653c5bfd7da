import { type Condition, type Facts, scopedProperty } from '#shared/audience/conditions.ts';
import type { Run } from '#shared/audience/runs/run.ts';
import type { Until } from '#shared/audience/workflow.ts';
import type { EventProperties } from '#shared/polar/event-properties.ts';
import type { Contact, Customer } from './person.ts';
import { isLiving, type SubscriptionSnapshot, snapshotOf } from './subscription-snapshot.ts';

/** The facts of now about an event of that time. */
export function factsOf(
  event: EventProperties,
  customer: Pick<Customer, 'subscriptions' | 'hadNoExternalId'> | undefined,
  contact: Facts['contact'],
): Facts {
  const all = customer?.subscriptions;
  return {
    event,
    subscription: subscriptionOf(event.subscriptionId, customer),
    customer: customer && {
      hasLivingSubscription: Object.values(all ?? {}).some(isLiving),
      hadNoExternalId: customer.hadNoExternalId === true,
    },
    contact,
  };
}

/** What these conditions of a run compare, as it is now. The contact is looked at only where one of them names it. */
export function factsFor(
  conditions: readonly Condition[],
  { properties }: Pick<Run, 'properties'>,
  customer: Customer | undefined,
  contact: () => Contact | undefined,
): Facts {
  const isOfContact = ({ property }: Condition) => scopedProperty(property).scope === 'contact';
  return factsOf(properties, customer, conditions.some(isOfContact) ? contact() : undefined);
}

/** The newest state of the subscription that a run is about. */
export function subscriptionOf(
  subscriptionId: string | undefined,
  customer: Pick<Customer, 'subscriptions'> | undefined,
): SubscriptionSnapshot | undefined {
  if (subscriptionId === undefined) return undefined;
  return snapshotOf(customer?.subscriptions, subscriptionId);
}

const fields = {
  trialEnd: 'trialEnd',
  periodEnd: 'periodEnd',
  endsAt: 'endsAt',
  pastDueAt: 'pastDueSince',
} as const;

/** When a wait for a date is over; `undefined` while the date is not known, or too far away to be one. */
export function dueByDate(
  { date, offsetHours }: Until,
  subscription: SubscriptionSnapshot | undefined,
): string | undefined {
  const known = subscription?.[fields[date]];
  if (known === undefined) return undefined;
  const due = new Date(Date.parse(known) + offsetHours * 3_600_000);
  // A year beyond 9999 would be written longer, sort before every other, and so be due at once.
  return due.getUTCFullYear() > 9999 ? undefined : due.toISOString();
}
