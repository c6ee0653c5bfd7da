import type { Deployment } from '#infra/commands/deployment/deployment.ts';
import { maySwitchEmails } from '#infra/commands/deployment/parts.ts';
import type { StackResources } from '#infra/commands/deployment/resources.ts';
import { healthLines } from '#infra/commands/words.ts';
import { foundSomethingToDo } from '#infra/terminal/advice.ts';
import type { Output } from '#infra/terminal/output.ts';
import { isLoopbackUrl, localPolarAway } from '#shared/polar/access.ts';
import type { Connection, ConnectionParts } from '#shared/polar/connection/connection.ts';
import {
  type ConnectionHealth,
  connectionHealth,
  surplusNote,
} from '#shared/polar/connection/health.ts';
import { missingScopesText } from '#shared/polar/connection/scopes.ts';
import { firstToSwitch } from '#shared/polar/connection/switch-emails.ts';
import { isPreviousAccepted, noteText, secretNotes } from '#shared/polar/webhook-secret.ts';
import { momentDocument, momentLines, whoMails } from './moments.ts';

export type Stack = Readonly<{ deployment: Deployment; resources: StackResources }>;

/** Says first what is to be known of the webhook secrets, which needs no connection. */
export async function tellOfSecrets(
  { webhookSecrets, now }: ConnectionParts,
  sameDeployment: string,
  print: Output['print'],
): Promise<void> {
  const secrets = await webhookSecrets.read();
  for (const note of secretNotes(secrets, now())) print(noteText(note));
  if (isPreviousAccepted(secrets, now())) {
    print(`  npm run connect -- --drop-previous${sameDeployment}`);
  }
}

/** Shows the connection as Polar sees it, and exits with 2 where there is something to do. */
export async function tellStatus(
  parts: ConnectionParts,
  connection: Connection,
  { deployment, resources }: Stack,
  { print, document }: Output,
): Promise<void> {
  const health = await connectionHealth(parts, connection);
  const mails = await whoMails(parts, connection, deployment);
  const missing = health.endpoint && (await missingScopesText(parts.api));
  const isWell = health.faults.length === 0 && !connection.gap && mails.changes.length === 0;
  if (!isWell) process.exitCode = foundSomethingToDo;
  if (!document) {
    const { options } = deployment;
    const { apiUrl } = parts;
    healthLines(connection, health, { options, apiUrl }).forEach(print);
    if (missing !== undefined) print(`\n${missing}`);
    // Nothing more is known of a Polar that is not there.
    if (mails.notTold === localPolarAway) return;
    const first = firstToSwitch(connection, await maySwitchEmails(deployment, resources));
    return momentLines(connection, mails, { first, options }).forEach(print);
  }
  const notes = secretNotes(await parts.webhookSecrets.read(), parts.now()).map(noteText);
  document({
    ...statusDocument(connection, health, [...notes, ...(missing === undefined ? [] : [missing])]),
    isLocalPolar: isLoopbackUrl(parts.apiUrl),
    ...momentDocument(mails),
  });
}

/** Of the endpoint only what is named here: its secret stays inside. */
function statusDocument(
  { version: _, ...connection }: Connection,
  { endpoint, events, surplus, deliveries, failed, faults }: ConnectionHealth,
  secrets: readonly string[],
) {
  const note = surplusNote({ surplus });
  const notes = note === undefined ? secrets : [...secrets, note];
  const { id, url, enabled } = endpoint ?? {};
  const seen = endpoint && { id, url, enabled, events };
  return { connection, endpoint: seen ?? null, deliveries, failed, faults, notes };
}
