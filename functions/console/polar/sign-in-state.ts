import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { ConsoleEnv } from '../console-env.ts';

const name = 'polar-sign-in';
const path = '/console/polar';

/**
 * Ties a sign-in to the browser that began it. The state is worth nothing alone: code verifier and client secret never
 * leave the server. `Lax`, because the browser comes back from Polar.
 */
export function rememberSignIn(c: Context<ConsoleEnv>, state: string): void {
  setCookie(c, name, state, { path, httpOnly: true, sameSite: 'Lax', maxAge: 600 });
}

/** The state that this browser went away with, once. */
export function takeSignIn(c: Context<ConsoleEnv>): string | undefined {
  const state = getCookie(c, name);
  deleteCookie(c, name, { path });
  return state;
}
