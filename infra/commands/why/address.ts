import { runRows } from '#infra/commands/run-words.ts';
import {
  emailFate,
  failureText,
  seconds,
  type WhyHow,
  withOptions,
} from '#infra/commands/words.ts';
import { columns } from '#infra/terminal/lines.ts';
import { actorName } from '#shared/actor.ts';
import {
  type AtAddress,
  marketingState,
  reasonAgainstAddress,
  reasonAgainstTransactional,
  reasonSentence,
  reasonsAgainstMarketing,
} from '#shared/audience/consent/reasons.ts';
import type { ErasureProof } from '#shared/audience/operator-act.ts';
import { sourceText } from '#shared/audience/person/contact-source.ts';
import type { Address, Contact, Customer } from '#shared/audience/person/person.ts';
import { isBackfilled, isLostOrder } from '#shared/polar/event-types.ts';
import type { FoundAddress, MailedEmail } from './find.ts';

/** What is known at an address: its contact, whether and why not it gets mail, and its last events and emails. */
export function addressLines(found: FoundAddress, how: WhyHow): string[] {
  const { at, events, runs, emails, earlier, isEarlierSure, erasures, failures } = found;
  return [
    ...(at.contact ? contactLines(found, how) : noContactLines(found, how)),
    ...claimLines(at),
    ...erasureLines(erasures),
    ...section('Last events', [
      ...events.map(({ webhookId, type, occurredAt, outcome, reason }) => [
        seconds(occurredAt),
        type,
        webhookId,
        eventText(webhookId, reason ? `${outcome}: ${reason}` : outcome),
      ]),
    ]),
    ...(runs.length > 0 ? section('Runs', runRows(runs)) : []),
    ...section('Last emails', emails.map(emailRow)),
    ...(earlier.length > 0
      ? section(
          isEarlierSure
            ? erasures.length > 0
              ? 'Emails to the address before'
              : 'Emails to the address while others had it'
            : 'Emails to those who had the address before, here or elsewhere',
          earlier.map((one) => [...emailRow(one), `customer ${one.customerId}`]),
        )
      : []),
    ...section(
      'Failures of these',
      [...failures].map(([id, failure]) => [id, failureText(failure)]),
    ),
    ...nextLines(found, how),
  ];
}

function contactLines(
  { at, organization }: FoundAddress,
  { address, isRevealed }: WhyHow,
): string[] {
  const { contact, customer } = at;
  if (!contact) return [];
  const against = reasonsAgainstMarketing(at);
  const transactional = reasonAgainstTransactional(at);
  const name = [contact.firstName, contact.lastName].filter(Boolean).join(' ');
  const deleted = customer?.deletion && `deleted ${customer.deletion.occurredAt}`;
  return [
    ...columns([
      ['address', address(contact.address)],
      ...(isRevealed && name !== '' ? [['name', name]] : []),
      ...(isRevealed && contact.externalId !== undefined
        ? [['external id', contact.externalId]]
        : []),
      [
        'contact',
        `${contact.contactId}, since ${contact.createdAt}, ${sourceText(contact, customer)}`,
      ],
      [
        'customer',
        [contact.customerId ?? 'none: added by hand', deleted].filter(Boolean).join(', '),
      ],
      ...customerRows(customer, organization),
      ...(contact.userGroup === undefined ? [] : [['group', contact.userGroup]]),
      ['marketing', marketingText(at, contact)],
      ['transactional', transactional === undefined ? 'yes' : `no, because ${transactional}`],
    ]),
    ...against.map((reason) => `  ${reasonSentence(reason)}`),
  ];
}

/** What is known of the customer beside the contact, for a table of facts. */
export function customerRows(
  customer: Customer | undefined,
  connected: FoundAddress['organization'],
): [string, string][] {
  if (!customer) return [];
  const { organizationId, restored } = customer;
  return [
    ['organization', organizationText(organizationId, connected)],
    ...(restored
      ? ([
          [
            'restored',
            `${restored.at} by ${actorName(restored.by)}: a backfill had taken it for deleted`,
          ],
        ] as [string, string][])
      : []),
  ];
}

function organizationText(id: string | undefined, connected: FoundAddress['organization']): string {
  if (id === undefined) return 'not known: no event has named it yet';
  if (id === connected?.id) return `${connected.name}, ${id}`;
  return connected ? `${id}, which is not the connected one (${connected.name})` : id;
}

/** Everybody else who has or had the address of a contact. */
function claimLines(at: AtAddress): string[] {
  if (!at.contact) return [];
  const others = Object.entries(at.address?.claims ?? {}).filter(
    ([id]) => id !== at.contact?.customerId,
  );
  if (others.length === 0) return [];
  return [
    '',
    'Others who had the address:',
    ...others.map(([id, claim]) => `  ${claimText(id, claim, at)}`),
  ];
}

/** That somebody was erased, as it can be told to who asked for it. */
export function erasureLines(erasures: readonly ErasureProof[]): string[] {
  if (erasures.length === 0) return [];
  return ['', ...erasures.map(erasureText)];
}

function erasureText({ erasedAt, askedAt, askedBy, customerId, contactId }: ErasureProof): string {
  const who = [customerId && `customer ${customerId}`, contactId && `contact ${contactId}`];
  return `Erased on ${erasedAt}: ${who.filter(Boolean).join(', ')}. Asked for on ${askedAt} by ${actorName(askedBy)}.`;
}

function eventText(webhookId: string, outcome: string): string {
  const isSeen = !isBackfilled(webhookId) || isLostOrder(webhookId);
  return isSeen ? outcome : `${outcome} (made by a backfill: no workflow sees it)`;
}

function emailRow(one: MailedEmail): string[] {
  const kind = one.mailKind ?? 'kind not kept';
  return [seconds(one.createdAt), one.workflowId, kind, one.ledgerKey, emailFate(one)];
}

function marketingText(at: AtAddress, contact: Contact): string {
  const state = marketingState(at);
  if (state !== 'subscribed') return `no: ${state}`;
  const ofAddress = reasonAgainstAddress(contact);
  return ofAddress === undefined ? 'yes: subscribed' : `no, because ${ofAddress}`;
}

function noContactLines({ email, at, erasures }: FoundAddress, { address }: WhyHow): string[] {
  const claims = Object.entries(at.address?.claims ?? {});
  const lines = claims.map(([id, claim]) => `  ${claimText(id, claim, at)}`);
  // A proof of the erasure, which says more, follows.
  const never =
    erasures.length > 0
      ? []
      : [
          'No known customer has ever had it: no event with this address was applied, or the customer was erased.',
        ];
  const reasons = reasonsAgainstMarketing(at).map((reason) => `  ${reasonSentence(reason)}`);
  return [`No contact has ${address(email)}.`, ...(lines.length > 0 ? lines : never), ...reasons];
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
function nextLines(
  { events, runs, emails, failures }: FoundAddress,
  { options }: WhyHow,
): string[] {
  const [event] = events;
  const unsettled = emails.find(({ state }) => state === 'unknown' || state === 'failed');
  const commands = [
    ...(event ? [`why -- ${event.webhookId}`] : []),
    ...runs.slice(0, 1).map(({ run }) => `runs -- show ${run.runId}`),
    ...(unsettled ? [`emails -- show ${unsettled.ledgerKey}`] : []),
    ...(failures.size > 0 ? ['deadletters -- list'] : []),
  ];
  return [
    '',
    "Events that are still retried aren't listed: look those up by webhook id.",
    '',
    'Next:',
    ...commands.map((command) => `  npm run ${command}${options}`),
    `  npm run ${withOptions('status', options)}`,
  ];
}
