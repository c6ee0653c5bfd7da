import { considerWorkflows } from './consider-workflows.ts';
import { isLifted, withDeletion } from './deletion.ts';
import { forget } from './erasure.ts';
import {
  type ConsideredWorkflow,
  type EventRecord,
  keptByHand,
  nothingNew,
  outcomeOf,
  type ReceivedEvent,
  type Result,
  recordOf,
  skipped,
} from './event-record.ts';
import {
  formerSpellings,
  isMailable,
  type NormalisedEmail,
  normalisedEmail,
} from './person/address.ts';
import { claimAddress, layerAt, showAddress, withoutLayer } from './person/identity.ts';
import { cleanName } from './person/name.ts';
import {
  addressesOf,
  type Contact,
  type Customer,
  emailOf,
  groupOwner,
  type Layer,
  newerFact,
} from './person/person.ts';
import { withSubscription } from './person/subscription-snapshot.ts';
import type { Surroundings } from './rows/unit-of-work.ts';
import { isSameData, type RowKey, type Workspace } from './rows/workspace.ts';
import { followCustomer } from './runs/customer-runs.ts';
import type { EventSettings } from './settings/settings.ts';
import { groupReason, withGroupOf } from './settings/user-group.ts';
import type { Workflow } from './workflow.ts';

/**
 * What one Polar event does to the audience: changes rows of the workspace, and returns the record to keep. Pure: the
 * same inputs always give the same decision. An event that is decided again, as in a replay, changes only what the
 * settings of now say otherwise. A replay that asks for its emails `again` gives them keys of their own, so that they are
 * sent although they were sent before. Throws `OutdatedWorkflows` where workflows that `areCached` do not do.
 */
export function decide(
  w: Workspace,
  event: ReceivedEvent,
  surroundings: Surroundings,
  workflows: readonly Workflow[],
  how: How = {},
): EventRecord {
  if (event.customer.email !== undefined) w.spelled(event.customer.email);
  const customer = w.customers.get(event.customer.id) ?? {
    customerId: event.customer.id,
    addresses: [],
  };
  const result = judge(w, customer, event, surroundings);
  followCustomer(w, customer, surroundings.now);
  const considered = consider(workflows, event, w, surroundings, how);
  return {
    ...recordOf(event, customer, w.customers.get(event.customer.id), result, surroundings.settings),
    ...(considered.length > 0 && { workflows: considered }),
  };
}

type How = Readonly<{
  replay?: Readonly<{ replayId: string; again: boolean }>;
  areCached?: boolean;
}>;

/**
 * What to read before `decide`: the customer alone, since most events look at nothing else. Polar sends two types because a
 * customer changed: what a change reads is read with the customer, in one call. Where nothing changes after all, three
 * small reads too many.
 */
export function readFirst(event: ReceivedEvent): RowKey[] {
  const customer = { kind: 'customers', key: event.customer.id } as const;
  const isChange = event.type === 'customer.created' || event.type === 'customer.updated';
  const address = isChange ? mailableAddress(event) : undefined;
  if (address === undefined) return [customer];
  const { email, typed } = address;
  return [
    customer,
    ...[email, ...formerSpellings(email, [typed])].flatMap((key) =>
      (['addresses', 'contacts', 'suppressions'] as const).map((kind) => ({ kind, key })),
    ),
  ];
}

function consider(
  workflows: readonly Workflow[],
  event: ReceivedEvent,
  w: Workspace,
  { settings, now }: Surroundings,
  { replay, areCached = false }: How,
): ConsideredWorkflow[] {
  const { enabled, trigger } = settings.events[event.type];
  const customer = w.customers.get(event.customer.id);
  if (!enabled || !customer || isForeign(customer, event)) return [];
  const situation = { event, customer, isTrigger: trigger, now, replay, areCached };
  return considerWorkflows(w, workflows, situation);
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
  if (isForeign(customer, event)) {
    return skipped(
      'The event comes from another Polar organization than its customer here, so it changes nothing.',
    );
  }
  if (!settings.events[event.type].enabled) {
    // What is known of a subscription is for the guard, which must not depend on settings.
    if (event.subscription && event.customer.deletedAt === undefined) {
      w.customers.put(customer.customerId, withSnapshot(inOrganization(customer, event), event));
    }
    return skipped(`${event.type} is switched off in the settings.`);
  }
  if (event.type === 'customer.deleted') return applyDeletion(w, customer, event, surroundings);
  if (event.customer.deletedAt !== undefined) {
    return skipped(
      'Polar sent this with a customer it had already deleted, so it changes nothing.',
    );
  }
  return applyFacts(w, customer, event, surroundings);
}

/**
 * The organization of a customer is the one that its first event named. That of the connection does not count: it may be
 * another by the time that a message is read, and a stage may have none.
 */
function isForeign({ organizationId }: Customer, { customer }: ReceivedEvent): boolean {
  return (
    organizationId !== undefined &&
    customer.organizationId !== undefined &&
    organizationId !== customer.organizationId
  );
}

/** With the organization that the event names, where none is known yet. */
function inOrganization(customer: Customer, { customer: said }: ReceivedEvent): Customer {
  const { organizationId = said.organizationId } = customer;
  return organizationId === undefined ? customer : { ...customer, organizationId };
}

