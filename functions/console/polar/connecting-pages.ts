import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import type { Access } from '#shared/polar/access.ts';
import { SignInFailed } from '#shared/polar/oauth-failure.ts';
import { isPolarApiError } from '#shared/polar/polar-api-error.ts';
import type { ConsoleEnv } from '../console-env.ts';
import { goOn, leaveFlash } from '../flash.ts';
import { page } from '../page.ts';
import { callbackPath } from '../same-origin.ts';
import { connect, dropCandidate } from './connect.ts';
import { comeBackAdvice, mayComeBack } from './connect-forms.ts';
import { readSignIn, readToken } from './connect-post.ts';
import { inTime } from './in-time.ts';
import { passingPage } from './passing-page.ts';
import type { PolarLink } from './polar-link.ts';
import { home } from './polar-paths.ts';
import type { Problems } from './save-settings.ts';
import { rememberSignIn, takeSignIn } from './sign-in-state.ts';

type Home = (c: Context<ConsoleEnv>, problems: Problems) => Promise<Response>;

/** The ways to a connection: a token, or signing in and coming back. `showHome` shows what is wrong in the forms. */
export function connectingPages(link: PolarLink, showHome: Home) {
  const app = new Hono<ConsoleEnv>();

  const finish = async (c: Context<ConsoleEnv>, access: Access, organization?: string) => {
    const result = await connect(link, access, { organization, by: c.get('by') });
    if (result.kind === 'choose') return goOn(c, home);
    return goOn(
      c,
      home,
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
      const text = candidate
        ? 'No organisation was chosen. Choose one.'
        : 'You are not signed in to Polar any more. Sign in again.';
      return goOn(c, home, { kind: 'problem', text });
    }
    return finish(c, candidate, organization);
  });

  app.post('/sign-in/cancel', async (c) => {
    await dropCandidate(link);
    return goOn(c, home, { kind: 'done', text: 'Nothing was connected.' });
  });

  app.post('/sign-in', async (c) => {
    if (!mayComeBack(c)) return goOn(c, home, { kind: 'problem', text: comeBackAdvice });
    const post = readSignIn(c.get('form'));
    if (post.kind === 'invalid') return showHome(c, post.problems);
    const obstacle = link.obstacle(post.server);
    if (obstacle) return goOn(c, home, { kind: 'problem', text: obstacle });
    try {
      const redirectUri = `${c.get('origin')}${callbackPath}`;
      const { url, state } = await link.signIn.start({ ...post, redirectUri });
      rememberSignIn(c, state);
      return passingPage(c, { title: 'On to Polar', to: url, link: 'Go on to Polar' });
    } catch (error) {
      return goOn(c, home, { kind: 'problem', text: sentenceOf(error) });
    }
  });

  app.get('/callback', async (c) => {
    const state = takeSignIn(c);
    try {
      const parameters = new URL(c.req.url).searchParams;
      const result = await inTime(async () => {
        const access = await link.signIn.finish(parameters, state);
        return connect(link, access, { by: c.get('by') });
      });
      if (result.kind === 'failed') return notConnected(c, result.reason);
      if (result.kind === 'connected') {
        leaveFlash(c, { kind: 'done', text: result.done.join('\n') });
      }
      return passingPage(c, { title: 'Back from Polar', to: home, link: 'Go on' });
    } catch (error) {
      return notConnected(c, sentenceOf(error));
    }
  });

  return app;
}

/** The sentence of an error that has one for people; throws every other. */
function sentenceOf(error: unknown): string {
  if (error instanceof SignInFailed || isPolarApiError(error)) return error.message;
  throw error;
}

function notConnected(c: Context<ConsoleEnv>, reason: string) {
  return page(c, {
    title: 'Signing in to Polar did not work',
    section: 'polar',
    status: 400,
    body: html`<p class="flash problem" role="alert">${reason}</p>
<p><a href="${home}">Go on to the page of the connection</a></p>`,
  });
}
