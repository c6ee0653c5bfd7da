import { reasonOf } from '#shared/failure.ts';
import type { PolarServer } from '#shared/polar/access.ts';
import { isPolarApiError } from '#shared/polar/api-error.ts';
import type { ConnectionParts, Connections, Tended } from './connection.ts';
import { followEvents } from './tend-connection.ts';

/** What became of the endpoint in Polar once its events were changed in the settings. */
export type Followed = Readonly<{
  /** It has not the events of the settings yet. */
  isBehind: boolean;
  sentences: readonly string[];
  /** What failed on our side. */
  error?: unknown;
}>;

type Link = Readonly<{
  connections: Pick<Connections, 'read'>;
  partsFor: (server: PolarServer) => ConnectionParts;
  /** Ends it with a `PolarUnavailable` where somebody cannot wait for so long. */
  inTime?: (act: () => Promise<Tended>) => Promise<Tended>;
}>;

/**
 * Gives the endpoint in Polar the events of the settings that were just saved. Those are saved whatever becomes of this:
 * what fails is said, and repairing the connection does it again. Never throws.
 */
export async function followSettings({
  connections,
  partsFor,
  inTime = (act) => act(),
}: Link): Promise<Followed> {
  try {
    const connection = await connections.read();
    if (!connection) return notConnected;
    const tended = await inTime(() => followEvents(partsFor(connection.server), connection));
    if (tended.kind === 'unfinished') return behind(tended.reason, tended.error);
    const done = tended.done.length > 0 ? tended.done : [isSoAlready];
    return { isBehind: false, sentences: done };
  } catch (error) {
    if (isPolarApiError(error)) return behind(error.message);
    return behind(`It failed on our side: ${reasonOf(error)}.`, error);
  }
}

const isSoAlready = 'The endpoint in Polar has just these events already.';

const notConnected: Followed = {
  isBehind: false,
  sentences: [
    'Polar is not connected, so no endpoint was changed: connecting gives it these events. If you made the endpoint by hand, change its events in Polar, under Settings → Webhooks.',
  ],
};

function behind(reason: string, error?: unknown): Followed {
  return {
    isBehind: true,
    sentences: [
      `The setting is saved, but the endpoint in Polar still has the events of before. ${reason}`,
      'To try again, repair the connection.',
    ],
    ...(error !== undefined && { error }),
  };
}
