import { once } from 'node:events';
import { createServer } from 'node:net';
import { portAdvice } from './loopback-server.ts';

/** A TCP port of this machine that is free at the moment; another program may still take it first. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no TCP port was given');
  return address.port;
}

/** Throws Advice if another program has the port, before anything is started that would need it. */
export async function requireFreePort(port: number, what: string): Promise<void> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    throw portAdvice(error, port, what);
  }
  server.close();
  await once(server, 'close');
}
