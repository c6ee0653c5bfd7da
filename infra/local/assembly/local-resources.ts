import { localAccount } from '../local-account.ts';
import type { Ports } from '../local-stack.ts';

/** The others follow the first, so that two stacks can be kept apart by one number. */
export function localPorts(http: number): Ports & Readonly<{ polar: number }> {
  const [dynamodb, sqs, secretsManager, ses] = [http + 1, http + 2, http + 3, http + 4];
  return { http, dynamodb, sqs, secretsManager, ses, polar: http + 5, console: http + 6 };
}

const stack = 'PolarAudience-local';
const tables = [
  ...['Contacts', 'Customers', 'Addresses', 'Suppressions', 'Events'],
  ...[
    'Failures',
    'Settings',
    'Workflows',
    'Emails',
    'Runs',
    'Acts',
    'Mailboxes',
    'Words',
    'Counts',
  ],
];
const queues = ['Events', 'Mail', 'Feedback'];
const secrets = ['WebhookSecret', 'SuppressionKey', 'PolarAccess'];

/** The names of tables and secrets and the URLs of queues on this machine, by logical id. */
export function localIds(sqs: string): ReadonlyMap<string, string> {
  const queue = (id: string, name: string) =>
    [id, `${sqs}/${localAccount}/${stack}-${name}`] as const;
  return new Map([
    ...tables.map((id) => [id, `${stack}-${id}`] as const),
    ...secrets.map((id) => [id, `${id}-local`] as const),
    ...queues.map((id) => queue(`${id}Queue`, `${id.toLowerCase()}-000000000000`)),
    ...queues.map((id) => queue(`${id}DeadLetters`, `${id}DeadLetters`)),
  ]);
}
