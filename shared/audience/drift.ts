import type { PolarCustomer, PolarEvent } from '#shared/polar/event.ts';
import { isMailable, normalisedEmail } from './person/address.ts';
import { cleanName } from './person/name.ts';
import { type Customer, newerFact } from './person/person.ts';
import type { Settings } from './settings/settings.ts';

/** The parts of the facts that a webhook must have failed to bring. */
export type DriftKind = 'missing' | 'stale' | 'wrong-group' | 'extra';

type CustomerDrift =
  | Readonly<{ kind: 'in-step' | 'erased' | 'without-address' | 'deleted-here' }>
  /** `type`: the event that brings it into step. */
  | Readonly<{ kind: 'missing' | 'stale'; type: 'customer.created' | 'customer.updated' }>
  /** It would be one of these, but for an event that is switched off. */
  | Readonly<{ kind: 'unwanted'; reason: string }>;

type Said = Readonly<{
  customer: PolarCustomer;
  /** Polar has changed it since it was made. */
  isChanged: boolean;
}>;

/**
 * How the row of a customer differs from what Polar says of it now, by the settings of now. Only values count: a newer
 * version of the same value is no drift. Consent, and what was set by hand, is no part of it.
 */
export function customerDrift(
  { customer, isChanged }: Said,
  row: Customer | undefined,
  settings: Settings,
): CustomerDrift {
  if (row?.erased) return { kind: 'erased' };
  if (row?.deletion || customer.deletedAt !== undefined) return { kind: 'deleted-here' };
  if (!hasAddress(customer)) return { kind: 'without-address' };
  const type = isChanged ? 'customer.updated' : 'customer.created';
  if (!row?.email) return wanted('missing', ['customer.created', type], settings);
  return isStale(customer, row, settings.events[type])
    ? wanted('stale', [type], settings)
    : { kind: 'in-step' };
}

function wanted(
  kind: 'missing' | 'stale',
  types: readonly ('customer.created' | 'customer.updated')[],
  { events }: Settings,
): CustomerDrift {
  const type = types.find((one) => events[one].enabled);
  if (type) return { kind, type };
  const off = [...new Set(types)].join(' and ');
  return { kind: 'unwanted', reason: `Switched off in the settings: ${off}.` };
}

function isStale(
  { email, name, externalId, version }: PolarCustomer,
  row: Customer,
  takes: Readonly<{ fullName: boolean; externalId: boolean }>,
): boolean {
  const mended = newerFact(row.email, email, version, normalisedEmail);
  const named = newerFact(row.name, name && cleanName(name), version);
  const known = newerFact(row.externalId, externalId, version);
  return (
    mended?.value !== row.email?.value ||
    (takes.fullName && named?.value !== row.name?.value) ||
    (takes.externalId && known?.value !== row.externalId?.value)
  );
}

/**
 * What an order or a subscription would still bring: a customer that nothing else brought, or the group of an event
 * that is newer than every one which gave a group so far. What came in as a webhook is never older than its object, so
 * that an event which was applied is never missed here.
 */
export function purchaseDrift(
  { type, occurredAt, customer }: PolarEvent,
  row: Customer | undefined,
  { events }: Settings,
): 'in-step' | 'missing' | 'wrong-group' {
  const { enabled, userGroup, userGroupMode } = events[type];
  const isGone = row?.erased || row?.deletion || customer.deletedAt !== undefined;
  if (!enabled || isGone || !hasAddress(customer)) return 'in-step';
  if (!row?.email) return 'missing';
  if (userGroup === null || userGroupMode !== 'always') return 'in-step';
  const isNewest = !row.alwaysGroup || row.alwaysGroup.occurredAt < occurredAt;
  return isNewest ? 'wrong-group' : 'in-step';
}

function hasAddress({ email }: PolarCustomer): boolean {
  return email !== undefined && isMailable(email);
}
