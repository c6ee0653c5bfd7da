import { type Context, Hono } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { html } from 'hono/html';
import { type Access, type PolarServer, polarServers } from '#shared/polar/access.ts';
import { organizationsWrite } from '#shared/polar/api.ts';
import { isPolarApiError, OutOfTurn, PolarUnavailable } from '#shared/polar/api-error.ts';
import { connectPolar } from '#shared/polar/connection/connect.ts';
import { missingScopesText } from '#shared/polar/connection/scopes.ts';
import { type OAuthClient, SignInDeclined, SignInFailed } from '#shared/polar/oauth.ts';
import { textOf } from '../kit/fields.ts';
import { callbackPath } from '../kit/guard.ts';
import { assetUrls, type ConsoleEnv, page } from '../kit/page.ts';
import { polarPath } from '../kit/paths.ts';
import { backTo, mayComeBack } from '../kit/polar-sign-in.ts';
import { goOn, leaveFlash } from '../kit/remembered.ts';
import { problemFlash } from '../kit/shown.ts';
import type { Problems } from '../settings/save-settings.ts';
import { comeBackAdvice } from './connect-forms.ts';
import { inTime, type PolarLink } from './polar-link.ts';

type Invalid = Readonly<{ kind: 'invalid'; problems: Problems }>;
type SignIn = Readonly<{
  kind: 'valid';
  server: PolarServer;
  client?: OAuthClient;
  /** Also to switch Polar's own mails. */
  maySwitch: boolean;
  /** The page to come back to, other than that of the connection. */
  back: string | undefined;
}>;

const longest = 2_000;
const chooseServer = 'Choose production or sandbox.';

/** A way in by a token. The token itself is not in what is invalid. */
export function readToken(form: FormData): Invalid | { kind: 'valid'; access: Access } {
  const server = serverOf(form, 'tokenServer');
  const token = textOf(form, 'accessToken').trim();
  const problem = problemWithToken(token);
  if (!server || problem) {
    const problems = {
      ...(!server && { tokenServer: chooseServer }),
      ...(problem && { accessToken: problem }),
    };
    return { kind: 'invalid', problems };
  }
  return { kind: 'valid', access: { kind: 'token', server, token } };
}

export function readSignIn(form: FormData): Invalid | SignIn {
  const server = serverOf(form, 'signInServer');
  const clientId = textOf(form, 'clientId').trim();
  const clientSecret = textOf(form, 'clientSecret').trim();
  const problems = {
    ...(!server && { signInServer: chooseServer }),
    ...(clientId !== '' &&
      !isOneWord(clientId) && { clientId: 'Enter a client id without spaces.' }),
    ...(clientId === '' && clientSecret !== '' && { clientId: 'Enter the client id, too.' }),
    ...(clientSecret !== '' &&
      !isOneWord(clientSecret) && { clientSecret: 'Enter a client secret without spaces.' }),
  };
  if (!server || Object.keys(problems).length > 0) return { kind: 'invalid', problems };
  const maySwitch = textOf(form, 'maySwitch') === 'on';
  const back = backTo(textOf(form, 'back'));
  if (clientId === '') return { kind: 'valid', server, maySwitch, back };
  const client = { clientId, ...(clientSecret !== '' && { clientSecret }) };
  return { kind: 'valid', server, client, maySwitch, back };
}

function problemWithToken(token: string): string | undefined {
  if (token === '') return 'Paste the token. Polar shows it once, when it’s created.';
  if (token.startsWith('polar_oat_') && isOneWord(token)) return undefined;
  return 'This isn’t an organization access token: those begin with polar_oat_ and have no spaces.';
}

function isOneWord(text: string): boolean {
  return text.length <= longest && /^[\x21-\x7e]+$/.test(text);
}

function serverOf(form: FormData, name: string): PolarServer | undefined {
  return polarServers.find((server) => server === textOf(form, name));
}

export type Connecting =
  | { kind: 'connected'; done: readonly string[] }
  /** The access is kept as the candidate until a person has chosen. */
  | { kind: 'choose' }
  | { kind: 'failed'; reason: string };

