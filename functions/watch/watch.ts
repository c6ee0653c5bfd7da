import type { Log } from '#shared/log.ts';
import type { PolarServer } from '#shared/polar/access.ts';
import type { PolarApi, PolarDelivery } from '#shared/polar/api.ts';
import { isPolarApiError, OutOfTurn, PolarMissing } from '#shared/polar/api-error.ts';
import {
  type Connection,
  type Connections,
  type InTurn,
  isSameSecret,
  type WebhookSecrets,
} from '#shared/polar/connection.ts';
import { changedSwitches, customerEmailsOf } from '#shared/polar/customer-emails.ts';
import { differencesOf } from '#shared/polar/endpoint.ts';
import { isSupportedEventType } from '#shared/polar/event-types.ts';
import { isPreviousEndless, previousUntilFrom } from '#shared/polar/webhook-secret.ts';
import { dayBefore, type EventLog } from '#shared/store/events/event-log.ts';

/** What the newest deliveries of an endpoint tell. */
export type DeliveriesSeen = Readonly<{
  /** Of the last ten events that are over, which is what Polar goes by when it disables an endpoint. */
  failedInARow: number;
  failedOfTen: number;
  /** Events with a failed attempt since the last look, which got through with no other. */
  failedEvents: number;
  /** Events that Polar gave up in the last day, and that were not redelivered since. */
  givenUp: number;
  /** The newest event, if it is of the last day, that a delivery says we took, some time ago. */
  delivered: { webhookId: string; happenedMs: number } | undefined;
  /** There was more than was looked at. */
  isMore: boolean;
}>;

type Look = Readonly<{
  endpointId: string;
  connectedAt: string;
  /** When this look was due. */
  dueMs: number;
}>;

type EventSeen = {
  id: string;
  type: string;
  happenedMs: number;
  /** As Polar says; `null`: it is still trying. */
  succeeded: boolean | null;
  /** Of the newest attempt that succeeded, and of the newest that failed. */
  takenMs?: number;
  failedMs?: number;
};

/** The rate of the schedule: a look begins where the one before it ended. */
const sinceLastLookMs = 15 * 60_000;
const dayMs = 86_400_000;
/** As long as a webhook may well be on its way through our queue. */
const underwayMs = 20 * 60_000;
const mostPages = 3;

/** Reads a few hundred deliveries at most, newest first. */
export async function deliveriesSeen(
  api: Pick<PolarApi, 'deliveries'>,
  look: Look,
): Promise<DeliveriesSeen> {
  const events = new Map<string, EventSeen>();
  const { endpointId, dueMs } = look;
  for (let page = 1; ; page += 1) {
    const { items, maxPage } = await api.deliveries({ endpointId, page });
    for (const delivery of items) note(events, delivery);
    const all = [...events.values()];
    const oldest = items.at(-1)?.created_at;
    const isEnough =
      oldest !== undefined && Date.parse(oldest) < dueMs - dayMs && lastTen(all).length === 10;
    if (page >= maxPage || isEnough) return summary(all, look, false);
    if (page === mostPages) return summary(all, look, true);
  }
}

function note(events: Map<string, EventSeen>, delivery: PolarDelivery): void {
  const { id, type, created_at, succeeded = null } = delivery.webhook_event;
  const seen = events.get(id) ?? { id, type, happenedMs: Date.parse(created_at), succeeded };
  events.set(id, seen);
  const atMs = Date.parse(delivery.created_at);
  if (delivery.succeeded) seen.takenMs ??= atMs;
  else seen.failedMs ??= atMs;
}

