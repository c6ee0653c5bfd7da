import { Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import * as z from 'zod';
import { serveOnLoopback } from '#infra/local/http/loopback-server.ts';
import { contentOf, operationOf, passedOn, reply } from '#test/support/polar/passed-on.ts';

const sendSchema = z.looseObject({ QueueUrl: z.string(), DelaySeconds: z.number().optional() });

/** Stands before an emulated SQS: what is sent to come later comes at once. */
export function startQuickQueue(target: string) {
  const agent = new Agent({ keepAlive: true });
  const pass = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await contentOf(incoming);
    const isSending = operationOf(incoming) === 'SendMessage';
    const answer = await passedOn(incoming, isSending ? atOnce(body) : body, target, agent);
    reply(response, answer);
  };
  return serveOnLoopback(pass, 0, 'the quick queue');
}

function atOnce(body: Buffer): string {
  return JSON.stringify({ ...sendSchema.parse(JSON.parse(body.toString())), DelaySeconds: 0 });
}
