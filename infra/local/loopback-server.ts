import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Advice } from './advice.ts';
import { isFromElsewhere, refusalOfElsewhere } from './from-elsewhere.ts';

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

/** A taken port as a sentence; any other failure as it is. */
export function portAdvice(error: unknown, port: number, what: string): unknown {
  const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  return isTaken ? portTaken(port, what) : error;
}

export function portTaken(port: number, what: string): Advice {
  return new Advice(
    `Port ${port}, which ${what} needs, is in use: end the program that has it, or choose other ports with --port.`,
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