function applyFacts(
  w: Workspace,
  known: Customer,
  event: ReceivedEvent,
  surroundings: Surroundings,
): Result {
  const before = withoutLayer(w, known, surroundings.newId);
  const setting = surroundings.settings.events[event.type];
  const { version } = event.customer;
  const address = mailableAddress(event);
  let customer: Customer = withFacts(before, event, setting, address);

  if (isSameData(customer, before)) {
    w.customers.put(customer.customerId, withSnapshot(customer, event));
    return { ...nothingNew(customer), ...groupSaid(customer, event, setting) };
  }
  customer = withSnapshot(customer, event);
  const emails = new Set(
    [address?.email, emailOf(before), emailOf(customer)].filter((one) => one !== undefined),
  );
  const shownBefore = shownContact(w, before);
  const addedByHand = contactAddedByHand(w, emailOf(customer));
  // Twice, so that each claim says of a "no" that another of the addresses brings.
  for (const one of [...emails, ...emails]) {
    customer = claimAddress(w, customer, one, one === address?.email ? version : '');
  }
  w.customers.put(customer.customerId, customer);
  for (const one of emails) showAddress(w, one, surroundings);
  const shown = shownContact(w, customer);
  return {
    ...outcomeOf(customer, shownBefore ?? (shown && addedByHand), shown),
    ...(shown && { keptByHand: keptByHand(before, customer, shown) }),
    ...groupSaid(
      w.customers.get(customer.customerId),
      event,
      setting,
      shown && layerAt(w, shown.email),
    ),
  };
}

function groupSaid(
  customer: Customer | undefined,
  event: ReceivedEvent,
  setting: EventSettings,
  layer?: Layer,
) {
  if (!customer?.contact) return {};
  const owner = groupOwner(customer, customer.contact, layer);
  const said = groupReason(customer, owner, event, setting);
  return said === undefined ? {} : { groupReason: said };
}

function withFacts(
  customer: Customer,
  event: ReceivedEvent,
  setting: EventSettings,
  address: EventAddress | undefined,
): Customer {
  const { version, name, externalId } = event.customer;
  const email = newerFact(customer.email, address?.typed, version, normalisedEmail);
  const newName = setting.fullName
    ? newerFact(customer.name, name && cleanName(name), version)
    : customer.name;
  const newId = setting.externalId
    ? newerFact(customer.externalId, externalId, version)
    : customer.externalId;
  return {
    ...withGroupOf(inOrganization(customer, event), event, setting),
    addresses: withAddress(customer.addresses, address?.email),
    ...(email && { email }),
    ...(newName && { name: newName }),
    ...(newId && { externalId: newId }),
    ...(externalId === undefined && { hadNoExternalId: true as const }),
  };
}

function withSnapshot(customer: Customer, { subscription }: ReceivedEvent): Customer {
  return subscription
    ? { ...customer, subscriptions: withSubscription(customer.subscriptions, subscription) }
    : customer;
}

function withAddress(addresses: string[], email: NormalisedEmail | undefined): string[] {
  return email === undefined || addressesOf({ addresses }).includes(email)
    ? addresses
    : [...addresses, email].sort();
}

/** Contacts are kept under `email`; `typed`, as it came, is for sending. */
type EventAddress = Readonly<{ typed: string; email: NormalisedEmail }>;

function mailableAddress({ customer: { email: typed } }: ReceivedEvent): EventAddress | undefined {
  if (typed === undefined || !isMailable(typed)) return undefined;
  return { typed, email: normalisedEmail(typed) };
}

function applyDeletion(
  w: Workspace,
  before: Customer,
  event: ReceivedEvent,
  surroundings: Surroundings,
): Result {
  if (isLifted(before, event)) {
    return skipped('A person has lifted this deletion, because Polar has the customer.');
  }
  const { customerDeleted } = surroundings.settings;
  const customer = inOrganization(withDeletion(before, event, customerDeleted), event);
  const shownBefore = shownContact(w, before);
  w.customers.put(customer.customerId, customer);
  if (event.customer.anonymised && customer.deletion?.mode !== 'keep') {
    forget(w, customer, surroundings);
    const reason = 'The customer was deleted with anonymization: what was known of it is erased.';
    return { ...outcomeOf(before, shownBefore, undefined), reason, erases: true };
  }
  const email = emailOf(customer);
  if (customer.email && email !== undefined) {
    claimAddress(w, customer, email, customer.email.version);
    showAddress(w, email, surroundings);
  }
  return outcomeOf(customer, shownBefore, shownContact(w, customer));
}

/** The contact that shows this customer, if any does. */
function shownContact(w: Workspace, customer: Customer): Contact | undefined {
  const email = emailOf(customer);
  const contact = email === undefined ? undefined : w.contacts.get(email);
  return contact?.customerId === customer.customerId ? contact : undefined;
}

/** The contact that this customer would take over from nobody. */
function contactAddedByHand(w: Workspace, email: NormalisedEmail | undefined): Contact | undefined {
  const contact = email === undefined ? undefined : w.contacts.get(email);
  return contact?.customerId === undefined ? contact : undefined;
}
