import type { ByHand } from '#shared/audience/by-hand/by-hand.ts';
import type { Refusal } from '#shared/audience/consent/refusals.ts';
import type { ReceivedEvent } from '#shared/audience/event-record.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import type { Contact, Customer } from '#shared/audience/person/person.ts';
import { productNameOf } from '#shared/audience/person/subscription-snapshot.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import { type EditTask, referenceByHand } from '../edits.ts';

type Fact = { value: string; version: string };

/**
 * What the audience must be once all of these events and refusals are known, computed at one go from the rules and
 * without regard to any order of arrival. Ids and times are left out. `byHand` is a contact that was added before all
 * of it: it stays where it was typed, and is shown over the facts of whoever has the address. `edits` are those of the
 * customers and of addresses that a person added.
 */
export function referenceAudience(
  events: readonly ReceivedEvent[],
  refusals: readonly Refusal[],
  settings: Settings,
  byHand?: Contact,
  edits: readonly EditTask[] = [],
) {
  const customers = Map.groupBy(
    events.filter(({ type }) => settings.events[type].enabled),
    ({ customer }) => customer.id,
  );
  const facts = [...customers].map(([id, own]) => ({
    ...factsOf(id, own, refusals, settings),
    subscriptions: newestSubscriptions(events.filter(({ customer }) => customer.id === id)),
  }));
  const contacts = new Map<string, { subscribed: boolean; [field: string]: unknown }>();
  const emails = new Set(facts.map(({ email }) => email && normalisedEmail(email.value)));
  for (const email of emails.add(byHand?.email)) {
    if (email === undefined) continue;
    const added = email === byHand?.email ? byHand : undefined;
    const typed = referenceByHand(
      edits.filter((one) => one.email === email),
      added?.byHand,
    );
    const isSuppressed = refusals.some((refusal) => refusal.email === email);
    const candidates = facts.filter(
      (one) => one.email && normalisedEmail(one.email.value) === email,
    );
    const living = candidates.filter((one) => !one.isDeleted);
    const owner = (living.length > 0 ? living : candidates).toSorted((a, b) =>
      `${b.email?.version} ${b.id}` > `${a.email?.version} ${a.id}` ? 1 : -1,
    )[0];
    if (!owner && added) {
      const { address, source } = added;
      const set = { ...shownOf(typed, {}), ...(typed && { byHand: typed }) };
      contacts.set(email, { email, address, source, ...set, subscribed: !isSuppressed });
    }
    if (!owner || (owner.isDeleted && settings.customerDeleted === 'delete')) continue;
    const words = (owner.name?.value ?? '').split(' ');
    const lastName = words.slice(1).join(' ');
    const own = edits.filter((one) => one.customerId === owner.id);
    const all = referenceByHand(own, typed);
    const shown = shownOf(all, {
      firstName: words[0],
      lastName,
      externalId: owner.externalId?.value,
      userGroup: added && owner.alwaysAt === undefined ? undefined : owner.group,
      alwaysAt: owner.alwaysAt,
    });
    contacts.set(email, {
      email,
      address: owner.email?.value,
      customerId: owner.id,
      source: added?.source ?? 'Polar webhook',
      ...(all && { byHand: all }),
      ...shown,
      subscribed:
        (added !== undefined || settings.newContacts === 'subscribed') &&
        !(owner.isDeleted && settings.customerDeleted === 'unsubscribe') &&
        !candidates.some((one) => one.hasRefused && (one === owner || one.isDeleted)) &&
        !isSuppressed,
    });
  }
  return {
    contacts,
    customers: new Map(facts.map((one) => [one.id, one])),
    /**
     * Whether someone who said no is erased. The "no" then lies on the address that was the present one when the
     * erasure came, so here the order of arrival may leave more people unsubscribed, and never fewer.
     */
    isErasedUnsubscribed: [...customers].some(
      ([id, own]) =>
        facts.find((one) => one.id === id)?.isErased &&
        own.some(({ customer }) => hasRefused(customer.email, refusals)),
    ),
  };
}

type Fields = Readonly<{
  firstName?: string | undefined;
  lastName?: string | undefined;
  externalId?: string | undefined;
  userGroup?: string | null | undefined;
  /** When the newest event gave a group always. */
  alwaysAt?: string | undefined;
}>;

