import { reasonOf } from '#shared/aws/reason.ts';
import type { Connection, ConnectionParts } from '#shared/polar/connection.ts';
import { isPolarApiError } from '#shared/polar/polar-api-error.ts';
import { type Redelivered, redeliverFailed } from '#shared/polar/redeliver-failed.ts';
import type { Tended } from '#shared/polar/tend-connection.ts';
import type { Flash } from '../console-env.ts';
import { inTime } from './in-time.ts';
import type { PolarLink } from './polar-link.ts';

type Act = (parts: ConnectionParts, connection: Connection) => Promise<Tended>;

/** Does something about the connection, and says what was done or why not. */
export async function tend(link: PolarLink, act: Act): Promise<Flash> {
  return withConnection(link, async (parts, connection) => {
    const tended = await act(parts, connection);
    if (tended.kind === 'done') return { kind: 'done', text: tended.done.join('\n') };
    if (tended.error !== undefined) {
      link.log.error('polar connection', { reason: reasonOf(tended.error) });
    }
    return { kind: 'problem', text: tended.reason };
  });
}

/** About two calls to Polar for each event: as many as fit into one answer. */
const eventsAtOnce = 15;
/** As far back as the health of the connection looks. */
const daysBack = 30;

const positionFormat = /^[0-9T:.+Z-]{20,40}_[0-9T:.+Z-]{20,40}$/;

/** Where to go on with redelivering, or `undefined` where the text is no such place. */
export function redeliverPosition(text: string | undefined): string | undefined {
  return text !== undefined && positionFormat.test(text) ? text : undefined;
}

/** Redelivers some of the failed events. `next`: where to go on. */
export async function redeliverSome(
  link: PolarLink,
  from: string | undefined,
): Promise<Flash & { next?: string | undefined }> {
  const since = new Date(link.now().getTime() - daysBack * 86_400_000).toISOString();
  return withConnection(link, async (parts, connection) => {
    const result = await redeliverFailed(parts, connection, { since, limit: eventsAtOnce, from });
    if (result.kind === 'refused') return { kind: 'problem', text: result.reason };
    return { kind: 'done', text: redeliveredText(result), next: result.next };
  });
}

async function withConnection<T extends Flash>(
  link: PolarLink,
  act: (parts: ConnectionParts, connection: Connection) => Promise<T>,
): Promise<T | Flash> {
  const connection = await link.connections.read();
  if (!connection) {
    const text = 'Polar is not connected any more, so nothing was done. Connect it first.';
    return { kind: 'problem', text };
  }
  try {
    return await inTime(() => act(link.partsFor(connection.server), connection));
  } catch (error) {
    if (isPolarApiError(error)) return { kind: 'problem', text: error.message };
    throw error;
  }
}

function redeliveredText(result: Extract<Redelivered, { kind: 'redelivered' }>): string {
  const { events, settled, lost, attemptsLeft, next } = result;
  return [
    events === 0
      ? 'Nothing had to be redelivered.'
      : `Asked Polar to deliver ${counted(events, 'event')} again. That takes it some moments; each is applied once.`,
    settled > 0 && `${counted(settled, 'event')} had been delivered in the end.`,
    lost > 0 && `Of ${counted(lost, 'event')} Polar does not keep the payload any more.`,
    next !== undefined && `${counted(attemptsLeft, 'failed attempt')} not looked at yet: go on.`,
  ]
    .filter(Boolean)
    .join('\n');
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
