import { Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import { serveOnLoopback } from '#infra/local/http/loopback-server.ts';
import { contentOf, operationOf, passedOn, reply } from '#test/support/polar/passed-on.ts';

/** What goes wrong with one call of AWS. A function that is killed makes and hears nothing from then on. */
export const faultKinds = [
  'killed before the call',
  'killed after the call',
  'call refused',
  'reply lost',
  'reply lost and the call repeated by the SDK',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** `at` counts the calls from 1, `again` is a later call of the same life, `next` is for the life after a kill. */
export type Fault = Readonly<{ kind: FaultKind; at: number; again?: number; next?: Fault }>;

export type Endpoints = Readonly<{
  dynamodb: string;
  sqs: string;
  secretsManager: string;
  ses?: string;
}>;

/** Stands between one life of a function and the emulators, and lets calls go wrong as `fault` says. */
export async function startFaultProxy(endpoints: Endpoints, fault?: Fault) {
  const agent = new Agent({ keepAlive: true });
  const operations: string[] = [];
  const underWay = new Set<Promise<unknown>>();
  let isDead = false;
  let onDeath = () => {};
  const died = new Promise<'died'>((resolve) => {
    onDeath = () => resolve('died');
  });

  const pass = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (isDead) return void incoming.socket.destroy();
    operations.push(operationOf(incoming));
    const nth = operations.length;
    const kind = fault?.at === nth || fault?.again === nth ? fault?.kind : undefined;
    if (kind === 'killed before the call') {
      isDead = true;
      onDeath();
      return void incoming.socket.destroy();
    }
    const body = await contentOf(incoming);
    if (kind === 'call refused') {
      response.writeHead(500, { 'content-type': 'application/x-amz-json-1.0' });
      return void response.end('{"__type":"InternalServerError","message":"Refused."}');
    }
    const answered = passedOn(incoming, body, endpointFor(incoming, endpoints), agent);
    underWay.add(answered);
    const answer = await answered.finally(() => underWay.delete(answered));
    if (kind === 'killed after the call') {
      isDead = true;
      onDeath();
    }
    if (kind !== undefined || isDead) return void incoming.socket.destroy();
    reply(response, answer);
  };

  const server = await serveOnLoopback(pass, 0, 'the proof');
  return {
    address: server.address,
    /** The calls that were made, in their order. */
    operations,
    died,
    /** Ends it, once what was passed on is done. */
    async stop() {
      isDead = true;
      await Promise.allSettled(underWay);
      await server.stop();
      agent.destroy();
    },
  };
}

function endpointFor({ headers }: IncomingMessage, endpoints: Endpoints): string {
  const target = String(headers['x-amz-target'] ?? '');
  if (target.startsWith('DynamoDB_')) return endpoints.dynamodb;
  if (target.startsWith('AmazonSQS.')) return endpoints.sqs;
  if (target.startsWith('secretsmanager.')) return endpoints.secretsManager;
  if (endpoints.ses === undefined) throw new Error(`Nothing stands in for ${target}.`);
  return endpoints.ses;
}
