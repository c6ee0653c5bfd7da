import type { IncomingMessage } from 'node:http';
import { type HttpAnswer, httpAnswer, httpEvent, jsonAnswer } from './http-event.ts';
import type { LambdaFunction } from './lambda-function.ts';
import { bodyOf, type LoopbackServer, serveOnLoopback } from './loopback-server.ts';
import { matchRoute } from './routes.ts';

/** One request and what was answered to it, for showing it to the person at the keyboard. */
export type Exchange = Readonly<{
  method: string;
  path: string;
  webhookId: string | undefined;
  body: Buffer;
  status: number;
  answer: Buffer;
}>;

type Routes = ReadonlyMap<string, LambdaFunction>;

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
      const { status, headers, body: answer } = await answerTo(request, body, routes);
      response.writeHead(status, { ...headers, 'content-length': answer.length });
      response.end(answer);
      const webhookId = request.headers['webhook-id'];
      onExchange({
        method: String(request.method),
        path: String(request.url).split('?')[0] ?? '/',
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

async function answerTo(
  request: IncomingMessage,
  body: Buffer | 'too-large',
  routes: Routes,
): Promise<HttpAnswer> {
  const [path = '/'] = String(request.url).split('?');
  const match = matchRoute(routes, String(request.method), path);
  if (!match) return jsonAnswer(404, { message: 'Not Found' });
  if (body === 'too-large') return jsonAnswer(413, { message: 'Request Entity Too Large' });
  return httpAnswer(await match.target.invoke(httpEvent(request, body, match, new Date())));
}
