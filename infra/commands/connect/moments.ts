import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Deployment, readSettings } from '#infra/commands/deployment/deployment.ts';
import { switchOffLines } from '#infra/commands/words.ts';
import { columns } from '#infra/terminal/lines.ts';
import { isPausedBeside, type MomentRow, momentRows, sandboxNote } from '#shared/mail/moments.ts';
import { isPolarApiError } from '#shared/polar/api-error.ts';
import type { Connection, ConnectionParts } from '#shared/polar/connection/connection.ts';
import type { FirstToSwitch } from '#shared/polar/connection/switch-emails.ts';
import {
  type ChangedSwitch,
  changedSwitches,
  customerEmailsOf,
} from '#shared/polar/customer-emails.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoWorkflows } from '#shared/store/mail/workflows.ts';

type WhoMails = Readonly<{
  rows: readonly MomentRow[];
  /** What of Polar's own mails is another way than a person last saw it. */
  changes: readonly ChangedSwitch[];
  /** Why Polar's own mails are not known. */
  notTold?: string;
}>;

/** Who mails customers at each moment, as Polar and this deployment are now. */
export async function whoMails(
  { api }: Pick<ConnectionParts, 'api'>,
  { organizationId, emails: seen }: Connection,
  { clientConfigs, workflowsTable, settingsTable }: Deployment,
): Promise<WhoMails> {
  const db = documentClient(new DynamoDBClient(clientConfigs.dynamodb));
  const workflows = await dynamoWorkflows(db, workflowsTable).all();
  const { events } = await readSettings(db, settingsTable);
  try {
    const switches = customerEmailsOf(await api.emailSettings(organizationId));
    const changes = seen ? changedSwitches(seen.switches, switches) : [];
    return { rows: momentRows(switches, workflows, events), changes };
  } catch (error) {
    if (!isPolarApiError(error)) throw error;
    const rows = momentRows(undefined, workflows, events);
    return { rows, changes: [], notTold: error.message };
  }
}

/** The same for a terminal. `first`: what comes before a switch; `options` stand behind each command that is proposed. */
export function momentLines(
  { server, emails: seen }: Connection,
  { rows, changes, notTold }: WhoMails,
  { first, options }: Readonly<{ first: FirstToSwitch; options: string }>,
): string[] {
  const twice = rows.filter(({ mark, polar }) => mark === 'twice' && polar === 'on');
  const keys = twice.map(({ key }) => key);
  return [
    '',
    'Who mails your customers at each moment:',
    ...columns([
      ['WHEN', "POLAR'S MAIL", 'OURS', 'THE CUSTOMER GETS', 'SWITCH IN POLAR'],
      ...rows.map((row) => [row.title, row.polar, oursText(row), getsText(row), row.key]),
    ]),
    ...(server === 'sandbox' ? ['', sandboxNote] : []),
    ...(notTold === undefined ? [] : ['', `Which mails Polar sends is not known. ${notTold}`]),
    ...(twice.length > 0
      ? [
          '',
          'Customers get more than one mail at a moment. Keep one.',
          ...switchOffLines(keys, first, options),
          'Or pause ours:',
          ...pausesOf(twice).map((id) => `  npm run workflows -- pause ${id}${options}`),
        ]
      : []),
    ...(changes.length > 0
      ? [
          '',
          `Polar's own mails have changed since ${seen?.seenAt}:`,
          ...changes.map(({ key, from, to }) => `  ${key} was ${from} and is ${to}`),
          'Put it right in Polar, or take them as they are:',
          `  npm run connect -- --accept-emails${options}`,
        ]
      : []),
  ];
}

/** The same for a program. */
export function momentDocument({ rows, changes, notTold }: WhoMails) {
  const moments = rows.map(({ workflows, mark, ...row }) => ({
    ...row,
    mark: mark ?? null,
    workflows: workflows.map(({ workflowId, status, isSure }) => ({ workflowId, status, isSure })),
  }));
  return { moments, emailChanges: changes, emailsNotTold: notTold ?? null };
}

function oursText({ ours, workflows }: MomentRow): string {
  const ids = workflows.map((one) =>
    isPausedBeside(ours, one) ? `${one.workflowId} paused` : one.workflowId,
  );
  return ids.length === 0 ? ours : `${ours} (${ids.join(', ')})`;
}

function getsText({ gets, mark }: MomentRow): string {
  return mark === 'nobody' ? 'nothing: nobody mails' : gets;
}

function pausesOf(rows: readonly MomentRow[]): string[] {
  const active = rows.flatMap(({ workflows }) =>
    workflows.filter(({ status }) => status === 'active').map(({ workflowId }) => workflowId),
  );
  return [...new Set(active)];
}
