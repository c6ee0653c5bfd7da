import fc from 'fast-check';
import type { ReceivedEvent } from '#shared/audience/event-record.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import type { Contact } from '#shared/audience/person/person.ts';
import { type Settings, settingsSchema } from '#shared/audience/settings/settings.ts';
import { supportedEventTypes } from '#shared/polar/event-types.ts';
import type { PolarSubscription } from '#shared/polar/subscription-facts.ts';

/** One thing that happens at Polar. `pick` chooses among what is possible at that moment. */
const happeningArbitrary = fc.record({
  act: fc.constantFrom(
    'create',
    'create',
    'rename',
    'move',
    'move',
    'identify',
    'delete',
    'anonymise',
    'order',
    'subscription',
    'quiet-change',
  ),
  customer: fc.nat({ max: 3 }),
  pick: fc.nat({ max: 1_000 }),
  /** Microseconds since the last one; nothing in between happens too. */
  pause: fc.constantFrom(0, 1, 1, 999, 60_000_000, 60_000_000, 50_000_000_000),
  /** How many endpoints of the organization tell of it, each under a webhook id of its own. */
  endpoints: fc.constantFrom(1, 1, 1, 1, 2),
});
export type Happening = typeof happeningArbitrary extends fc.Arbitrary<infer T> ? T : never;

/** Four mailboxes in seven spellings. */
const addresses = [
  'ann@example.com',
  'Ann@Example.com',
  'bob@example.com',
  'cy@example.com',
  'Zoë@Bücher.example',
  'zoë@bücher.example'.normalize('NFD'),
  'zoë@xn--bcher-kva.example',
];
export const normalisedAddresses = [...new Set(addresses.map(normalisedEmail))];
const names = ['Ann', 'Ann  Lee', 'Bob van der Berg', '', null, ' \n'];
const statuses = ['trialing', 'active', 'past_due', 'paused', 'canceled'];
const subscriptionTypes = supportedEventTypes.filter((type) => type.startsWith('subscription.'));

type PolarRow = {
  id: string;
  createdAt: string;
  modifiedAt: string | undefined;
  email: string | undefined;
  name: string | undefined;
  externalId: string | undefined;
  deletedAt: string | undefined;
  anonymised: boolean;
};

/** The webhooks of a history in the order in which Polar recorded them. Living customers never share an address. */
export function eventsOf(happenings: readonly Happening[]): ReceivedEvent[] {
  const rows = new Map<number, PolarRow>();
  const subscriptions = new Map<string, PolarSubscription>();
  const events: ReceivedEvent[] = [];
  let microseconds = 0;
  let made = 0;
  let endpointsNow = 1;

  const at = () => timeAt(microseconds);
  const isFree = (email: string) =>
    ![...rows.values()].some(
      (row) => row.deletedAt === undefined && row.email?.toLowerCase() === email.toLowerCase(),
    );
  const emit = (type: ReceivedEvent['type'], row: PolarRow) => {
    const { id, createdAt, modifiedAt, anonymised, ...rest } = row;
    const present = Object.fromEntries(Object.entries(rest).filter(([, value]) => value));
    const subscription = subscriptionIn(type, subscriptions.get(id), at());
    for (let endpoint = 0; endpoint < endpointsNow; endpoint++) {
      events.push({
        type,
        occurredAt: at(),
        webhookId: webhookIdOf(events.length),
        receivedAt: '2026-11-23T12:00:00.000Z',
        customer: { id, version: modifiedAt ?? createdAt, anonymised, ...present },
        object: { id, version: modifiedAt ?? createdAt },
        ...(subscription && { subscription }),
        properties: { customerId: id },
      });
    }
  };

  for (const { act, customer: index, pick, pause, endpoints } of happenings) {
    microseconds += pause;
    endpointsNow = endpoints;
    const row = rows.get(index);
    const email = addresses[pick % addresses.length] ?? '';
    const change = (patch: Partial<PolarRow>) =>
      Object.assign(row ?? {}, patch, { modifiedAt: at() });
    if (!row || (row.deletedAt && act === 'create')) {
      made += 1;
      const created: PolarRow = {
        id: `customer-${index}-${made}`,
        createdAt: at(),
        modifiedAt: undefined,
        email: pick % 5 !== 0 && isFree(email) ? email : undefined,
        name: names[pick % names.length] ?? undefined,
        externalId: pick % 3 === 0 ? `user ${pick % 4}` : undefined,
        deletedAt: undefined,
        anonymised: false,
      };
      rows.set(index, created);
      emit('customer.created', created);
      continue;
    }
    if (row.deletedAt) {
      emit(subscriptionTypes[pick % subscriptionTypes.length] ?? 'order.paid', row);
      continue;
    }
    switch (act) {
      case 'create':
      case 'order':
        emit('order.paid', row);
        break;
      case 'subscription':
        // Several events may tell of one version, but no version has two states.
        if (pick % 3 > 0) {
          microseconds += 1;
          subscriptions.set(
            row.id,
            changedSubscription(subscriptions.get(row.id), row, pick, at()),
          );
        }
        emit(subscriptionTypes[pick % subscriptionTypes.length] ?? 'order.paid', row);
        break;
      case 'rename':
        change({ name: names[pick % names.length] ?? undefined });
        emit('customer.updated', row);
        break;
      case 'identify':
        change({ externalId: row.externalId ?? `user ${pick % 4}` });
        emit('customer.updated', row);
        break;
      case 'move':
        if (isFree(email)) change({ email });
        emit('customer.updated', row);
        break;
      case 'quiet-change':
        if (isFree(email)) change({ email });
        break;
      default:
        change({ deletedAt: at() });
        if (act === 'anonymise')
          Object.assign(row, { anonymised: true, email: undefined, name: 'b5d4' });
        emit('customer.deleted', row);
    }
  }
  return events;
}

