import type { Context } from 'hono';
import { reasonOf } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { isLoopbackUrl } from '#shared/polar/access.ts';
import type { Connection } from '#shared/polar/connection/connection.ts';
import {
  coversSwitching,
  type FirstToSwitch,
  firstToSwitch,
} from '#shared/polar/connection/switch-emails.ts';
import type { PolarAccess } from '#shared/store/polar/access.ts';
import { act } from './fields.ts';
import type { ConsoleEnv, Html } from './page.ts';
import { pathsOfConnecting } from './paths.ts';

/** Whether Polar can send the browser back to here. */
export function mayComeBack(c: Context<ConsoleEnv>): boolean {
  return isLoopbackUrl(c.get('origin'));
}

/** Whether the sign-in covers switching Polar's own mails, as far as the access says. */
export async function maySwitchEmails(
  kept: Pick<PolarAccess, 'read'>,
  log: Log,
): Promise<boolean | undefined> {
  try {
    return coversSwitching(await kept.read());
  } catch (error) {
    log.error('polar access', { reason: reasonOf(error) });
    return undefined;
  }
}

type Connected = Pick<Connection, 'server' | 'method' | 'emailsSwitchedOff'>;

/** What comes first for somebody who wants to switch Polar's mails; a sign-in only where Polar can lead back here. */
export function firstToSwitchHere(
  c: Context<ConsoleEnv>,
  connected: Connected,
  maySwitch: boolean | undefined,
): FirstToSwitch {
  const first = firstToSwitch(connected, maySwitch);
  return first === 'sign-in' && !mayComeBack(c) ? 'check-token' : first;
}

/** Signs in again, with the scope that switching Polar's mails needs. `back`: the page of the console to come back to. */
export function signInToSwitch(
  c: Context<ConsoleEnv>,
  label: string,
  { server }: Pick<Connected, 'server'>,
  back = '',
): Html {
  return act(c, label, pathsOfConnecting.signIn, {
    fields: { signInServer: server, maySwitch: 'on', ...(back !== '' && { back }) },
  });
}

const pageOfWorkflow = /^\/console\/workflows\/[\w-]{1,200}(?:\/edit)?$/;

/** Where a form wants to come back to, if that is the page or the editor of a workflow. */
export function backTo(given: string): string | undefined {
  return pageOfWorkflow.test(given) ? given : undefined;
}
