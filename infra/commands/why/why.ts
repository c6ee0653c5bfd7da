import { SecretsManagerServiceException } from '@aws-sdk/client-secrets-manager';
import {
  findDeployment,
  stackResources,
  type Target,
} from '#infra/commands/deployment/deployment.ts';
import { deployedAudience } from '#infra/commands/deployment/parts.ts';
import { emailFate, emailLines, failureText, seconds, type WhyHow } from '#infra/commands/words.ts';
import { Advice } from '#infra/terminal/advice.ts';
import { type Act, type StackCommand, saysNothing } from '#infra/terminal/command-line.ts';
import { addressShown, columns } from '#infra/terminal/lines.ts';
import { type Address, normalisedEmail, ownerOf } from '#shared/audience/address.ts';
import {
  type AtAddress,
  reasonAgainstTransactional,
  reasonSentence,
  reasonsAgainstMarketing,
} from '#shared/audience/subscription-reasons.ts';
import { type WhyRows, whyRows } from './rows.ts';
import { failedWebhookLines, webhookLines } from './webhook.ts';

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

export type WhyOptions = Readonly<{ target: Target; about: string; reveal: boolean }>;

/** The words of `npm run why`. */
export function whyCommand(
  command: StackCommand,
  act: Act<WhyOptions> = (options) => runWhy(options, console.log),
): void {
  command
    .description('Shows the chain from a webhook to its emails, or why there is none.')
    .argument('[about]', 'an email address, a webhook id or a ledger key')
    .option('--reveal', 'shows addresses whole')
    .addHelpText('after', afterHelp)
    .action((about, _, self) => {
      if (saysNothing(self)) return self.help();
      const { reveal = false, ...target } = self.optsWithGlobals();
      if (about === undefined) {
        throw new Advice('Say what about: an address, a webhook id or a key.');
      }
      return act({ target, about: about.trim(), reveal });
    });
}

const afterHelp = `
  npm run why -- <email address>   its contact, its consent, its last events and emails
  npm run why -- <webhook id>      what the event did, and what became of each email
  npm run why -- <ledger key>      one email, and the event that asked for it`;

async function runWhy(given: WhyOptions, print: (line: string) => void): Promise<void> {
  const deployment = await findDeployment(given.target, print);
  const resources = await stackResources(given.target, deployment);
  const { db, store, suppressionKey } = deployedAudience(deployment, resources);
  const rows = whyRows({
    ...{ db, store },
    canHash: () => isPermitted(suppressionKey),
    tables: {
      events: resources.physicalId('Events'),
      emails: deployment.emailsTable,
      failures: resources.physicalId('Failures'),
      workflows: deployment.workflowsTable,
    },
  });
  const how = { address: addressShown(given.reveal), options: deployment.options };
  for (const line of await whyLines(given.about, rows, how)) print(line);
}

/** Throws Advice where nothing is known by that name. */
export async function whyLines(about: string, rows: WhyRows, how: WhyHow): Promise<string[]> {
  if (about.includes('@')) return addressLines(about, rows, how);
  const [record, email, failures] = await Promise.all([
    rows.event(about),
    rows.email(about),
    rows.failures([about, `feedback ${about}`, `message ${about}`]),
  ]);
  if (record) return webhookLines(record, rows, how);
  if (email) {
    const cause = await rows.event(email.webhookId);
    const chain = cause ? await webhookLines(cause, rows, how) : [expired(email.webhookId)];
    return [...emailLines(email), '', ...chain];
  }
  const [failed] = failures;
  if (failed) return failedWebhookLines(...failed, how);
  throw new Advice(
    `Nothing is known by ${about}. It was never accepted, is still in the queue, died without a reason ("npm run deadletters -- list${how.options}"), or its record has expired. Polar's list of deliveries shows what was answered.`,
  );
}

function expired(webhookId: string): string {
  return `The record of webhook ${webhookId} has expired.`;
}

/** Many who may read tables may not read secrets: they see all but the suppression. */
async function isPermitted(read: () => Promise<unknown>): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    const isForbidden =
      error instanceof SecretsManagerServiceException && error.name === 'AccessDeniedException';
    if (isForbidden) return false;
    throw error;
  }
}
