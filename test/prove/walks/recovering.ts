import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { plainSteps, type Workflow } from '#shared/audience/workflow.ts';
import { compileEmail } from '#shared/mail/compile/compile-email.ts';

/** The address that Polar knows, before the stack: it can refuse, or lose the answer of the stack. */
export async function startDoor(target: string) {
  let mood: 'open' | 'shut' | 'deaf' = 'open';
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    if (mood === 'shut') return void response.writeHead(503).end();
    const { host: _, connection: _c, 'content-length': _l, ...headers } = request.headers;
    const sent = new Headers(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    const answer = await fetch(`${target}${request.url}`, { method: 'POST', headers: sent, body });
    response.writeHead(mood === 'deaf' ? 503 : answer.status).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    is: (next: typeof mood) => {
      mood = next;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Waits for every new customer, and for every change of one. */
export function activeWorkflow(
  event: 'customer.created' | 'customer.updated' | 'order.paid',
): Workflow {
  const email = { kind: 'transactional', subject: event, preheader: '', body: event } as const;
  const result = compileEmail(email, event);
  if (result.kind === 'refused') throw new Error(result.problems.join(' '));
  const at = new Date().toISOString();
  return {
    ...{ workflowId: event.replace('.', '-'), version: 1, name: event, status: 'active' },
    ...{ trigger: { event, conditions: [] }, frequency: 'every-time', maxAgeHours: 72 },
    ...{ ...plainSteps(email, result.compiled), createdAt: at, updatedAt: at },
  };
}
