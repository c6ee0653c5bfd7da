import type { Context } from 'hono';
import { reasonOf } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { isLoopbackUrl } from '#shared/polar/access.ts';
import { organizationsWrite } from '#shared/polar/api.ts';
import type { Connection } from '#shared/polar/connection/connection.ts';
import type { PolarAccess } from '#shared/store/polar/access.ts';
import { act } from './fields.ts';
import type { ConsoleEnv, Html } from './page.ts';
import { pathsOfConnecting } from './words.ts';

/** Whether Polar can send the browser back to here. */
export function mayComeBack(c: Context<ConsoleEnv>): boolean {
  return isLoopbackUrl(c.get('origin'));
}

/**
 * Whether the sign-in covers switching Polar's own mails. What a token covers only Polar knows, and a client of one's own
 * is asked for nothing here.
 */
export async function maySwitchEmails(
  kept: Pick<PolarAccess, 'read'>,
  log: Log,
): Promise<boolean | undefined> {
  try {
    const { access, registration } = await kept.read();
    if (access?.kind !== 'oauth' || registration?.clientId !== access.clientId) return undefined;
    // A later sign-in may have asked for less than its client could.
    const asked = access.scopes ?? registration.scopes ?? [];
    return asked.includes(organizationsWrite);
  } catch (error) {
    log.error('polar access', { reason: reasonOf(error) });
    return undefined;
  }
}

type Connected = Pick<Connection, 'server' | 'method' | 'emailsSwitchedOff'>;

/**
 * What comes first for somebody who wants to switch Polar's mails: nothing (`switch`), a sign-in with the scope, or, of
 * a token, a look at what it covers.
 */
export function firstToSwitch(
  c: Context<ConsoleEnv>,
  { method, emailsSwitchedOff = [] }: Connected,
  maySwitch: boolean | undefined,
): 'switch' | 'sign-in' | 'check-token' {
  if (maySwitch ?? emailsSwitchedOff.length > 0) return 'switch';
  return method === 'oauth' && mayComeBack(c) ? 'sign-in' : 'check-token';
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
