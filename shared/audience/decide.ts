import type { PolarEvent } from '../polar/polar-event.ts';
import type { Contact } from './contact.ts';
import { type Customer, compareMoments, newerFact } from './customer.ts';
import { isMailable, normalisedEmail } from './email-address.ts';
import { forget } from './erase.ts';
import { contactChanges, type EventRecord } from './event-record.ts';
import { claimAddress, emailOf, type Surroundings, showAddress } from './identity.ts';
import { cleanName } from './person-name.ts';
import { isSameData } from './same-data.ts';
import type { EventSettings } from './settings.ts';
import { type Known, type RowKey, type Steps, type Workspace, workspace } from './workspace.ts';

export type ReceivedEvent = PolarEvent & Readonly<{ webhookId: string; receivedAt: string }>;

/** Either rows that must be read first, or what to write: `steps` and the record in one atomic write. */
export type Decision =
  | { kind: 'load'; keys: RowKey[] }
  | { kind: 'commit'; record: EventRecord; steps: Steps | undefined };

/** Longer ones are not taken over: they would not fit beside the rest of a contact. */
const longestExternalId = 4_096;

/** What one Polar event does to the audience. Pure: the same inputs always give the same decision. */
export function decide(event: ReceivedEvent, known: Known, surroundings: Surroundings): Decision {
  const w = workspace(known);
  const customer = w.customers.get(event.customer.id) ?? {
    customerId: event.customer.id,
    addresses: [],
  };
  if (w.missing().length > 0) return { kind: 'load', keys: w.missing() };
  const result = judge(w, customer, event, surroundings);
  if (w.missing().length > 0) return { kind: 'load', keys: w.missing() };
  return { kind: 'commit', record: recordOf(event, w, result, surroundings), steps: w.steps() };
}

type Result = Pick<EventRecord, 'outcome' | 'changes'> & { reason?: string; erases?: boolean };

function skipped(reason: string): Result {
  return { outcome: 'skipped', changes: [], reason };
}

function judge(
  w: Workspace,
  customer: Customer,
  event: ReceivedEvent,
  surroundings: Surroundings,
): Result {
  const { settings } = surroundings;
  if (customer.erased) {
    return skipped('The customer was erased, so nothing of this event is kept.');
  }
  if (!settings.events[event.type].enabled) {
    return skipped(`${event.type} is switched off in the settings.`);
  }
  if (event.type === 'customer.deleted') return applyDeletion(w, customer, event, surroundings);
  if (event.customer.deletedAt !== undefined) {
    return skipped(
      'Polar sent this with a customer that was deleted already, so it changes nothing.',
    );
  }
  return applyFacts(w, customer, event, surroundings);
}

function applyFacts(
  w: Workspace,
  before: Customer,
  event: ReceivedEvent,
  surroundings: Surroundings,
): Result {
  const setting = surroundings.settings.events[event.type];
  const { version } = event.customer;
  const address = mailableAddress(event);
  const email = address && normalisedEmail(address);
  let customer: Customer = withFacts(before, event, setting, address);

  if (isSameData(customer, before)) return outcomeOf(customer, undefined, undefined);

  const emails = new Set(
    [email, emailOf(before), emailOf(customer)].filter((one) => one !== undefined),
  );
  const shownBefore = shownContact(w, before);
  const addedByHand = contactAddedByHand(w, emailOf(customer));
  for (const one of emails) {
    customer = claimAddress(w, customer, one, one === email ? version : '');
  }
  w.customers.put(customer.customerId, customer);
  for (const one of emails) showAddress(w, one, surroundings);
  const shown = shownContact(w, customer);
  return outcomeOf(customer, shownBefore ?? (shown && addedByHand), shown, true);
}

function withFacts(
  customer: Customer,
  event: ReceivedEvent,
  setting: EventSettings,
  address: string | undefined,
): Customer {
  const { version, name, externalId } = event.customer;
  const moment = { occurredAt: event.occurredAt, webhookId: event.webhookId };
  const email = newerFact(customer.email, address, version, normalisedEmail);
  const newName = setting.fullName
    ? newerFact(customer.name, name && cleanName(name), version)
    : customer.name;
  const usableId = externalId && externalId.length <= longestExternalId ? externalId : undefined;
  const newId = setting.externalId
    ? newerFact(customer.externalId, usableId, version)
    : customer.externalId;
  const { firstEvent, alwaysGroup } = customer;
  const isFirst = !firstEvent || compareMoments(moment, firstEvent) < 0;
  const isAlways = setting.userGroup !== null && setting.userGroupMode === 'always';
  const isNewestAlways = isAlways && (!alwaysGroup || compareMoments(moment, alwaysGroup) > 0);
  return {
    ...customer,
    addresses: withAddress(customer.addresses, address && normalisedEmail(address)),
    ...(email && { email }),
    ...(newName && { name: newName }),
    ...(newId && { externalId: newId }),
    ...(isFirst && { firstEvent: { ...moment, group: setting.userGroup } }),
    ...(isNewestAlways && { alwaysGroup: { ...moment, group: setting.userGroup ?? '' } }),
  };
}

