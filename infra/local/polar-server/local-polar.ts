import { join } from 'node:path';
import { startFakePolar } from './polar-server.ts';
import { bothOrganizations, earlierDays } from './shop/history.ts';

export type LocalPolar = Readonly<{
  /** Of its pages and of its API. */
  url: string;
  /** Attempts what has become due, once its clock was moved on. */
  catchUp: () => Promise<void>;
  stop: () => Promise<void>;
}>;

/**
 * The Polar of `npm start -- --polar`: two organizations, sixty customers, and everything that happens to them is kept
 * in the directory. Throws Advice if the port is taken.
 */
export function startLocalPolar({
  port,
  directory,
  now = () => new Date(),
}: Readonly<{ port: number; directory: string; now?: () => Date }>): Promise<LocalPolar> {
  return startFakePolar({
    ...{ port, now },
    file: join(directory, 'polar.json'),
    organizations: bothOrganizations,
    history: earlierDays,
    consent: 'form',
  });
}
