import type { IncomingMessage } from 'node:http';
import { isFromAnotherSite, refusalOfAnotherSite } from './from-elsewhere.ts';
import { type HttpAnswer, httpAnswer, httpEvent, jsonAnswer, textAnswer } from './http-event.ts';
import { sendJoined } from './joined-pages.ts';
import type { LambdaFunction } from './lambda-function.ts';
import { bodyOf, type LoopbackServer, serveOnLoopback } from './loopback-server.ts';
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

/** Serves the routes of the stack's HTTP API on loopback, by route key (`POST /webhooks/polar`). */
export function startHttpApi(
  routes: Routes,
  port: number,
  onExchange: (exchange: Exchange) => void,
): Promise<LoopbackServer> {
  return serveOnLoopback(
    async (request, response) => {
      const body = await bodyOf(request, maxBodyBytes);
      const url = String(request.url);
      const match = matchFor(request, url, routes);
      const whole = await answerTo({ request, url, body }, match);
      if (match && !match.target.isPublic) {
        return sendJoined(response, whole, (next) =>
          answerTo({ request, url: next, body }, matchFor(request, next, routes)),
        );
      }
      const { status, headers, body: answer } = whole;
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

function matchFor(
  { method }: IncomingMessage,
  url: string,
  routes: Routes,
): Match<HttpRoute> | undefined {
  const path = decodedPath(url);
  return path === undefined ? undefined : matchRoute(routes, String(method), path);
}

type Asked = Readonly<{ request: IncomingMessage; url: string; body: Buffer | 'too-large' }>;

async function answerTo(
  { request, url, body }: Asked,
  match: Match<HttpRoute> | undefined,
): Promise<HttpAnswer> {
  if (!match) return jsonAnswer(404, { message: 'Not Found' });
  const { lambda, isPublic } = match.target;
  if (!isPublic && isFromAnotherSite(request)) return textAnswer(403, refusalOfAnotherSite);
  if (body === 'too-large') return jsonAnswer(413, { message: 'Request Entity Too Large' });
  return httpAnswer(await lambda.invoke(httpEvent(request, body, match, new Date(), url)));
}
