import type { Context, MiddlewareHandler } from 'hono';
import { reasonOf } from '#shared/failure.ts';
import { cached } from '#shared/in-time.ts';
import type { Log } from '#shared/log.ts';
import type { Connection, Connections } from '#shared/polar/connection/connection.ts';
import { type ConnectionHealth, needsSomebody } from '#shared/polar/connection/health.ts';
import type { DeadLetterQueue } from '#shared/queue/dead-letters/letter-reasons.ts';
import type { ReadQueueCounts } from '#shared/queue/queue-counts.ts';
import type { ConsoleEnv } from './page.ts';

/** What every page tells of the deployment. A part that could not be read is absent. */
export type DeploymentSigns = Readonly<{
  /** How watch saw the connection last. One that was just made or mended is well until watch finds otherwise. */
  polar?: 'none' | 'well' | 'attention' | undefined;
  /** Its name in Polar, where it is. */
  organization?: string | undefined;
  /** How many there are, by SQS's counts, which lag by up to a minute. */
  deadLetters?: number | undefined;
}>;

/** What a page knows of where it is. */
export type Deployment = Readonly<{
  stage: string;
  signs: () => Promise<DeploymentSigns>;
  /** How many acts this instance has done: what was read before the last one may be out of date. */
  acts: number;
}>;

/** Has this page tell the connection as it has just seen it, so that the navigation beside it says the same. */
export function tellConnection(
  c: Context<ConsoleEnv>,
  { gap }: Pick<Connection, 'gap'>,
  health: Pick<ConnectionHealth, 'faults'> | undefined,
): void {
  const known = c.get('deployment');
  if (!known || !health) return;
  // Polar was silent, so nothing was seen.
  if (health.faults.some(({ kind }) => kind === 'unreachable')) return;
  const polar = gap || needsSomebody(health.faults) ? 'attention' : 'well';
  c.set('deployment', { ...known, signs: async () => ({ ...(await known.signs()), polar }) });
}

type Parts = Readonly<{
  stage: string;
  connections: Pick<Connections, 'read'>;
  queueCounts: ReadQueueCounts;
  queues: readonly DeadLetterQueue[];
  log: Log;
  now: () => Date;
}>;

const maxAgeMs = 60_000;

/**
 * Gives every page the signs of the deployment: four small reads a minute and instance at most, however many pages there
 * are. Whoever does something sees what came of it on the next page. A sign that cannot be read keeps no page back.
 */
export function deploymentSigns(parts: Parts): MiddlewareHandler<ConsoleEnv> {
  const fresh = () =>
    cached(
      () => read(parts),
      maxAgeMs,
      () => parts.now().getTime(),
    );
  let signs = fresh();
  let acts = 0;
  return async (c, next) => {
    c.set('deployment', { stage: parts.stage, signs: () => signs(), acts });
    // Read while the page is made, and awaited where they stand in the page.
    if (c.req.method === 'GET') void signs();
    await next();
    if (!c.get('isAct')) return;
    signs = fresh();
    acts += 1;
  };
}

async function read({ connections, queueCounts, queues, log }: Parts): Promise<DeploymentSigns> {
  const known = async <T>(sign: string, value: Promise<T>): Promise<T | undefined> => {
    try {
      return await value;
    } catch (error) {
      log.error('sign not read', { sign, reason: reasonOf(error) });
      return undefined;
    }
  };
  const [connection, letters] = await Promise.all([
    known(
      'connection',
      connections.read().then((found) => ({ found })),
    ),
    known('dead letters', Promise.all(queues.map(({ url }) => queueCounts(url)))),
  ]);
  return {
    polar: connection && stateOf(connection.found),
    organization: connection?.found?.organizationName,
    // Those that somebody looks at are dead letters all the same.
    deadLetters: letters?.reduce((sum, { visible, hidden }) => sum + visible + hidden, 0),
  };
}

function stateOf(found: Connection | undefined): DeploymentSigns['polar'] {
  if (!found) return 'none';
  const hasFindings = (found.lastLook?.findings.length ?? 0) > 0;
  return found.gap || hasFindings ? 'attention' : 'well';
}
