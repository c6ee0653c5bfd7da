import type { IncomingMessage } from 'node:http';
import { type LocalClock, realClock } from '#infra/local/clock/local-clock.ts';
import { spanText, timeText } from '#infra/local/clock/words.ts';
import type { LambdaFunction } from '#infra/local/lambda/lambda-function.ts';
import { type HttpAnswer, httpAnswer, httpEvent, jsonAnswer, textAnswer } from './http-event.ts';
import { sendJoined, type WholeAnswer } from './joined-pages.ts';
import {
  bodyOf,
  isFromAnotherSite,
  type LoopbackServer,
  refusalOfAnotherSite,
  serveOnLoopback,
} from './loopback-server.ts';
import { decodedPath, type Match, matchRoute } from './routes.ts';

export type HttpRoute = Readonly<{
  lambda: LambdaFunction;
  /** In AWS anyone may call it, so here, too; any other is for the pages of this machine only. */
  isPublic: boolean;
}>;

/** A request that no page of our own made, and its answer, for showing it to the person at the keyboard. */
export type Exchange = Readonly<{
  method: string;
  path: string;
  webhookId: string | undefined;
  body: Buffer;
  status: number;
  answer: Buffer;
}>;

type Routes = ReadonlyMap<string, HttpRoute>;

const maxBodyBytes = 10 * 1_048_576;

/** Those that are public, or all others. */
function routesThat(isPublic: boolean, routes: Routes): Routes {
  return new Map([...routes].filter(([, route]) => route.isPublic === isPublic));
}

/** Serves the public routes of the stack's HTTP API to anyone, by route key (`POST /webhooks/polar`), and no others. */
export function startHttpApi(
  allRoutes: Routes,
  port: number,
  onExchange: (exchange: Exchange) => void,
  clock = realClock,
): Promise<LoopbackServer> {
  const routes = routesThat(true, allRoutes);
  return serveOnLoopback(
    async (request, response) => {
      const body = await bodyOf(request, maxBodyBytes);
      const url = String(request.url);
      const match = matchFor(request, url, routes);
      const {
        status,
        headers,
        body: answer,
      } = await answerTo({ request, url, body, clock }, match);
      response.writeHead(status, { ...headers, 'content-length': answer.length });
      response.end(answer);
      const webhookId = request.headers['webhook-id'];
      onExchange({
        method: String(request.method),
        path: url.split('?')[0] ?? '/',
        webhookId: typeof webhookId === 'string' ? webhookId : undefined,
        body: body === 'too-large' ? Buffer.alloc(0) : body,
        status,
        answer,
      });
    },
    port,
    'the HTTP API',
    // Public in AWS too; Polar reaches it by the name of a tunnel.
    'anyone',
  );
}

/** Serves the other routes, the pages of the console, to the person at this machine: on a port that no tunnel leads to. */
export function startPages(
  allRoutes: Routes,
  port: number,
  clock = realClock,
): Promise<LoopbackServer> {
  const routes = routesThat(false, allRoutes);
  return serveOnLoopback(
    async (request, response) => {
      const body = await bodyOf(request, maxBodyBytes);
      const pageAt = (url: string) =>
        answerTo({ request, url, body, clock }, matchFor(request, url, routes));
      const first = isFromAnotherSite(request)
        ? textAnswer(403, refusalOfAnotherSite)
        : await pageAt(String(request.url));
      await sendJoined(response, withTimeShown(first, clock), pageAt);
    },
    port,
    'the console',
    // Who calls is asked here, where the return from Polar is let in.
    'anyone',
  );
}

function matchFor(
  { method }: IncomingMessage,
  url: string,
  routes: Routes,
): Match<HttpRoute> | undefined {
  const path = decodedPath(url);
  return path === undefined ? undefined : matchRoute(routes, String(method), path);
}

type Asked = Readonly<{
  request: IncomingMessage;
  url: string;
  body: Buffer | 'too-large';
  clock: typeof realClock;
}>;

async function answerTo(
  { request, url, body, clock }: Asked,
  match: Match<HttpRoute> | undefined,
): Promise<HttpAnswer> {
  if (!match) return jsonAnswer(404, { message: 'Not Found' });
  if (body === 'too-large') return jsonAnswer(413, { message: 'Request Entity Too Large' });
  return httpAnswer(
    await match.target.lambda.invoke(httpEvent(request, body, match, clock.now(), url)),
  );
}

/** At the beginning of what each page says. */
const place = '<main id="main" tabindex="-1">\n';

/**
 * A page of the console that says that it is later on this stack than on the machine. The console itself is the one that
 * is deployed, and must know nothing of a clock that can be moved; so its pages are told here.
 */
export function withTimeShown(
  answer: WholeAnswer,
  { now, aheadMs }: Pick<LocalClock, 'now' | 'aheadMs'>,
): WholeAnswer {
  const isPage = String(answer.headers['content-type']).startsWith('text/html');
  if (aheadMs() === 0 || !isPage) return answer;
  const page = Buffer.from(answer.body).toString();
  const at = page.indexOf(place) + place.length;
  if (at < place.length) return answer;
  const note = `<p class="note" role="note">This local stack's clock is ${spanText(aheadMs())} ahead: it is <time datetime="${now().toISOString()}" data-form="minutes">${timeText(now())}</time> here. Move it ahead with <code class="whole">npm run clock -- +1d</code>; <code class="whole">npm start -- --fresh</code> empties the stack and sets it back.</p>\n`;
  return { ...answer, body: Buffer.from(page.slice(0, at) + note + page.slice(at)) };
}
