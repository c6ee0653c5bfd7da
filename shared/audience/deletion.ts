import { isBackfilled } from '#shared/polar/event-types.ts';
import { type Act, isAfter } from './consent/suppression.ts';
import type { ReceivedEvent } from './event-record.ts';
import { compareMoments, type Moment } from './moment.ts';
import { claimAddress, showAddress } from './person/identity.ts';
import { type Customer, emailOf } from './person/person.ts';
import type { Surroundings } from './rows/unit-of-work.ts';
import type { Workspace } from './rows/workspace.ts';
import type { Settings } from './settings/settings.ts';

/** A backfill's deletion that is run again must not undo what a person did since. */
export function isLifted(
  { restored }: Customer,
  { webhookId, occurredAt }: ReceivedEvent,
): boolean {
  return restored !== undefined && isBackfilled(webhookId) && !isAfter(occurredAt, restored.at);
}

/**
 * The first deletion that is known decides on the mode; one of Polar's own on the time, else that of a backfill, and of
 * several the earliest.
 */
export function withDeletion(
  before: Customer,
  { occurredAt, webhookId, customer: { deletedAt = occurredAt } }: ReceivedEvent,
  modeNow: Settings['customerDeleted'],
): Customer {
  const mode = before.deletion?.mode ?? modeNow;
  const deletion = { occurredAt, webhookId, mode };
  if (before.deletion && compareDeletions(deletion, before.deletion) >= 0) return before;
  const { contact: _contact, ...withoutContact } = before;
  return { ...(mode === 'delete' ? withoutContact : before), deletion, deletedAt };
}

function compareDeletions(one: Moment, other: Moment): number {
  const isGuess = ({ webhookId }: Moment) => Number(isBackfilled(webhookId));
  return isGuess(one) - isGuess(other) || compareMoments(one, other);
}

/** Whether a backfill took the customer for deleted and Polar itself never said so. What is erased does not come back. */
export function isDeletedByBackfill({ deletion, erased }: Customer): boolean {
  return !erased && deletion !== undefined && isBackfilled(deletion.webhookId);
}

/**
 * Lifts a deletion that a backfill made, so that events of the customer count again. Consent stays as people left it.
 * A contact that the deletion removed comes back as `contactId`, so that nobody gets a mail twice that is sent once per
 * contact. `false`: there is none to lift. Pure; safe to repeat.
 */
export function restoreCustomer(
  w: Workspace,
  customerId: string,
  { at, by, contactId }: Act & Readonly<{ contactId?: string | undefined }>,
  surroundings: Surroundings,
): boolean {
  const before = w.customers.get(customerId);
  if (!before || !isDeletedByBackfill(before)) return false;
  const { deletion: lifted, deletedAt: _at, ...living } = before;
  // Under any other mode a contact that is missing was taken over: another customer has its id now.
  const removedId = lifted?.mode === 'delete' ? contactId : undefined;
  const customer = { ...living, restored: { at, by } };
  const email = emailOf(customer);
  if (email === undefined || !customer.email) {
    w.customers.put(customerId, customer);
    return true;
  }
  w.customers.put(customerId, claimAddress(w, customer, email, customer.email.version));
  showAddress(w, email, { ...surroundings, newId: () => removedId ?? surroundings.newId() });
  return true;
}
