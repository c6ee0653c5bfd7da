import { startStackInAws } from '#test/support/cloud/stack-in-aws.ts';
import type { startPolarConnection } from '#test/support/polar/polar-connection.ts';

/** The stack that `npm run backfill` finds in AWS: with tables by these names, and connected as `at` says. */
export async function startBackfillStack(
  at: Awaited<ReturnType<typeof startPolarConnection>>,
  tableOf: (logicalId: string) => string,
) {
  await at.values.put('SuppressionKey', 'a key of this test');
  const tables = [
    ...['Customers', 'Addresses', 'Contacts', 'Suppressions', 'Events', 'Emails', 'Runs'],
    ...['Words', 'Workflows'],
  ];
  const secrets = ['WebhookSecret', 'PolarAccess', 'SuppressionKey'];
  return startStackInAws({
    outputs: {
      WorkflowsTableName: tableOf('Workflows'),
      EmailsTableName: tableOf('Emails'),
      SettingsTableName: at.table,
      ActsTableName: tableOf('Acts'),
      MailQueueUrl: 'http://127.0.0.1:1/000000000000/mail',
      WebhookUrl: at.receiver.url,
    },
    resources: Object.fromEntries([
      ...tables.map((id) => [id, tableOf(id)]),
      ...secrets.map((id) => [id, id]),
    ]),
  });
}
