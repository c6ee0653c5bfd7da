import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { isLoopback } from '#infra/local/local-account.ts';
import { Advice } from '#infra/terminal/advice.ts';

/**
 * Whether a request to this machine may come from a web page of somebody else: from a page of another
 * origin, or by a name that its owner lets lead here (DNS rebinding). Programs name no origin.
 */
export function isFromElsewhere({
  host = '',
  origin,
}: Pick<IncomingHttpHeaders, 'host' | 'origin'>): boolean {
  const isHere = isLoopback(host.replace(/:\d+$/, ''));
  return !isHere || (origin !== undefined && origin !== `http://${host}`);
}

export const refusalOfElsewhere =
  'Refused: this is for programs on this machine, not for web pages. Call it at 127.0.0.1 or localhost.';

/** Where Polar sends people back to after they have signed in there. */
const returnPath = '/console/polar/callback';

/**
 * Whether anything but our own pages and the person at this machine may be behind a request to those
 * pages: a page of another site, or another machine that came through a tunnel. Only the return from
 * Polar may come from another site. Its answer has to be a page: what it redirected to would still
 * count as coming from there.
 */
export function isFromAnotherSite({ method, url, headers }: PageRequest): boolean {
  const names = Object.keys(headers);
  const isForwarded = names.some((name) => /^(forwarded$|via$|x-forwarded-)/.test(name));
  if (isForwarded || isFromElsewhere(headers)) return true;
  const site = headers['sec-fetch-site'] ?? 'none';
  if (site === 'none' || site === 'same-origin') return false;
  const isReturn = method === 'GET' && url?.split('?')[0] === returnPath;
  return !isReturn || !isNavigation(headers);
}

type PageRequest = Pick<IncomingMessage, 'method' | 'url' | 'headers'>;

function isNavigation(headers: IncomingHttpHeaders): boolean {
  const { 'sec-fetch-mode': mode, 'sec-fetch-dest': destination = 'document' } = headers;
  return mode === 'navigate' && destination === 'document';
}

export const refusalOfAnotherSite =
  'Refused: another site sent you here, and the console only takes requests from its own pages. Type or paste its address into the address bar.';

export type LoopbackServer = Readonly<{ address: string; stop: () => Promise<void> }>;

/**
 * Serves HTTP on a port of 127.0.0.1, or of `host` (0: any free one), to programs on this machine only
 * unless it is for `anyone`. Throws Advice naming `what` if the port is taken.
 */
export async function serveOnLoopback(
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  port: number,
  what: string,
  callers: 'this-machine' | 'anyone' = 'this-machine',
  host: '127.0.0.1' | '::1' = '127.0.0.1',
): Promise<LoopbackServer> {
  const server = createServer({ requestTimeout: 0 }, (request, response) => {
    if (callers === 'this-machine' && isFromElsewhere(request.headers)) {
      response.writeHead(403, { connection: 'close' }).end(refusalOfElsewhere);
      return;
    }
    if (callers === 'this-machine') forbidFrames(response);
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end(String(error));
    });
  });
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    throw portAdvice(error, port, what);
  }
  const name = host === '::1' ? '[::1]' : host;
  return { address: `http://${name}:${portOf(server)}`, stop: () => stop(server) };
}

/** No page of another port or site can show this one inside of it and so have its buttons clicked. */
function forbidFrames(response: ServerResponse): void {
  response.setHeader('x-frame-options', 'SAMEORIGIN');
  response.setHeader('content-security-policy', "frame-ancestors 'self'");
}

/** A taken port as a sentence; any other failure as it is. */
export function portAdvice(error: unknown, port: number, what: string): unknown {
  const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  return isTaken ? portTaken(port, what) : error;
}

function portTaken(port: number, what: string): Advice {
  return new Advice(
    `Port ${port}, which ${what} needs, is in use. Stop the program that uses it, or choose other ports with --port.`,
  );
}

/** The whole body, or 'too-large' once it exceeds the limit; the rest is then read and dropped. */
export async function bodyOf(
  request: IncomingMessage,
  maxBytes = Number.POSITIVE_INFINITY,
): Promise<Buffer<ArrayBuffer> | 'too-large'> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
  }
  return size > maxBytes ? 'too-large' : Buffer.concat(chunks);
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP server');
  return address.port;
}

async function stop(server: Server): Promise<void> {
  if (!server.listening) return;
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}

/** A TCP port of this machine that is free at the moment; another program may still take it first. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const server = createTcpServer().listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no TCP port was given');
  return address.port;
}

/** Throws Advice if another program has the port, before anything is started that would need it. */
export async function requireFreePort(port: number, what: string): Promise<void> {
  const server = createTcpServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    throw portAdvice(error, port, what);
  }
  server.close();
  await once(server, 'close');
}

/** A door to a server that would let in whoever finds it: only programs on this machine come through. */
export function startGuardedProxy(
  target: string,
  port: number,
  what: string,
): Promise<LoopbackServer> {
  return serveOnLoopback(forwarder(target), port, what);
}

const idleMs = 2_000;

/** Passes a request on to a server as it is, and the answer back. Where nobody answers, that is a 502. */
export function forwarder(target: string) {
  // Servers close what is idle for five seconds, and a request on such a connection would be lost.
  const agent = new Agent({ keepAlive: true, timeout: idleMs });
  return async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { host: _, ...headers } = incoming.headers;
    const method = incoming.method ?? 'GET';
    const outgoing = request(`${target}${incoming.url}`, { agent, headers, method });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.on('response', resolve).on('error', reject);
    });
    try {
      const [answer] = await Promise.all([answered, pipeline(incoming, outgoing)]);
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      await pipeline(answer, response);
    } catch (error) {
      if (response.headersSent) throw error;
      response.writeHead(502).end(`Nothing answers at ${target}: ${String(error)}`);
    }
  };
}
