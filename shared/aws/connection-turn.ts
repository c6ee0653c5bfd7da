import type { InTurn } from '#shared/polar/connection.ts';
import { OutOfTurn } from '#shared/polar/polar-api-error.ts';
import type { Lease } from './dynamo-lease.ts';

/** After a crash the next may begin once this is over. */
export const connectionLease = { name: 'polar-connection-act', leaseMs: 60_000 } as const;

type TurnParts = Readonly<{
  lease: Lease;
  newId: () => string;
  /** How often an act that takes long says that it still lives. */
  everyMs?: number;
}>;

/** Acts on the connection with Polar, of all processes, one at a time. Nobody waits: the second is refused at once. */
export function connectionTurn({ lease, newId, everyMs = 15_000 }: TurnParts): InTurn {
  return async (act) => {
    const owner = newId();
    if (!(await lease.take(owner))) throw new OutOfTurn(isTaken);
    const beat = setInterval(() => void lease.renew(owner).catch(() => undefined), everyMs);
    beat.unref();
    try {
      return await act(async () => {
        if (!(await lease.renew(owner))) throw new OutOfTurn(isLost);
      });
    } finally {
      clearInterval(beat);
      // Where this fails, the lease runs out by itself.
      await lease.giveBack(owner).catch(() => undefined);
    }
  };
}

const isTaken =
  'The connection with Polar is just being changed, in the console or by npm run connect or recover. Nothing was changed here. Look at the connection when that is done, and try again if need be; should it have broken off, that works after a minute at most.';

const isLost =
  'This took so long that somebody else has changed the connection with Polar meanwhile, so it was left where it was. Look at the connection and, if need be, do it again.';
