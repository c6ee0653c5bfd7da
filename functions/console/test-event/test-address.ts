import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { isMailable } from '#shared/audience/email-address.ts';

const name = 'console-test-address';
const halfAYearSeconds = 15_552_000;

/** Where this person had tests sent to the last time, or nothing. */
export function testAddress(c: Context): string {
  const known = getCookie(c, name) ?? '';
  return isMailable(known) ? known : '';
}

/** Keeps it in the browser, where the next form finds it. */
export function keepTestAddress(c: Context, address: string): void {
  setCookie(c, name, address, {
    path: '/console',
    httpOnly: true,
    sameSite: 'Strict',
    maxAge: halfAYearSeconds,
  });
}
