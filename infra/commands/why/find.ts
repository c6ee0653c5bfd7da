import { Advice } from '#infra/terminal/advice.ts';
import { normalisedEmail, ownerOf } from '#shared/audience/address.ts';
import type { Customer } from '#shared/audience/person.ts';
import type { AtAddress } from '#shared/audience/subscription-reasons.ts';
import type { FailureRow } from '#shared/queue/dead-letters/letter-reasons.ts';
import type { ReportedEmail } from '#shared/store/mail/emails.ts';
import type { ListedEvent, WhyRows } from './rows.ts';
import { type WebhookChain, webhookChain } from './webhook.ts';

/** What is known at an address, with its last events and emails and how they failed. */
export type FoundAddress = Readonly<{
  kind: 'address';
  email: string;
  at: AtAddress;
  events: readonly ListedEvent[];
  emails: readonly ReportedEmail[];
  failures: ReadonlyMap<string, FailureRow>;
}>;

/** What is known by a name that a person typed. */
export type Found =
  | FoundAddress
  /** Without an address where the customer has none, or is erased. */
  | Readonly<{ kind: 'customer'; customer: Customer; address: FoundAddress | undefined }>
  | Readonly<{ kind: 'webhook'; chain: WebhookChain }>
  /** Without a chain where the record of its event has expired. */
  | Readonly<{ kind: 'email'; email: ReportedEmail; chain: WebhookChain | undefined }>
  /** It failed before anything was recorded of it. */
  | Readonly<{ kind: 'failure'; id: string; failure: FailureRow }>;

/** Looks for an address, a webhook, an email or a customer. Throws Advice where nothing is known by that name. */
export async function find(about: string, rows: WhyRows, options: string): Promise<Found> {
  if (about.includes('@')) return findAddress(about, rows);
  const [record, email, customer, failures] = await Promise.all([
    rows.event(about),
    rows.email(about),
    rows.customer(about),
    rows.failures([about, `feedback ${about}`, `message ${about}`]),
  ]);
  if (record) return { kind: 'webhook', chain: await webhookChain(record, rows) };
  if (email) {
    const cause = await rows.event(email.webhookId);
    return { kind: 'email', email, chain: cause && (await webhookChain(cause, rows)) };
  }
  if (customer) {
    const address = customer.erased ? undefined : customer.email?.value;
    const found = address === undefined ? undefined : await findAddress(address, rows);
    return { kind: 'customer', customer, address: found };
  }
  const [failed] = failures;
  if (failed) return { kind: 'failure', id: failed[0], failure: failed[1] };
  throw new Advice(
    `Nothing is known by ${about}. It was never accepted, is still in the queue, died without a reason ("npm run deadletters -- list${options}"), or its record has expired. Polar's list of deliveries shows what was answered.`,
  );
}

const mostListed = 10;

async function findAddress(typed: string, rows: WhyRows): Promise<FoundAddress> {
  const email = normalisedEmail(typed);
  const at = await rows.at(typed, ownerOf);
  const ids = contactIdsOf(at);
  const [events, emails] = await Promise.all([
    newestOf(ids, (id) => rows.eventsOf(id, mostListed), 'occurredAt'),
    newestOf(ids, (id) => rows.emailsOf(id, mostListed), 'createdAt'),
  ]);
  const failures = await rows.failures([
    ...events.map(({ webhookId }) => webhookId),
    ...emails.flatMap(({ ledgerKey }) => [ledgerKey, `feedback ${ledgerKey}`]),
  ]);
  return { kind: 'address', email, at, events, emails, failures };
}

function contactIdsOf({ contact, customer }: AtAddress): string[] {
  const belongings = contact ?? customer?.contact;
  return belongings ? [belongings.contactId, ...(belongings.mergedIds ?? [])] : [];
}

async function newestOf<K extends string, T extends Readonly<Record<K, string>>>(
  ids: readonly string[],
  read: (contactId: string) => Promise<T[]>,
  time: K,
): Promise<T[]> {
  const all = (await Promise.all(ids.map(read))).flat();
  return all.sort((a, b) => (a[time] < b[time] ? 1 : -1)).slice(0, mostListed);
}
