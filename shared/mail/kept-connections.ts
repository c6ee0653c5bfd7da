import { Agent } from 'node:http';
import https from 'node:https';

/** Long enough for the next email at two a second, and shorter than any server waits. */
const mostIdleMs = 1_000;

/**
 * Agents that keep connections for the next call. Call `dropOld` before each: a connection that was idle for longer,
 * or while Lambda had stopped the process, may be dead without anybody having noticed, and an email that is written to
 * it would be `unknown`.
 */
export function keptConnections(maxSockets: number, nowMs: () => number) {
  const idleSince = new WeakMap<object, number>();
  const agents = [
    new Agent({ keepAlive: true, maxSockets }),
    new https.Agent({ keepAlive: true, maxSockets }),
  ] as const;
  for (const agent of agents) {
    const keep = agent.keepSocketAlive.bind(agent);
    agent.keepSocketAlive = (socket) => {
      idleSince.set(socket, nowMs());
      return keep(socket);
    };
  }
  const [httpAgent, httpsAgent] = agents;
  return {
    httpAgent,
    httpsAgent,
    dropOld() {
      const idle = agents.flatMap(({ freeSockets }) => Object.values(freeSockets));
      for (const socket of idle.flatMap((sockets) => sockets ?? [])) {
        if (nowMs() - (idleSince.get(socket) ?? 0) > mostIdleMs) socket.destroy();
      }
    },
  };
}