function withAddress(addresses: string[], email: string | undefined): string[] {
  return email === undefined || addresses.includes(email)
    ? addresses
    : [...addresses, email].sort();
}

function mailableAddress(event: ReceivedEvent): string | undefined {
  const { email } = event.customer;
  return email !== undefined && isMailable(email) ? email : undefined;
}

function applyDeletion(
  w: Workspace,
  before: Customer,
  event: ReceivedEvent,
  surroundings: Surroundings,
): Result {
  const mode = surroundings.settings.customerDeleted;
  const deletion = { occurredAt: event.occurredAt, webhookId: event.webhookId, mode };
  const isFirst = !before.deletion || compareMoments(deletion, before.deletion) < 0;
  const { contact: _contact, ...withoutContact } = before;
  const customer: Customer = {
    ...(isFirst && mode === 'delete' ? withoutContact : before),
    ...(isFirst && { deletion, deletedAt: event.customer.deletedAt ?? event.occurredAt }),
  };
  const shownBefore = shownContact(w, before);
  const erases = event.customer.anonymised && mode !== 'keep';
  w.customers.put(customer.customerId, customer);
  if (erases) forget(w, customer, surroundings);
  else if (customer.email) {
    const email = normalisedEmail(customer.email.value);
    claimAddress(w, customer, email, customer.email.version);
    showAddress(w, email, surroundings);
  }
  const result = erases
    ? {
        ...outcomeOf(before, shownBefore, undefined),
        reason: 'The customer was deleted with anonymisation: what was known of it is erased.',
        erases,
      }
    : outcomeOf(customer, shownBefore, shownContact(w, customer), true);
  return result;
}

/** The contact that shows this customer, if any does. */
function shownContact(w: Workspace, customer: Customer): Contact | undefined {
  const email = emailOf(customer);
  const contact = email === undefined ? undefined : w.contacts.get(email);
  return contact?.customerId === customer.customerId ? contact : undefined;
}

/** The contact that this customer would take over from nobody. */
function contactAddedByHand(w: Workspace, email: string | undefined): Contact | undefined {
  const contact = email === undefined ? undefined : w.contacts.get(email);
  return contact?.customerId === undefined ? contact : undefined;
}

function outcomeOf(
  customer: Customer,
  before: Contact | undefined,
  after: Contact | undefined,
  isLookedUp = false,
): Result {
  const changes = contactChanges(before, after);
  if (customer.email === undefined) {
    const reason = customer.deletion
      ? 'The customer is deleted and has no known email address, so there is no contact to change.'
      : 'The customer has no known email address yet, so there is no contact. What else Polar said is kept.';
    return skipped(reason);
  }
  if (changes.length > 0) return { outcome: 'applied', changes };
  const reason = isLookedUp && !after ? hiddenBecause(customer) : undefined;
  return { outcome: 'unchanged', changes, ...(reason && { reason }) };
}

function hiddenBecause(customer: Customer): string {
  return customer.deletion
    ? 'The customer is deleted, so no contact shows what Polar said of it.'
    : 'Another customer has this address now. What Polar said of this one is kept.';
}

function recordOf(
  event: ReceivedEvent,
  w: Workspace,
  { outcome, changes, reason, erases }: Result,
  { settings }: Surroundings,
): EventRecord {
  const customer = w.customers.get(event.customer.id);
  const email = emailOf(customer);
  const base = {
    webhookId: event.webhookId,
    type: event.type,
    occurredAt: event.occurredAt,
    receivedAt: event.receivedAt,
    outcome,
    ...(reason && { reason }),
    settingsVersion: settings.version,
    customerId: event.customer.id,
    ...(customer?.contact && { contactId: customer.contact.contactId }),
  };
  if (customer?.erased) {
    const { externalId: _externalId, ...properties } = event.properties;
    return { ...base, changes: [], properties, erased: true, ...(erases && { erases }) };
  }
  return { ...base, changes, properties: event.properties, ...(email && { email }) };
}
