import { failureIdOf, type RunStory } from '#infra/commands/run-words.ts';
import { Advice } from '#infra/terminal/advice.ts';
import type { AtAddress } from '#shared/audience/consent/reasons.ts';
import type { ErasureProof } from '#shared/audience/operator-act.ts';
import {
  formerSpellings,
  type NormalisedEmail,
  normalisedEmail,
  ownerOf,
} from '#shared/audience/person/address.ts';
import type { Address, Customer } from '#shared/audience/person/person.ts';
import type { RunNow } from '#shared/audience/runs/outlook.ts';
import { isOpen, type Run } from '#shared/audience/runs/run.ts';
import type { FailureRow } from '#shared/queue/failures.ts';
import type { ReportedEmail } from '#shared/store/mail/emails.ts';
import type { ListedEvent, WhyRows } from './rows.ts';
import { type WebhookChain, webhookChain } from './webhook.ts';

/** What is known at an address, with its last events and emails and how they failed. */
export type FoundAddress = Readonly<{
  kind: 'address';
  email: string;
  at: AtAddress;
  events: readonly ListedEvent[];
  emails: readonly MailedEmail[];
  /** What went to the address while somebody else had it. */
  earlier: readonly MailedEmail[];
  /** Whether that may be more: what credentials may not read cannot be told from other mail of these people. */
  isEarlierSure: boolean;
  erasures: readonly ErasureProof[];
  organization: Organization;
  /** The newest ones, and those that wait first. */
  runs: readonly RunNow[];
  failures: ReadonlyMap<string, FailureRow>;
}>;

/** An email, and whether it is marketing or transactional, where that is still known. */
export type MailedEmail = ReportedEmail & Readonly<{ mailKind?: string | undefined }>;

/** The connected organization. */
type Organization = Readonly<{ id: string; name: string }> | undefined;

/** What is known by a name that a person typed. */
export type Found =
  | FoundAddress
  /** Without an address where the customer has none, or is erased. */
  | Readonly<{
      kind: 'customer';
      customer: Customer;
      address: FoundAddress | undefined;
      erasures: readonly ErasureProof[];
      organization: Organization;
    }>
  | Readonly<{ kind: 'webhook'; chain: WebhookChain }>
  /** Without a chain where the record of its event has expired. */
  | Readonly<{ kind: 'email'; email: MailedEmail; chain: WebhookChain | undefined }>
  | Readonly<{ kind: 'run'; story: RunStory }>
  /** An id of a contact that is gone. */
  | Readonly<{ kind: 'erasure'; id: string; erasures: readonly ErasureProof[] }>
  /** It failed before anything was recorded of it. */
  | Readonly<{ kind: 'failure'; id: string; failure: FailureRow }>;

/** Looks for an address, a webhook, an email, a run, a customer or a contact. Throws Advice where nothing is known by that name. */
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
    const [sent] = await withKinds([email], rows);
    const chain = cause && (await webhookChain(cause, rows));
    return { kind: 'email', email: sent ?? email, chain };
  }
  if (customer) {
    const address = customer.erased ? undefined : customer.email?.value;
    const [found, erasures, organization] = await Promise.all([
      address === undefined ? undefined : findAddress(address, rows),
      rows.erasures([about]),
      rows.organization(),
    ]);
    return { kind: 'customer', customer, address: found, erasures, organization };
  }
  const run = await rows.run(about);
  if (run) return { kind: 'run', story: await runStory(run, rows) };
  const [failed] = failures;
  if (failed) return { kind: 'failure', id: failed[0], failure: failed[1] };
  const [shownAt, erasures] = await Promise.all([rows.addressOf(about), rows.erasures([about])]);
  if (shownAt !== undefined) return findAddress(shownAt, rows);
  if (erasures.length > 0) return { kind: 'erasure', id: about, erasures };
  throw new Advice(
    `Nothing is known by ${about}. It was never accepted, is still in the queue, died without a reason ("npm run deadletters -- list${options}"), was discarded ("npm run acts -- --what deadletters.discard${options}"), or its record has expired. Polar's list of deliveries shows what was answered.`,
  );
}

async function runStory(run: Run, rows: WhyRows): Promise<RunStory> {
  const keys = run.history.flatMap(({ ledgerKey }) => ledgerKey ?? []);
  const [[now = { run, endsNext: undefined }], workflows, failures, emails] = await Promise.all([
    rows.outlook([run]),
    rows.workflows(),
    rows.failures([failureIdOf(run)]),
    Promise.all(keys.map(rows.email)),
  ]);
  return {
    ...now,
    workflow: workflows.find(({ workflowId }) => workflowId === run.workflowId),
    emails: new Map(emails.flatMap((one) => (one ? [[one.ledgerKey, one] as const] : []))),
    failure: failures.get(failureIdOf(run)),
  };
}

const mostListed = 10;
/** Of each earlier owner, whose other mail went elsewhere. */
const mostOfEarlier = 50;
const mostClaimants = 20;

