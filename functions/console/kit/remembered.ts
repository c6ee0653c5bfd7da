import type { Context, MiddlewareHandler } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import * as z from 'zod/mini';
import { isMailable } from '#shared/audience/person/address.ts';
import type { ConsoleEnv, Flash } from './page.ts';

const name = 'console-flash';
const path = '/console';
const longestText = 1_500;

const flashSchema = z.object({ kind: z.enum(['done', 'calm', 'problem']), text: z.string() });

/** Shows the sentence that the last POST left, once. */
export const flashed: MiddlewareHandler<ConsoleEnv> = async (c, next) => {
  const cookie = getCookie(c, name);
  if (cookie !== undefined && c.req.method === 'GET') {
    c.set('flash', read(cookie));
    deleteCookie(c, name, { path });
  }
  await next();
};

/** Ends a POST: the browser goes on to `to`, where `flash` is shown. Reloading that page repeats nothing. */
export function goOn(c: Context<ConsoleEnv>, to: string, flash?: Flash): Response {
  if (flash) leaveFlash(c, flash);
  return c.redirect(to, 303);
}

/** Has `flash` shown on the next page, for an answer that goes on there in another way. */
export function leaveFlash(c: Context<ConsoleEnv>, flash: Flash): void {
  c.set('left', flash);
  const text = flash.text.slice(0, longestText);
  const value = Buffer.from(JSON.stringify({ ...flash, text })).toString('base64url');
  setCookie(c, name, value, { path, httpOnly: true, sameSite: 'Strict', maxAge: 60 });
}

function read(cookie: string): Flash | undefined {
  try {
    return flashSchema.safeParse(JSON.parse(Buffer.from(cookie, 'base64url').toString())).data;
  } catch {
    return undefined;
  }
}

const setUpCookie = 'console-set-up';
const monthSeconds = 2_592_000;
/** So long it is said that all is set up, however often the page is opened or refreshes itself meanwhile. */
const saidSeconds = 3_600;

/** Whether this browser saw the way to the first mail before, and now, for an hour, that all of it is done. */
export function setUpSeen(c: Context, isSetUp: boolean): boolean {
  const known = getCookie(c, setUpCookie);
  const keep = (value: string, maxAge: number) =>
    setCookie(c, setUpCookie, value, { path, httpOnly: true, sameSite: 'Strict', maxAge });
  if (!isSetUp) keep('on-the-way', monthSeconds);
  else if (known === 'on-the-way') keep('done', saidSeconds);
  return isSetUp && known !== undefined;
}

const addressCookie = 'console-test-address';
const halfAYearSeconds = 15_552_000;

/** Where this person had tests sent to the last time, or nothing. */
export function testAddress(c: Context): string {
  const known = getCookie(c, addressCookie) ?? '';
  return isMailable(known) ? known : '';
}

/** Keeps it in the browser, where the next form finds it. */
export function keepTestAddress(c: Context, address: string): void {
  setCookie(c, addressCookie, address, {
    path: '/console',
    httpOnly: true,
    sameSite: 'Strict',
    maxAge: halfAYearSeconds,
  });
}
