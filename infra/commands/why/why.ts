import { SecretsManagerServiceException } from '@aws-sdk/client-secrets-manager';
import {
  findDeployment,
  stackResources,
  type Target,
} from '#infra/commands/deployment/deployment.ts';
import { deployedAudience } from '#infra/commands/deployment/parts.ts';
import { emailFate, emailLines, failureText, seconds, type WhyHow } from '#infra/commands/words.ts';
import { Advice } from '#infra/terminal/advice.ts';
import {
  type Act,
  jsonOption,
  type StackCommand,
  saysNothing,
} from '#infra/terminal/command-line.ts';
import { addressShown, columns } from '#infra/terminal/lines.ts';
import { outputFor } from '#infra/terminal/output.ts';
import type { Address } from '#shared/audience/address.ts';
import type { Contact, Customer } from '#shared/audience/person.ts';
import {
  type AtAddress,
  reasonAgainstAddress,
  reasonAgainstTransactional,
  reasonSentence,
  reasonsAgainstMarketing,
} from '#shared/audience/subscription-reasons.ts';
import { visibleLine } from '#shared/text.ts';
import { foundDocument } from './document.ts';
import { type Found, type FoundAddress, find } from './find.ts';
import { type WhyRows, whyRows } from './rows.ts';
import { failedWebhookLines, webhookLines } from './webhook.ts';

/** What is known at an address: its contact, whether and why not it gets mail, and its last events and emails. */
function addressLines({ email, at, events, emails, failures }: FoundAddress, how: WhyHow) {
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
      ['marketing', marketingText(contact)],
      ['transactional', transactional === undefined ? 'yes' : `no, because ${transactional}`],
    ]),
    ...against.map((reason) => `  ${reasonSentence(reason)}`),
  ];
}

function marketingText(contact: Contact): string {
  if (!contact.subscribed) return 'no: not subscribed';
  const ofAddress = reasonAgainstAddress(contact);
  return ofAddress === undefined ? 'yes: subscribed' : `no, because ${ofAddress}`;
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

export type WhyOptions = Readonly<{
  target: Target;
  about: string;
  reveal: boolean;
  json: boolean;
}>;

/** The words of `npm run why`. */
export function whyCommand(
  command: StackCommand,
  act: Act<WhyOptions> = (options) => runWhy(options),
): void {
  command
    .description('Shows the chain from a webhook to its emails, or why there is none.')
    .argument('[about]', 'an email address, a webhook id, a ledger key or a customer id')
    .option('--reveal', 'shows addresses whole')
    .addOption(jsonOption())
    .addHelpText('after', afterHelp)
    .action((about, _, self) => {
      if (saysNothing(self)) return self.help();
      const { reveal = false, json = false, ...target } = self.optsWithGlobals();
      const asked = about?.trim() ?? '';
      if (asked !== '') return act({ target, about: asked, reveal, json });
      throw new Advice('Say what about: an address, a webhook id, a ledger key or a customer id.');
    });
}

const afterHelp = `
  npm run why -- <email address>   its contact, its consent, its last events and emails
  npm run why -- <webhook id>      what the event did, and what became of each email
  npm run why -- <ledger key>      one email, and the event that asked for it
  npm run why -- <customer id>     the address of a customer in Polar, and what is known there`;

async function runWhy(given: WhyOptions): Promise<void> {
  const { print, document } = outputFor(given.json);
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
  if (document) return document(foundDocument(await find(given.about, rows, how.options), how));
  for (const line of await whyLines(given.about, rows, how)) print(line);
}

/** Throws Advice where nothing is known by that name. */
export async function whyLines(about: string, rows: WhyRows, how: WhyHow): Promise<string[]> {
  return linesOf(await find(about, rows, how.options), how).map(visibleLine);
}

function linesOf(found: Found, how: WhyHow): string[] {
  switch (found.kind) {
    case 'address':
      return addressLines(found, how);
    case 'webhook':
      return webhookLines(found.chain, how);
    case 'email': {
      const { email, chain } = found;
      const cause = chain ? webhookLines(chain, how) : [expired(email.webhookId)];
      return [...emailLines(email), '', ...cause];
    }
    case 'customer': {
      const { customer, address } = found;
      return [customerLine(customer), ...(address ? ['', ...addressLines(address, how)] : [])];
    }
    case 'failure':
      return failedWebhookLines(found.id, found.failure, how);
  }
}

function customerLine({ customerId, erased, deletion, email }: Customer): string {
  const who = `${customerId} is the id of a customer in Polar`;
  if (erased) return `${who}, who was erased here: nothing else is kept.`;
  if (email === undefined) return `${who}, of whom no address is known.`;
  return deletion ? `${who}, deleted there. At the last address:` : `${who}. At the address:`;
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
