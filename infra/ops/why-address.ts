import { type Address, ownerOf } from '#shared/audience/address.ts';
import { normalisedEmail } from '#shared/audience/email-address.ts';
import {
  type AtAddress,
  reasonAgainstTransactional,
  reasonSentence,
  reasonsAgainstMarketing,
} from '#shared/audience/subscription-reasons.ts';
import { columns } from './columns.ts';
import type { WhyRows } from './why-rows.ts';
import { emailFate, failureText, seconds, type WhyHow } from './why-text.ts';

const mostListed = 10;

/** What is known at an address: its contact, whether and why not it gets mail, and its last events and emails. */
export async function addressLines(typed: string, rows: WhyRows, how: WhyHow): Promise<string[]> {
  const email = normalisedEmail(typed);
  const at = await rows.at(email, ownerOf);
  const ids = contactIdsOf(at);
  const [events, emails] = await Promise.all([
    newestOf(ids, (id) => rows.eventsOf(id, mostListed), 'occurredAt'),
    newestOf(ids, (id) => rows.emailsOf(id, mostListed), 'createdAt'),
  ]);
  const failures = await rows.failures([
    ...events.map(({ webhookId }) => webhookId),
    ...emails.flatMap(({ ledgerKey }) => [ledgerKey, `feedback ${ledgerKey}`]),
  ]);
  return [
    ...(at.contact ? contactLines(at, how) : noContactLines(email, at, how)),
    ...section('Last events', [
      ...events.map(({ webhookId, type, occurredAt, outcome, reason }) => [
        seconds(occurredAt),
        type,
        webhookId,
        reason ? `${outcome}: ${reason}` : outcome,
      ]),
    ]),
    ...section('Last emails', [
      ...emails.map((one) => [
        seconds(one.createdAt),
        one.workflowId,
        one.ledgerKey,
        emailFate(one),
      ]),
    ]),
    ...section(
      'Failures',
      [...failures].map(([id, failure]) => [id, failureText(failure)]),
    ),
    ...nextLines(events[0]?.webhookId, how),
  ];
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

function contactLines(at: AtAddress, { address }: WhyHow): string[] {
  const { contact, customer } = at;
  if (!contact) return [];
  const against = reasonsAgainstMarketing(at);
  const transactional = reasonAgainstTransactional(at);
  const deleted = customer?.deletion && `deleted ${customer.deletion.occurredAt}`;
  return [
    ...columns([
      ['address', address(contact.address)],
      ['contact', `${contact.contactId}, since ${contact.createdAt}, ${contact.source}`],
      [
        'customer',
        [contact.customerId ?? 'none: added by hand', deleted].filter(Boolean).join(', '),
      ],
      ['marketing', contact.subscribed ? 'yes: subscribed' : 'no: not subscribed'],
      ['transactional', transactional === undefined ? 'yes' : `no, because ${transactional}`],
    ]),
    ...against.map((reason) => `  ${reasonSentence(reason)}`),
  ];
}

function noContactLines(email: string, at: AtAddress, { address }: WhyHow): string[] {
  const claims = Object.entries(at.address?.claims ?? {});
  const lines = claims.map(([id, claim]) => `  ${claimText(id, claim, at)}`);
  const never =
    'No customer has or had it: no event with this address was applied, or its customer is erased.';
  const reasons = reasonsAgainstMarketing(at).map((reason) => `  ${reasonSentence(reason)}`);
  return [`No contact has ${address(email)}.`, ...(lines.length > 0 ? lines : [never]), ...reasons];
}

function claimText(id: string, { state }: Address['claims'][string], { customer }: AtAddress) {
  switch (state) {
    case 'former':
      return `Customer ${id} had it, and has another address now.`;
    case 'living':
      return `Customer ${id} has it.`;
    case 'deleted':
      return customer?.customerId === id && customer.deletion
        ? `Customer ${id} had it, and was deleted in Polar (setting then: ${customer.deletion.mode}).`
        : `Customer ${id} had it, and was deleted in Polar.`;
  }
}

function section(title: string, rows: readonly (readonly string[])[]): string[] {
  return ['', `${title}${rows.length === 0 ? ': none' : ''}`, ...columns(rows).map(indented)];
}

function indented(line: string): string {
  return `  ${line}`;
}

/** Failures hold no addresses: what never got as far as a contact is found among the dead letters only. */
function nextLines(webhookId: string | undefined, { options }: WhyHow): string[] {
  return [
    '',
    'Next:',
    ...(webhookId === undefined ? [] : [`  npm run why -- ${webhookId}${options}`]),
    `  npm run deadletters -- list${options}`,
  ];
}
