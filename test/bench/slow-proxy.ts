import { Agent } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { serveOnLoopback } from '#infra/local/http/loopback-server.ts';
import { contentOf, passedOn, reply } from '#test/support/polar/passed-on.ts';

/** Stands before an emulator and passes every call on after a time, as a service in the same region would answer. */
export function startSlowProxy(target: string, delayMs: number) {
  const agent = new Agent({ keepAlive: true });
  return serveOnLoopback(
    async (incoming, response) => {
      const body = await contentOf(incoming);
      await setTimeout(delayMs);
      reply(response, await passedOn(incoming, body, target, agent));
    },
    0,
    'the bench',
  );
}
