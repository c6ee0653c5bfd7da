import type { EventLog } from '#shared/aws/dynamo-event-log.ts';
import type { Log } from '#shared/log.ts';
import type { Connection, Connections, WebhookSecrets } from '#shared/polar/connection.ts';
import type { PolarApi } from '#shared/polar/polar-api.ts';
import { isPolarApiError, PolarMissing } from '#shared/polar/polar-api-error.ts';
import type { PolarServer } from '#shared/polar/polar-server.ts';
import { isSameSecret } from '#shared/polar/same-secret.ts';
import { differencesOf } from '#shared/polar/settle-endpoint.ts';
import { type DeliveriesSeen, deliveriesSeen } from './deliveries-seen.ts';
import { lastReceivedMs } from './last-received.ts';

type Api = Pick<PolarApi, 'endpoint' | 'deliveries'>;

export type WatchParts = Readonly<{
  connections: Pick<Connections, 'read'>;
  apiOf: (server: PolarServer) => Api;
  webhookSecrets: Pick<WebhookSecrets, 'read'>;
  events: Pick<EventLog, 'ofDay'>;
  webhookUrl: string;
  now: () => Date;
  log: Log;
}>;

/** What an alarm goes by. The detail says which of several things it is, or how many. */
type Finding =
  | Readonly<{ finding: 'disabled' | 'changed' | 'failing' | 'given-up'; detail: string }>
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
 * are counted from these lines. Changes nothing. Throws only where our own stores fail.
 */
export function watch(parts: WatchParts) {
  return async ({ time }: Due): Promise<void> => {
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
  };
}

async function look(connection: Connection, api: Api, dueMs: number, parts: WatchParts) {
  const endpoint = await endpointFindings(connection, api, parts);
  report(endpoint, parts.log);
  const seen = await deliveriesSeen(api, { ...connection, dueMs });
  const deliveries = [...deliveryFindings(seen), ...(await receiptFindings(seen, parts))];
  report(deliveries, parts.log);
  const { failedInARow, failedOfTen, failedEvents, isMore } = seen;
  parts.log.info('watch ran', {
    result: 'asked',
    findings: endpoint.length + deliveries.length,
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