function summary(
  events: readonly EventSeen[],
  { connectedAt, dueMs }: Look,
  isMore: boolean,
): DeliveriesSeen {
  const ten = lastTen(events);
  const firstSuccess = ten.findIndex(({ succeeded }) => succeeded);
  // Polar notes a failed redelivery also on an event that had been delivered before.
  const open = events.filter(({ succeeded, takenMs }) => !succeeded && takenMs === undefined);
  const isSinceLastLook = ({ failedMs = 0 }: EventSeen) =>
    failedMs > dueMs - sinceLastLookMs && failedMs <= dueMs;
  const sinceMs = Math.max(Date.parse(connectedAt), dueMs - dayMs);
  const [delivered] = events
    .filter(({ type, happenedMs }) => isSupportedEventType(type) && happenedMs >= sinceMs)
    .filter(({ takenMs = dueMs }) => takenMs <= dueMs - underwayMs)
    .sort(newestFirst);
  return {
    failedInARow: firstSuccess < 0 ? ten.length : firstSuccess,
    failedOfTen: ten.filter(({ succeeded }) => succeeded === false).length,
    failedEvents: open.filter(isSinceLastLook).length,
    givenUp: open.filter(
      ({ succeeded, failedMs = 0 }) => succeeded === false && failedMs > dueMs - dayMs,
    ).length,
    delivered: delivered && { webhookId: delivered.id, happenedMs: delivered.happenedMs },
    isMore,
  };
}

function lastTen(events: readonly EventSeen[]): EventSeen[] {
  return events
    .filter(({ succeeded }) => succeeded !== null)
    .sort(newestFirst)
    .slice(0, 10);
}

function newestFirst(one: EventSeen, other: EventSeen): number {
  return other.happenedMs - one.happenedMs;
}

/** When the newest event that Polar sent was received; `undefined`: none was since the day of `sinceMs`. */
export async function lastReceivedMs(
  events: Pick<EventLog, 'ofDay'>,
  now: Date,
  sinceMs: number,
): Promise<number | undefined> {
  for (let day = dayOf(now.getTime()); day >= dayOf(sinceMs); day = dayBefore(day)) {
    const { items } = await events.ofDay(day, { isSent: true }, 1);
    if (items[0]) return Date.parse(items[0].receivedAt);
  }
  return undefined;
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

type Api = Pick<PolarApi, 'endpoint' | 'deliveries' | 'emailSettings'>;

export type WatchParts = Readonly<{
  connections: Pick<Connections, 'read' | 'noteEmails'>;
  apiOf: (server: PolarServer) => Api;
  webhookSecrets: WebhookSecrets;
  inTurn: InTurn;
  events: Pick<EventLog, 'ofDay'>;
  webhookUrl: string;
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
 * Polar's own mails where nobody has yet. Throws only where our own stores fail.
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
  const seen = await deliveriesSeen(api, { ...connection, dueMs });
  const deliveries = [...deliveryFindings(seen), ...(await receiptFindings(seen, parts))];
  report(deliveries, parts.log);
  const emails = await emailFindings(connection, api, parts);
  report(emails, parts.log);
  const { failedInARow, failedOfTen, failedEvents, isMore } = seen;
  parts.log.info('watch ran', {
    result: 'asked',
    findings: endpoint.length + deliveries.length + emails.length,
    failedInARow,
    failedOfTen,
    failedEvents,
    isMore,
  });
}

function report(findings: readonly Finding[], log: Log): void {
  for (const finding of findings) log.warn('watch found', finding);
}

async function endpointFindings(
  { endpointId }: Connection,
  api: Api,
  { webhookSecrets, webhookUrl }: WatchParts,
): Promise<Finding[]> {
  try {
    const endpoint = await api.endpoint(endpointId);
    const ours = await webhookSecrets.read();
    const differences = differencesOf(endpoint, webhookUrl).map(
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
  const receivedMs = await lastReceivedMs(parts.events, parts.now(), happenedMs);
  const isReceived = receivedMs !== undefined && receivedMs > happenedMs - skewMs;
  return isReceived ? [] : [{ finding: 'not-received', webhookId }];
}

/**
 * Somebody switched in Polar which mails it sends itself, since a person last saw it: customers may get two mails for one
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
