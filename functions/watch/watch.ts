import type { Log } from '#shared/log.ts';
import type { PolarServer } from '#shared/polar/access.ts';
import type { PolarApi } from '#shared/polar/api.ts';
import { isPolarApiError, OutOfTurn, PolarMissing, PolarRefused } from '#shared/polar/api-error.ts';
import {
  type Connection,
  type ConnectionParts,
  type Connections,
  type InTurn,
  isSameSecret,
  type WebhookSecrets,
} from '#shared/polar/connection/connection.ts';
import { differencesOf } from '#shared/polar/connection/endpoint.ts';
import { gapOf } from '#shared/polar/connection/gap.ts';
import { changedSwitches, customerEmailsOf } from '#shared/polar/customer-emails.ts';
import { isPreviousEndless, previousUntilFrom } from '#shared/polar/webhook-secret.ts';
import type { EventLog } from '#shared/store/events/event-log.ts';
import { lastSent } from '#shared/store/events/last-sent.ts';
import { type DeliveriesSeen, deliveriesSeen } from './deliveries-seen.ts';

type Api = Pick<PolarApi, 'endpoint' | 'deliveries' | 'emailSettings'>;

export type WatchParts = Readonly<{
  connections: Pick<Connections, 'read' | 'noteEmails' | 'noteLook' | 'noteGap'>;
  apiOf: (server: PolarServer) => Api;
  webhookSecrets: WebhookSecrets;
  inTurn: InTurn;
  events: Pick<EventLog, 'ofDay'>;
  webhookUrl: string;
  eventsWanted: ConnectionParts['eventsWanted'];
  now: () => Date;
  log: Log;
}>;

/** What an alarm goes by. The detail says which of several things it is, or how many. */
type Finding =
  | Readonly<{
      finding: 'disabled' | 'changed' | 'failing' | 'given-up' | 'emails-changed';
      detail: string;
    }>
  | Readonly<{ finding: 'not-received'; webhookId: string }>;

/** When it was due; absent: a person invoked it. */
type Due = Readonly<{ time?: string }>;

/** Polar disables an endpoint after ten failures in a row: a person needs time before that. */
const badInARow = 3;
const badOfTen = 5;

/** Two clocks may differ by this. */
const skewMs = 60_000;

/**
 * Looks at the connection from Polar's side and logs a line for each thing that is wrong, then one that it ran: metrics
 * are counted from these lines. Changes nothing but to set an end to a previous webhook secret that has none, and to note
 * what it saw, since when webhooks may be missing, and Polar's own mails where nobody has yet. Throws only where our own
 * stores fail.
 */
export function watch(parts: WatchParts) {
  return async (due: Due): Promise<void> => {
    await lookOnce(due, parts);
    await endPreviousSecret(parts);
  };
}

async function lookOnce({ time }: Due, parts: WatchParts): Promise<void> {
  const { connections, apiOf, log } = parts;
  const connection = await connections.read();
  if (!connection) {
    log.info('watch ran', { result: 'not-connected' });
    return;
  }
  try {
    const api = apiOf(connection.server);
    const dueMs = time === undefined ? parts.now().getTime() : Date.parse(time);
    await look(connection, api, dueMs, parts);
  } catch (error) {
    if (!isPolarApiError(error)) throw error;
    // Polar that is away says nothing about the connection; without access nobody can tell how it is.
    if (error instanceof PolarRefused) await note(connection, ['access'], parts);
    log.error('watch ran', { result: 'not-asked', cause: error.name, reason: error.message });
  }
}

/** One that a person wrote by hand, or a version before this one, may say nothing of its end. */
async function endPreviousSecret(parts: WatchParts): Promise<void> {
  const { webhookSecrets, inTurn, now, log } = parts;
  if (!isPreviousEndless(await webhookSecrets.read())) return;
  try {
    await inTurn(async (check) => {
      // Whoever had the turn before may have written another document.
      const secrets = await webhookSecrets.read();
      if (!isPreviousEndless(secrets) || !(await isCurrentInForce(secrets.current, parts))) return;
      const previousUntil = previousUntilFrom(now());
      await check();
      await webhookSecrets.write({ ...secrets, previousUntil });
      log.info('previous webhook secret ends', { previousUntil });
    });
  } catch (error) {
    // The next look follows in a quarter of an hour.
    if (!(error instanceof OutOfTurn)) throw error;
  }
}

/**
 * Whether Polar signs with the current secret, where it can be asked; else every webhook would be refused once the
 * previous one has ended. Without a connection only the document says so.
 */
async function isCurrentInForce(
  current: string,
  { connections, apiOf }: WatchParts,
): Promise<boolean> {
  const connection = await connections.read();
  if (!connection) return true;
  try {
    const endpoint = await apiOf(connection.server).endpoint(connection.endpointId);
    return isSameSecret(current, endpoint.secret);
  } catch (error) {
    if (!isPolarApiError(error)) throw error;
    return false;
  }
}