/** Connects with this access. Nothing is kept of one that Polar, or we, refuse. */
export async function connect(
  link: PolarLink,
  access: Access,
  { organization, by }: Readonly<{ organization?: string | undefined; by: string }>,
): Promise<Connecting> {
  try {
    const known = await link.connections.read();
    // Not its slug, which may be another one in Polar by now.
    const wanted = organization ?? known?.organizationId;
    const parts = link.partsFor(access.server, { given: access });
    const result = await inTime(() => connectPolar(parts, { access, by, organization: wanted }));
    if (result.kind === 'connected') {
      // It is connected, whatever Polar says of the rest, or does not say in time.
      const asking = inTime(() => missingScopesText(parts.api), { patienceMs: 3_000 });
      const missing = await asking.catch(() => undefined);
      return { kind: 'connected', done: [...result.done, ...(missing ? [missing] : [])] };
    }
    if (result.kind === 'choose') {
      await link.access.change((document) => ({ ...document, candidate: access }));
      return { kind: 'choose' };
    }
    await dropCandidate(link);
    return { kind: 'failed', reason: result.reason };
  } catch (error) {
    if (!isPolarApiError(error)) throw error;
    const mayWorkLater = error instanceof PolarUnavailable || error instanceof OutOfTurn;
    if (!mayWorkLater) await dropCandidate(link);
    return { kind: 'failed', reason: error.message };
  }
}

export async function dropCandidate({ access }: PolarLink): Promise<void> {
  const { candidate } = await access.read();
  if (candidate) await access.change(({ candidate: _, ...document }) => document);
}

type Passing = Readonly<{ title: string; to: string; link: string }>;

/**
 * A page that goes on by itself. No redirect: one that follows a form may not leave the site, and one that follows
 * another site still counts as coming from there.
 */
