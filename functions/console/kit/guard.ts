import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { html } from 'hono/html';
import * as z from 'zod/mini';
import { localActor } from '#shared/actor.ts';
import { type ConsoleEnv, page } from './page.ts';

/** Nothing but our own files may be loaded, nothing may frame a page, and forms go only back to us. */
export const contentSecurityPolicy = {
  defaultSrc: ["'none'"],
  styleSrc: ["'self'"],
  scriptSrc: ["'self'"],
  connectSrc: ["'self'"],
  imgSrc: ["'self'"],
  frameSrc: ["'self'"],
  formAction: ["'self'"],
  baseUri: ["'none'"],
  frameAncestors: ["'none'"],
};

/** More that one page may show, as sources of a Content-Security-Policy. */
export type MoreSources = Readonly<{ styles: readonly string[]; images: readonly string[] }>;

/** The same policy as a header, for a page that may show a little more. */
export function policyWith({ styles, images }: MoreSources): string {
  const { styleSrc, imgSrc } = contentSecurityPolicy;
  const policy = {
    ...contentSecurityPolicy,
    styleSrc: [...styleSrc, ...styles],
    imgSrc: [...imgSrc, ...images],
  };
  return Object.entries(policy)
    .map(([name, sources]) => `${directive(name)} ${sources.join(' ')}`)
    .join('; ');
}

function directive(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Where Polar sends the browser back to: the one page that another site may lead to. */
export const callbackPath = '/console/polar/callback';

const cookieName = 'console-token';
const tokenForm = /^[\w-]{24}$/;
const fieldName = 'token';

/**
 * Keeps other web pages from driving the console: a request must come from its own pages or from nowhere, and a POST
 * must bring the token that only they know. The cookie alone would not do, for other ports of localhost share it.
 */
export const sameOrigin: MiddlewareHandler<ConsoleEnv> = async (c, next) => {
  if (c.req.path === callbackPath) return next();
  const site = c.req.header('sec-fetch-site') ?? 'none';
  const origin = c.req.header('origin') ?? c.get('origin');
  if ((site !== 'none' && site !== 'same-origin') || origin !== c.get('origin')) {
    return c.text(
      'Another web page asked for this, so nothing was done. Open the console itself.',
      403,
    );
  }
  const known = knownToken(c);
  if (c.req.method === 'GET' || c.req.method === 'HEAD') {
    c.set('token', known ?? newToken(c));
    return next();
  }
  const form = await formOf(c);
  const given = form.get(fieldName);
  if (!known || typeof given !== 'string' || !isSame(given, known)) {
    c.set('token', known ?? newToken(c));
    return page(c, {
      title: 'This form is out of date',
      status: 403,
      body: html`<p>Nothing was done. Go back, reload the page, and send the form again.</p>`,
    });
  }
  c.set('token', known);
  c.set('form', form);
  return next();
};

async function formOf(c: Context<ConsoleEnv>): Promise<FormData> {
  try {
    return await c.req.formData();
  } catch {
    return new FormData();
  }
}

/** Another port of localhost can set the cookie, too: what is no token of ours must not shut every form. */
function knownToken(c: Context<ConsoleEnv>): string | undefined {
  const token = getCookie(c, cookieName) ?? '';
  return tokenForm.test(token) ? token : undefined;
}

function newToken(c: Context<ConsoleEnv>): string {
  const token = randomBytes(18).toString('base64url');
  setCookie(c, cookieName, token, { path: '/console', httpOnly: true, sameSite: 'Strict' });
  return token;
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const iamSchema = z.object({
  requestContext: z.object({
    authorizer: z.object({ iam: z.object({ userArn: z.string() }) }),
  }),
});

const originSchema = z.string().check(z.regex(/^https?:\/\/[a-z0-9.-]+(:\d{1,5})?$/));

/** Notes who asks and where the browser is. API Gateway has let nobody in whom IAM does not allow. */
export const visitor: MiddlewareHandler<ConsoleEnv> = async (c, next) => {
  const iam = iamSchema.safeParse(c.env?.event).data?.requestContext.authorizer.iam;
  c.set('by', iam?.userArn ?? localActor);
  const named = c.req.header('x-console-origin') ?? `http://${c.req.header('host')}`;
  const origin = originSchema.safeParse(named);
  if (!origin.success) return c.text('This request’s host isn’t one of the console’s.', 400);
  c.set('origin', origin.data);
  return next();
};

/** Leads an address with a slash at its end to the page without: nothing but a path below /console, and its query. */
export const withoutSlash: MiddlewareHandler = async (c, next) => {
  const { pathname, search } = new URL(c.req.url);
  const path = withoutEnd(pathname, '/');
  const isOurs = path === '/console' || path.startsWith('/console/');
  if (path === pathname || !isOurs) return next();
  c.header('cache-control', 'no-store');
  return c.redirect(`${path}${search}`, 308);
};

function withoutEnd(text: string, end: string): string {
  let length = text.length;
  while (text[length - 1] === end) length -= 1;
  return text.slice(0, length);
}