/** What is set by hand, and else what Polar says. */
function shownOf(byHand: ByHand | undefined, { alwaysAt = '', userGroup, ...polar }: Fields) {
  const { edits, userGroup: set, ...texts } = byHand ?? {};
  const group = set && alwaysAt <= set.at ? set.value : userGroup;
  const shown = Object.entries({ ...polar, ...texts, userGroup: group });
  return Object.fromEntries(shown.filter(([, value]) => value));
}

function hasRefused(address: string | undefined, refusals: readonly Refusal[]): boolean {
  return refusals.some(
    ({ email, reason }) =>
      address !== undefined && email === normalisedEmail(address) && reason !== 'bounced',
  );
}

/** The newest state of each subscription, by its id. Events that are switched off tell of it, too. */
function newestSubscriptions(events: readonly ReceivedEvent[]) {
  const told = events
    .filter(({ customer }) => !customer.deletedAt)
    .flatMap(({ subscription }) => subscription ?? [])
    .toSorted((a, b) =>
      `${a.version} ${a.toldAt ?? ''}` < `${b.version} ${b.toldAt ?? ''}` ? -1 : 1,
    );
  return [...Map.groupBy(told, ({ id }) => id)].map(([id, versions]) => {
    const newest = versions.at(-1);
    const named = versions.findLast(({ productName }) => productName !== undefined);
    const isSame = named?.productId === newest?.productId;
    return { ...newest, id, productName: isSame ? named?.productName : undefined };
  });
}

/** What a customer's row keeps of subscriptions, in the same form. */
export function subscriptionsOf(customer: Customer | undefined) {
  return Object.entries(customer?.subscriptions ?? {}).map(([id, snapshot]) => {
    const { named, hasEnded, ...rest } = snapshot;
    return { ...rest, id, productName: productNameOf(snapshot) };
  });
}

function factsOf(
  id: string,
  events: readonly ReceivedEvent[],
  refusals: readonly Refusal[],
  settings: Settings,
) {
  const deletions = events.filter(({ type }) => type === 'customer.deleted');
  const isErased =
    settings.customerDeleted !== 'keep' && deletions.some(({ customer }) => customer.anonymised);
  const telling = isErased
    ? []
    : events.filter(({ type, customer }) => type !== 'customer.deleted' && !customer.deletedAt);
  const inOrder = telling.toSorted((a, b) =>
    `${a.occurredAt} ${a.webhookId}` < `${b.occurredAt} ${b.webhookId}` ? -1 : 1,
  );
  const newest = (
    of: (event: ReceivedEvent) => string | undefined,
    order: (value: string) => string = (same) => same,
  ): Fact | undefined =>
    telling
      .map((event) => ({ value: of(event) ?? '', version: event.customer.version }))
      .filter(({ value }) => value !== '')
      .toSorted((a, b) => {
        const rank = ({ value, version }: Fact) => `${version} ${order(value)}\n${value}`;
        return rank(b) > rank(a) ? 1 : -1;
      })[0];
  const always = inOrder.findLast(({ type }) => {
    const { userGroup, userGroupMode } = settings.events[type];
    return userGroup !== null && userGroupMode === 'always';
  });
  const giving = inOrder.find(({ type }) => settings.events[type].userGroup !== null);
  const sinceFirst =
    Date.parse(giving?.occurredAt ?? '') - Date.parse(inOrder[0]?.occurredAt ?? '');
  const groupBy = always ?? (sinceFirst <= 86_400_000 ? giving : undefined);
  return {
    id,
    isErased,
    isDeleted: deletions.length > 0,
    email: newest(({ customer }) => customer.email, normalisedEmail),
    name: newest(({ type, customer }) =>
      settings.events[type].fullName ? customer.name?.replace(/\s+/g, ' ').trim() : undefined,
    ),
    externalId: newest(({ type, customer }) =>
      settings.events[type].externalId ? customer.externalId : undefined,
    ),
    alwaysAt: always?.occurredAt,
    group: groupBy ? settings.events[groupBy.type].userGroup : null,
    hasRefused: telling.some(({ customer }) => hasRefused(customer.email, refusals)),
  };
}