async function look(connection: Connection, api: Api, dueMs: number, parts: WatchParts) {
  const endpoint = await endpointFindings(connection, api, parts);
  report(endpoint, parts.log);
  if (!connection.gap && endpoint.some(({ finding }) => finding === 'disabled')) {
    // Whoever enables it in Polar itself tells nobody here.
    await parts.connections.noteGap(connection, await gapOf(api, connection));
  }
  const seen = await deliveriesSeen(api, { ...connection, dueMs });
  const deliveries = [...deliveryFindings(seen), ...(await receiptFindings(seen, parts))];
  report(deliveries, parts.log);
  const emails = await emailFindings(connection, api, parts);
  report(emails, parts.log);
  const found = [...endpoint, ...deliveries, ...emails].map(({ finding }) => finding);
  await note(connection, found, parts);
  const { failedInARow, failedOfTen, failedEvents, isMore } = seen;
  parts.log.info('watch ran', {
    result: 'asked',
    findings: found.length,
    failedInARow,
    failedOfTen,
    failedEvents,
    isMore,
  });
}

/** For pages, which do not ask Polar each time. */
async function note(
  connection: Connection,
  findings: readonly (Finding['finding'] | 'access')[],
  { connections, now }: WatchParts,
): Promise<void> {
  await connections.noteLook(connection, {
    at: now().toISOString(),
    findings: [...new Set(findings)],
  });
}

function report(findings: readonly Finding[], log: Log): void {
  for (const finding of findings) log.warn('watch found', finding);
}

async function endpointFindings(
  { endpointId }: Connection,
  api: Api,
  { webhookSecrets, webhookUrl, eventsWanted }: WatchParts,
): Promise<Finding[]> {
  try {
    const endpoint = await api.endpoint(endpointId);
    const ours = await webhookSecrets.read();
    const events = await eventsWanted();
    const differences = differencesOf(endpoint, { webhookUrl, events }).map(
      ({ kind }): Finding => ({
        finding: kind === 'disabled' ? 'disabled' : 'changed',
        detail: kind,
      }),
    );
    const isSame = isSameSecret(ours.current, endpoint.secret);
    return isSame ? differences : [...differences, { finding: 'changed', detail: 'secret' }];
  } catch (error) {
    if (error instanceof PolarMissing) return [{ finding: 'disabled', detail: 'missing' }];
    throw error;
  }
}

function deliveryFindings(seen: DeliveriesSeen): Finding[] {
  const { failedInARow, failedOfTen, givenUp } = seen;
  const isFailing = failedInARow >= badInARow || failedOfTen >= badOfTen;
  const streak = `${failedInARow} in a row, ${failedOfTen} of the last ten`;
  return [
    ...(isFailing ? [{ finding: 'failing', detail: streak } as const] : []),
    ...(givenUp > 0 ? [{ finding: 'given-up', detail: String(givenUp) } as const] : []),
  ];
}

/** Nothing has come in since an event happened that Polar delivered: its webhooks go elsewhere, or are not applied. */
async function receiptFindings(seen: DeliveriesSeen, parts: WatchParts): Promise<Finding[]> {
  const { delivered } = seen;
  if (!delivered) return [];
  const { happenedMs, webhookId } = delivered;
  const [from, downTo] = [dayOf(parts.now()), dayOf(new Date(happenedMs))];
  const last = await lastSent(parts.events, { from, downTo });
  if (last.kind === 'unknown') return [];
  const isReceived = last.kind === 'received' && Date.parse(last.at) > happenedMs - skewMs;
  return isReceived ? [] : [{ finding: 'not-received', webhookId }];
}

function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}

/**
 * Somebody switched in Polar which mails it sends itself, since a person last saw it: customers may get several mails for one
 * moment, or none. That it cannot be asked keeps nothing else from being looked at.
 */
async function emailFindings(
  connection: Connection,
  api: Api,
  { connections, now, log }: WatchParts,
): Promise<Finding[]> {
  try {
    const switches = customerEmailsOf(await api.emailSettings(connection.organizationId));
    if (!connection.emails) {
      await connections.noteEmails(connection, { switches, seenAt: now().toISOString() });
      return [];
    }
    const changed = changedSwitches(connection.emails.switches, switches);
    if (changed.length === 0) return [];
    const detail = changed.map(({ key, from, to }) => `${key} ${from} to ${to}`).join(', ');
    return [{ finding: 'emails-changed', detail }];
  } catch (error) {
    if (!isPolarApiError(error)) throw error;
    log.warn("watch did not see Polar's own mails", { cause: error.name, reason: error.message });
    return [];
  }
}
