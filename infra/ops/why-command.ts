import { parseArgs } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  SecretsManagerClient,
  SecretsManagerServiceException,
} from '@aws-sdk/client-secrets-manager';
import { Advice } from '#infra/local/advice.ts';
import { addressHash } from '#shared/aws/address-hash.ts';
import { documentClient } from '#shared/aws/document-client.ts';
import { secretText } from '#shared/aws/secret.ts';
import { cached } from '#shared/cached.ts';
import { commonHelp, commonOptions, readArguments } from './command-line.ts';
import { findDeployment, type Target } from './deployment.ts';
import { emailLines } from './email-text.ts';
import { addressShown } from './masked-address.ts';
import { type StackResources, stackResources } from './stack-resources.ts';
import { addressLines } from './why-address.ts';
import { type WhyRows, type WhyTables, whyRows } from './why-rows.ts';
import type { WhyHow } from './why-text.ts';
import { failedWebhookLines, webhookLines } from './why-webhook.ts';

export const whyHelp = `Shows the chain from a webhook to its emails, or why there is none.

  npm run why -- <email address>   its contact, its consent, its last events and emails
  npm run why -- <webhook id>      what the event did, and what became of each email
  npm run why -- <ledger key>      one email, and the event that asked for it

  --reveal            shows addresses whole
${commonHelp}`;

type WhyOptions = Readonly<{ target: Target; about: string; reveal: boolean }>;

/** Reads the command line; undefined: help is wanted. Throws Advice about what cannot be understood. */
export function whyOptions(args: readonly string[]): WhyOptions | undefined {
  const options = { ...commonOptions, reveal: { type: 'boolean' } as const };
  const { values, positionals } = readArguments('why', () =>
    parseArgs({ args: args.filter((arg) => !isLedgerKey(arg)), allowPositionals: true, options }),
  );
  if (values.help || args.length === 0) return undefined;
  const [about, ...more] = [...positionals, ...args.filter(isLedgerKey)];
  if (about === undefined) throw new Advice('Say what about: an address, a webhook id or a key.');
  if (more.length > 0) throw new Advice(`"${more[0]}" is one word too many.`);
  return { target: values, about: about.trim(), reveal: values.reveal ?? false };
}

/** Some ledger keys begin with a hyphen. */
function isLedgerKey(arg: string): boolean {
  return /^-[\w-]{42}$/.test(arg);
}

/** `npm run why`. */
export async function whyCommand(
  args: readonly string[],
  print: (line: string) => void,
): Promise<void> {
  const given = whyOptions(args);
  if (!given) return print(whyHelp);
  const deployment = await findDeployment(given.target, print);
  const resources = await stackResources(given.target, deployment);
  const db = documentClient(new DynamoDBClient(deployment.clientConfigs.dynamodb));
  const rows = whyRows(db, tablesOf(resources), hashWith(resources));
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

function tablesOf({ physicalId }: StackResources): WhyTables {
  return {
    contacts: physicalId('Contacts'),
    customers: physicalId('Customers'),
    addresses: physicalId('Addresses'),
    suppressions: physicalId('Suppressions'),
    events: physicalId('Events'),
    emails: physicalId('Emails'),
    failures: physicalId('Failures'),
    workflows: physicalId('Workflows'),
  };
}

/** Many who may read tables may not read secrets: they see all but the suppression. */
function hashWith({ physicalId, secretsManager }: StackResources) {
  const read = secretText(new SecretsManagerClient(secretsManager), physicalId('SuppressionKey'));
  return cached(
    async () => {
      try {
        return addressHash(await read());
      } catch (error) {
        const isForbidden =
          error instanceof SecretsManagerServiceException && error.name === 'AccessDeniedException';
        if (isForbidden) return undefined;
        throw error;
      }
    },
    Number.POSITIVE_INFINITY,
    Date.now,
  );
}