export function passingPage(c: Context<ConsoleEnv>, { title, to, link }: Passing) {
  return c.html(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="0; url=${to}">
<title>${title} · Polar Audience</title>
<link rel="icon" href="${assetUrls.icon}" type="image/svg+xml">
<link rel="stylesheet" href="${assetUrls.style}">
</head>
<body>
<main id="main">
<h1>${title}</h1>
<p><a href="${to}">${link}</a></p>
</main>
</body>
</html>`);
}

const name = 'polar-sign-in';
const backName = 'polar-sign-in-back';
/** `Lax`, because the browser comes back from Polar. */
const cookieOptions = { path: polarPath, httpOnly: true, sameSite: 'Lax', maxAge: 600 } as const;

/**
 * Ties a sign-in to the browser that began it. The state is worth nothing alone: code verifier and client secret never
 * leave the server.
 */
export function rememberSignIn(c: Context<ConsoleEnv>, state: string, back?: string): void {
  setCookie(c, name, state, cookieOptions);
  rememberBack(c, back);
}

function rememberBack(c: Context<ConsoleEnv>, back: string | undefined): void {
  if (back === undefined) deleteCookie(c, backName, { path: polarPath });
  else setCookie(c, backName, back, cookieOptions);
}

/** The page where the sign-in of this browser began, once, if that is another one of ours. */
function takeBack(c: Context<ConsoleEnv>): string | undefined {
  const back = backTo(getCookie(c, backName) ?? '');
  deleteCookie(c, backName, { path: polarPath });
  return back;
}

/** The state that this browser went away with, once, and the page that it wants to come back to. */
export function takeSignIn(c: Context<ConsoleEnv>) {
  const state = getCookie(c, name);
  deleteCookie(c, name, { path: polarPath });
  return { state, back: takeBack(c) };
}

type Home = (c: Context<ConsoleEnv>, problems: Problems) => Promise<Response>;

/** The ways to a connection: a token, or signing in and coming back. `showHome` shows what is wrong in the forms. */
export function connectingPages(link: PolarLink, showHome: Home) {
  const app = new Hono<ConsoleEnv>();

  type Wish = Readonly<{ organization?: string; back?: string | undefined }>;
  const finish = async (
    c: Context<ConsoleEnv>,
    access: Access,
    { organization, back }: Wish = {},
  ) => {
    const result = await connect(link, access, { organization, by: c.get('by') });
    if (result.kind === 'choose') return goOn(c, polarPath);
    return goOn(
      c,
      back ?? polarPath,
      result.kind === 'connected'
        ? { kind: 'done', text: result.done.join('\n') }
        : { kind: 'problem', text: result.reason },
    );
  };

  app.post('/token', async (c) => {
    const post = readToken(c.get('form'));
    if (post.kind === 'invalid') return showHome(c, post.problems);
    return finish(c, post.access);
  });

  app.post('/organization', async (c) => {
    const organization = c.get('form').get('organization');
    const { candidate } = await link.access.read();
    if (!candidate || typeof organization !== 'string' || organization === '') {
      const text = candidate ? 'Choose an organization.' : await withoutCandidate();
      return goOn(c, polarPath, { kind: 'problem', text });
    }
    return finish(c, candidate, { organization, back: takeBack(c) });
  });

  /** Whoever chose twice is connected by now. */
  const withoutCandidate = async (): Promise<string> =>
    (await link.connections.read())
      ? 'Polar is already connected.'
      : 'You’re no longer signed in to Polar. Sign in again.';

  app.post('/sign-in/cancel', async (c) => {
    await dropCandidate(link);
    return goOn(c, takeBack(c) ?? polarPath, { kind: 'done', text: 'Nothing was connected.' });
  });

  app.post('/sign-in', async (c) => {
    const home = backTo(textOf(c.get('form'), 'back')) ?? polarPath;
    if (!mayComeBack(c)) return goOn(c, home, { kind: 'problem', text: comeBackAdvice });
    const post = readSignIn(c.get('form'));
    if (post.kind === 'invalid') return showHome(c, post.problems);
    const obstacle = link.obstacle(post.server);
    if (obstacle) return goOn(c, home, { kind: 'problem', text: obstacle });
    try {
      const redirectUri = `${c.get('origin')}${callbackPath}`;
      // What was switched off from here is to be switched on again in the end, so the scope stays.
      const { emailsSwitchedOff = [] } = (await link.connections.read()) ?? {};
      const moreScopes = post.maySwitch || emailsSwitchedOff.length > 0 ? [organizationsWrite] : [];
      const { url, state } = await link.signIn.start({ ...post, redirectUri, moreScopes });
      rememberSignIn(c, state, post.back);
      return passingPage(c, { title: 'On to Polar', to: url, link: 'Continue to Polar' });
    } catch (error) {
      return goOn(c, home, { kind: 'problem', text: sentenceOf(error) });
    }
  });

  app.get('/callback', async (c) => {
    const { state, back } = takeSignIn(c);
    try {
      const parameters = new URL(c.req.url).searchParams;
      const result = await inTime(async () => {
        const access = await link.signIn.finish(parameters, state);
        return connect(link, access, { by: c.get('by') });
      });
      if (result.kind === 'failed') return notConnected(c, result.reason, back);
      if (result.kind === 'choose') {
        rememberBack(c, back);
        return passingBack(c, polarPath);
      }
      leaveFlash(c, { kind: 'done', text: result.done.join('\n') });
      return passingBack(c, back ?? polarPath);
    } catch (error) {
      return notConnected(c, sentenceOf(error), back, error instanceof SignInDeclined);
    }
  });

  return app;
}

/** The sentence of an error that has one for people; throws every other. */
function sentenceOf(error: unknown): string {
  if (error instanceof SignInFailed || isPolarApiError(error)) return error.message;
  throw error;
}

function passingBack(c: Context<ConsoleEnv>, to: string) {
  return passingPage(c, { title: 'Back from Polar', to, link: 'Continue' });
}

/** Said where the sign-in began: on that page, else on one of its own that leads back to Polar's. */
function notConnected(
  c: Context<ConsoleEnv>,
  reason: string,
  back: string | undefined,
  isDeclined = false,
) {
  if (back !== undefined) {
    leaveFlash(c, { kind: isDeclined ? 'calm' : 'problem', text: reason });
    return passingBack(c, back);
  }
  return page(c, {
    title: isDeclined ? 'You didn’t sign in to Polar' : 'Signing in to Polar didn’t work',
    section: 'polar',
    above: { href: polarPath, title: 'Polar' },
    status: 400,
    body: html`${isDeclined ? html`<p>${reason}</p>` : problemFlash(reason)}
<p><a class="button primary" href="${polarPath}">Try again</a></p>`,
  });
}