/** Its next version, perhaps in another state. */
function changedSubscription(
  before: PolarSubscription | undefined,
  { id }: PolarRow,
  pick: number,
  at: string,
): PolarSubscription {
  const status = statuses[pick % statuses.length] ?? 'active';
  return {
    id: `subscription-of-${id}`,
    createdAt: before?.createdAt ?? at,
    version: at,
    status,
    ...(status === 'canceled' && { canceledAt: at, endedAt: at }),
    ...(status === 'past_due' && { pastDueSince: at }),
    ...(status === 'paused' && { pausedAt: at }),
    productId: `product-${pick % 2}`,
  };
}

/** What an event tells of a subscription: an order has it without a name and a time of its own. */
function subscriptionIn(
  type: ReceivedEvent['type'],
  subscription: PolarSubscription | undefined,
  toldAt: string,
): PolarSubscription | undefined {
  if (type.startsWith('customer.')) return undefined;
  if (type === 'order.paid' || !subscription) return subscription;
  return { ...subscription, toldAt, productName: `The ${subscription.productId}` };
}

function wireOf({ productName, ...subscription }: PolarSubscription) {
  return {
    id: subscription.id,
    created_at: subscription.createdAt,
    modified_at: subscription.version,
    status: subscription.status,
    canceled_at: subscription.canceledAt ?? null,
    past_due_at: subscription.pastDueSince ?? null,
    ended_at: subscription.endedAt ?? null,
    paused_at: subscription.pausedAt ?? null,
    product_id: subscription.productId,
    ...(productName && { product: { id: subscription.productId, name: productName } }),
  };
}

/** A body in Polar's format that says what this event says of its customer. */
export function webhookBody(event: ReceivedEvent): string {
  const { type, occurredAt, object, customer, subscription } = event;
  const { id, version, email, name, externalId, deletedAt, anonymised } = customer;
  const wire = {
    id,
    created_at: version,
    modified_at: null,
    email: email ?? (anonymised && !deletedAt ? 'b5d4@anonymized.polar.sh' : null),
    name: name ?? null,
    external_id: externalId ?? null,
    deleted_at: deletedAt ?? null,
    metadata: anonymised ? { __anonymized_at: occurredAt } : {},
  };
  const purchase = { id: object.id, created_at: object.version };
  const told = subscription && wireOf(subscription);
  const bought = type === 'order.paid' ? { ...purchase, subscription: told } : told;
  const data = type.startsWith('customer.') ? wire : { ...(bought ?? purchase), customer: wire };
  return JSON.stringify({ type, timestamp: occurredAt, data });
}

/** Ids that sort otherwise than the events. */
function webhookIdOf(n: number): string {
  const digits = String(n * 7_919).padStart(7, '0');
  return `evt_${digits.split('').reverse().join('')}`;
}

function timeAt(microseconds: number): string {
  const whole = new Date(Date.UTC(2026, 0, 1) + Math.floor(microseconds / 1_000)).toISOString();
  return `${whole.slice(0, -1)}${String(microseconds % 1_000).padStart(3, '0')}Z`;
}

/** Someone adds a contact before anything happens at Polar. `pick` chooses the address. */
export const addedByHandArbitrary = fc.option(
  fc.record({
    pick: fc.nat({ max: 1_000 }),
    byHand: fc.record({ firstName: fc.constantFrom('Annie', null) }),
  }),
);
export type AddedByHand = typeof addedByHandArbitrary extends fc.Arbitrary<infer T> ? T : never;

/** The contact that was added, at one of all addresses. */
export function contactAddedByHand(added: AddedByHand): Contact | undefined {
  const email = normalisedAddresses[(added?.pick ?? 0) % normalisedAddresses.length];
  if (!added || email === undefined) return undefined;
  const { firstName } = added.byHand;
  return {
    email,
    address: email,
    contactId: 'added-by-hand',
    source: 'Added by hand',
    createdAt: '2025-12-31T23:59:59.999Z',
    updatedAt: '2025-12-31T23:59:59.999Z',
    consent: {},
    byHand: added.byHand,
    ...(firstName !== null && { firstName }),
    subscribed: true,
  };
}

export const happeningsArbitrary = fc.array(happeningArbitrary, { minLength: 1, maxLength: 30 });

const eventSettingsArbitrary = fc.record({
  enabled: fc.constantFrom(true, true, true, true, false),
  trigger: fc.constant(true),
  fullName: fc.constantFrom(true, true, false),
  externalId: fc.constantFrom(true, true, false),
  userGroup: fc.constantFrom(null, null, 'buyers', 'members'),
  userGroupMode: fc.constantFrom('new-contacts', 'new-contacts', 'always'),
});

export const settingsArbitrary: fc.Arbitrary<Settings> = fc
  .record({
    version: fc.constant(3),
    newContacts: fc.constantFrom('subscribed', 'subscribed', 'unsubscribed'),
    customerDeleted: fc.constantFrom('unsubscribe', 'delete', 'keep'),
    events: fc.record(
      Object.fromEntries(supportedEventTypes.map((type) => [type, eventSettingsArbitrary])),
    ),
  })
  .map((settings) => settingsSchema.parse(settings));