async function findAddress(typed: string, rows: WhyRows): Promise<FoundAddress> {
  const email = normalisedEmail(typed);
  const [at, organization] = await Promise.all([rows.at(typed, ownerOf), rows.organization()]);
  const hashes = await hashesOf(email, typed, at, rows);
  const ids = contactIdsOf(at);
  const erasures = await rows.erasures(hashes);
  const earlierIds = await earlierContacts(at, erasures, rows);
  const [events, begun, all, others] = await Promise.all([
    newestOf(ids, (id) => rows.eventsOf(id, mostListed), 'occurredAt', mostListed),
    newestOf(ids, (id) => rows.runsOf(id, mostOfEarlier), 'beganAt', mostOfEarlier),
    newestOf(ids, (id) => rows.emailsOf(id, mostOfEarlier), 'createdAt', mostOfEarlier),
    newestOf(
      earlierIds.filter((id) => !ids.includes(id)),
      (id) => rows.emailsOf(id, mostOfEarlier),
      'createdAt',
      mostOfEarlier,
    ),
  ]);
  // A contact goes over to the next owner of its address, with its id.
  const isOwn = ({ customerId }: ReportedEmail) => customerId === at.customer?.customerId;
  // What was not reserved has no hash: nobody was mailed.
  const isEarlierSure = hashes.length > 0;
  const isHere = ({ addressHash }: ReportedEmail) =>
    !isEarlierSure || addressHash === undefined || hashes.includes(addressHash);
  const before = [...all.filter((one) => !isOwn(one)), ...others].filter(isHere);
  const [emails, earlier] = await Promise.all([
    withKinds(all.filter(isOwn).slice(0, mostListed), rows),
    withKinds(newestFirst(before, 'createdAt').slice(0, mostListed), rows),
  ]);
  // A contact goes over to the next owner of its address, and a run does not.
  const own = begun.filter(({ customerId }) => customerId === at.customer?.customerId);
  const waitingFirst = [...own.filter(isOpen), ...own.filter((one) => !isOpen(one))];
  const runs = await rows.outlook(waitingFirst.slice(0, mostListed));
  const failures = await rows.failures([
    ...runs.map(({ run }) => failureIdOf(run)),
    ...events.map(({ webhookId }) => webhookId),
    ...[...emails, ...earlier].flatMap(({ ledgerKey }) => [ledgerKey, `feedback ${ledgerKey}`]),
  ]);
  return {
    ...{ kind: 'address', email, at, events, emails, earlier, isEarlierSure },
    ...{ erasures, organization, runs, failures },
  };
}

/** What emails and proofs may know the address by, also as version 0.1.0 spelled it; none where the key may not be read. */
async function hashesOf(
  email: NormalisedEmail,
  typed: string,
  { contact, customer }: AtAddress,
  rows: WhyRows,
): Promise<string[]> {
  const shown = [contact?.address, customer?.email?.value].filter((one) => one !== undefined);
  const spellings = formerSpellings(email, [typed, ...shown, ...(customer?.addresses ?? [])]);
  const hashes = await Promise.all([email, ...spellings].map(rows.hash));
  return hashes.filter((hash) => hash !== undefined);
}

/** The ids of contacts of all others who have or had the address, the newest claims first. */
async function earlierContacts(
  { address, customer }: AtAddress,
  erasures: readonly ErasureProof[],
  rows: WhyRows,
): Promise<string[]> {
  const claims: [string, Address['claims'][string]][] = Object.entries(address?.claims ?? {});
  const others = claims
    .filter(([id]) => id !== customer?.customerId)
    .sort(([, a], [, b]) => (a.version < b.version ? 1 : -1))
    .slice(0, mostClaimants);
  const claimants = await Promise.all(others.map(([id]) => rows.customer(id)));
  const ids = claimants.flatMap((one) =>
    one?.contact ? [one.contact.contactId, ...(one.contact.mergedIds ?? [])] : [],
  );
  const erased = erasures.flatMap(({ contactId }) => contactId ?? []);
  return [...new Set([...ids, ...erased])];
}

function withKinds(emails: readonly ReportedEmail[], rows: WhyRows): Promise<MailedEmail[]> {
  return Promise.all(
    emails.map(async (email) => ({
      ...email,
      mailKind: await rows.mailKind(email.workflowId, email.workflowVersion),
    })),
  );
}

function contactIdsOf({ contact, customer }: AtAddress): string[] {
  const belongings = contact ?? customer?.contact;
  return belongings ? [belongings.contactId, ...(belongings.mergedIds ?? [])] : [];
}

async function newestOf<K extends string, T extends Readonly<Record<K, string>>>(
  ids: readonly string[],
  read: (contactId: string) => Promise<T[]>,
  time: K,
  most: number,
): Promise<T[]> {
  const all = (await Promise.all(ids.map(read))).flat();
  return newestFirst(all, time).slice(0, most);
}

function newestFirst<K extends string, T extends Readonly<Record<K, string>>>(
  all: readonly T[],
  time: K,
): T[] {
  return [...all].sort((a, b) => (a[time] < b[time] ? 1 : -1));
}
