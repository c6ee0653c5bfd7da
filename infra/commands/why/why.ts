import { SecretsManagerServiceException } from '@aws-sdk/client-secrets-manager';
import { findDeployment, type Target } from '#infra/commands/deployment/deployment.ts';
import { deployedAudience } from '#infra/commands/deployment/parts.ts';
import { stackResources } from '#infra/commands/deployment/resources.ts';
import { runLines } from '#infra/commands/run-words.ts';
import { emailLines, type WhyHow, withOptions } from '#infra/commands/words.ts';
import { Advice } from '#infra/terminal/advice.ts';
import {
  type Act,
  jsonOption,
  type StackCommand,
  saysNothing,
} from '#infra/terminal/command-line.ts';
import { addressShown, columns } from '#infra/terminal/lines.ts';
import { outputFor } from '#infra/terminal/output.ts';
import { actorName } from '#shared/actor.ts';
import type { Customer } from '#shared/audience/person/person.ts';
import { isOpen, type Run } from '#shared/audience/runs/run.ts';
import { visibleLine } from '#shared/safe-text.ts';
import { addressLines, customerRows, erasureLines } from './address.ts';
import { foundDocument } from './document.ts';
import { type Found, find } from './find.ts';
import { type WhyRows, whyRows } from './rows.ts';
import { failedWebhookLines, webhookLines } from './webhook.ts';

type WhyOptions = Readonly<{
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
    .description('Show what became of an address, a webhook or an email, and why.')
    .argument(
      '[about]',
      'an email address, a webhook id, a ledger key, or the id of a run, a customer or a contact',
    )
    .option('--reveal', 'show whole addresses, names and external ids')
    .addOption(jsonOption())
    .addHelpText('after', afterHelp)
    .action((about, _, self) => {
      if (saysNothing(self)) return self.help();
      const { reveal = false, json = false, ...target } = self.optsWithGlobals();
      const asked = about?.trim() ?? '';
      if (asked !== '') return act({ target, about: asked, reveal, json });
      throw new Advice(
        'Say what about: an address, a webhook id, a ledger key, or the id of a run, a customer or a contact.',
      );
    });
}

const afterHelp = `
  npm run why -- <email address>   its contact, its consent, its last events and emails
  npm run why -- <webhook id>      what the event did, and what became of each email
  npm run why -- <ledger key>      one email, and the event that asked for it
  npm run why -- <run id>          one run of a workflow of several steps
  npm run why -- <customer id>     the address of a customer in Polar, and what is known there
  npm run why -- <contact id>      the same for a contact of the console

For someone who was erased, it says when, and who asked for it.`;

async function runWhy(given: WhyOptions): Promise<void> {
  const { print, document } = outputFor(given.json);
  const deployment = await findDeployment(given.target, print);
  const resources = await stackResources(given.target, deployment);
  const { db, store, addressHash } = deployedAudience(deployment, resources);
  const rows = whyRows({
    ...{ db, store },
    hasher: () => permitted(addressHash),
    tables: {
      contacts: resources.physicalId('Contacts'),
      settings: deployment.settingsTable,
      acts: deployment.actsTable,
      events: resources.physicalId('Events'),
      emails: deployment.emailsTable,
      failures: resources.physicalId('Failures'),
      workflows: deployment.workflowsTable,
      runs: resources.physicalId('Runs'),
    },
  });
  const how = {
    isRevealed: given.reveal,
    address: addressShown(given.reveal),
    options: deployment.options,
  };
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
      const cause = chain
        ? webhookLines(chain, how)
        : [expired(email.webhookId), ...nextOf(email.customerId, how)];
      return [...emailLines(email, email.mailKind), '', ...cause];
    }
    case 'customer': {
      const { customer, address, erasures, organization } = found;
      // Where it has a contact, that tells the rest.
      const isTold = address?.at.customer?.customerId === customer.customerId && address.at.contact;
      return [
        customerLine(customer),
        ...(isTold || customer.erased ? [] : columns(customerRows(customer, organization))),
        ...erasureLines(erasures),
        ...(customer.erased && erasures.length === 0 ? ['', noProof(customer)] : []),
        ...(address ? ['', ...addressLines(address, how)] : nextActs(how)),
      ];
    }
    case 'run':
      return [...runLines(found.story), ...nextOfRun(found.story.run, how)];
    case 'erasure':
      return [
        `${found.id} was the id of a contact, of which nothing else is kept.`,
        ...erasureLines(found.erasures),
        ...nextActs(how),
      ];
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

/** Versions before this table erased without one. */
function noProof({ erasure, deletion }: Customer): string {
  const by = erasure ? `on ${erasure.at} by ${actorName(erasure.by)}` : 'by the deletion in Polar';
  const when = erasure || !deletion ? '' : ` on ${deletion.occurredAt}`;
  return `It was asked for ${by}${when}. When it was done was not kept: the version of that time kept no proofs.`;
}

function nextActs({ options }: WhyHow): string[] {
  return ['', 'Next:', `  npm run acts -- --what erasure${options}`];
}

function nextOf(customerId: string, { options }: Pick<WhyHow, 'options'>): string[] {
  return ['', 'Next:', `  npm run ${withOptions(`why -- ${customerId}`, options)}`];
}

function nextOfRun(run: Run, { options }: Pick<WhyHow, 'options'>): string[] {
  const stop = isOpen(run) ? [`  npm run runs -- stop ${run.runId}${options}`] : [];
  return [...nextOf(run.customerId, { options }), ...stop];
}

function expired(webhookId: string): string {
  return `The record of webhook ${webhookId} has expired.`;
}

/** Many who may read tables may not read secrets: they see all but the suppression. */
async function permitted<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    const isForbidden =
      error instanceof SecretsManagerServiceException && error.name === 'AccessDeniedException';
    if (isForbidden) return undefined;
    throw error;
  }
}
