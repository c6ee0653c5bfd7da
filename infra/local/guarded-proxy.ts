import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { type LoopbackServer, serveOnLoopback } from './loopback-server.ts';

/** A door to a server that would let in whoever finds it: only programs on this machine come through. */
export function startGuardedProxy(
  target: string,
  port: number,
  what: string,
): Promise<LoopbackServer> {
  return serveOnLoopback(forwarder(target), port, what);
}

/** Passes a request on to a server as it is, and the answer back. Where nobody answers, that is a 502. */
export function forwarder(target: string) {
  const agent = new Agent({ keepAlive: true });
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
