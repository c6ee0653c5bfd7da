import type { PolarApi } from '#shared/polar/api.ts';
import { isPolarApiError } from '#shared/polar/api-error.ts';
import type { Connection, ConnectionParts, Gap } from './connection.ts';
import type { ConnectionHealth } from './health.ts';

/** When Polar delivered something last; `undefined`: it never did, or does not keep it, as of an endpoint that is gone. */
export async function lastDelivery(
  api: Pick<PolarApi, 'deliveries'>,
  endpointId: string,
): Promise<string | undefined> {
  const { items } = await api.deliveries({ endpointId, succeeded: true, limit: 1 });
  return items[0]?.created_at;
}

/** With these findings, if with any, a look still shows that webhooks came in. */
const harmless: readonly string[] = ['emails-changed'];

/**
 * Since when webhooks may be missing, seen while the endpoint is disabled or gone, by the earliest that is known: an
 * event may have been delivered again by hand, and a shop may have been quiet for days. Pure.
 */
export function gapBefore(
  { connectedAt, lastLook }: Pick<Connection, 'connectedAt' | 'lastLook'>,
  deliveredAt: string | undefined,
): Gap {
  const wasWell = lastLook?.findings.every((finding) => harmless.includes(finding));
  const clues: Gap[] = [
    ...(deliveredAt === undefined ? [] : [{ since: deliveredAt, known: 'delivery' } as const]),
    ...(lastLook && wasWell ? [{ since: lastLook.at, known: 'look' } as const] : []),
  ];
  const [earliest] = clues.sort((one, other) => Date.parse(one.since) - Date.parse(other.since));
  // When it was connected, the endpoint was enabled.
  if (!earliest || Date.parse(earliest.since) < Date.parse(connectedAt)) {
    return { since: connectedAt, known: 'connecting' };
  }
  return { ...earliest, since: new Date(earliest.since).toISOString() };
}

/** The gap of an endpoint that is disabled or gone: the one that is open already, or one from then on that is known. */
export async function gapOf(
  api: Pick<PolarApi, 'deliveries'>,
  connection: Connection,
): Promise<Gap> {
  if (connection.gap) return connection.gap;
  try {
    return gapBefore(connection, await lastDelivery(api, connection.endpointId));
  } catch (error) {
    // Not to be told when it began keeps nobody from noting, and mending, that there is one.
    if (!isPolarApiError(error)) throw error;
    return gapBefore(connection, undefined);
  }
}

/** Notes a gap before the endpoint is enabled or made again, so that no crash in between forgets it. */
export async function noteGap(
  { api, connections }: Pick<ConnectionParts, 'api' | 'connections'>,
  connection: Connection,
): Promise<Gap> {
  // watch may have noted one after a person saw the connection.
  const gap = await gapOf(api, (await connections.read()) ?? connection);
  await connections.noteGap(connection, gap);
  return gap;
}

/** What is left to do after the endpoint was enabled or made again. */
export const closeTheGap = {
  disabled:
    'Polar recorded nothing while it was disabled. Run npm run recover: it redelivers what failed before, fills the gap, and lists lost orders whose emails are due.',
  missing:
    'Polar recorded nothing while it was gone. Run npm run recover: it fills the gap, and lists lost orders whose emails are due.',
  disconnected:
    'Polar recorded nothing while it was disconnected. Run npm run recover: it fills the gap, and lists lost orders whose emails are due.',
} as const;

/** What an open gap means: `what` is said before the time, `why` in a sentence of its own. */
export function gapNote({ since, known }: Gap) {
  return { what: 'Webhooks may be missing since', at: since, why: sinceTexts[known] };
}

const sinceTexts: Readonly<Record<Gap['known'], string>> = {
  delivery: 'Polar last delivered one then; later, its endpoint was disabled or gone.',
  look: 'The endpoint in Polar was last seen enabled then; later, it was disabled or gone.',
  connecting: 'Polar was connected then; later, its endpoint was disabled or gone.',
  disconnecting: 'Disconnecting from Polar began then.',
};

/** The same, for a terminal. */
export function gapText(gap: Gap): string {
  const { what, at, why } = gapNote(gap);
  return `${what} ${at.slice(0, 19)}Z. ${why}`;
}

/** The gap to close next: as long as the endpoint sends nothing, that is to be mended first. */
export function gapToClose(
  { gap }: Pick<Connection, 'gap'>,
  faults: ConnectionHealth['faults'],
): Gap | undefined {
  return faults.some(({ kind }) => kind === 'disabled' || kind === 'missing') ? undefined : gap;
}

/** Whether a recovery that compared from then on has looked at all of the gap; `undefined`: it compared everything. */
export function isCovered({ since }: Gap, comparedFrom: string | undefined): boolean {
  return comparedFrom === undefined || Date.parse(comparedFrom) <= Date.parse(since);
}
