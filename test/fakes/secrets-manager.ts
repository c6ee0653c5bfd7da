import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import * as z from 'zod';

const question = z.object({ SecretId: z.string() });

/** Speaks as much of Secrets Manager's JSON 1.1 protocol as GetSecretValue needs, on a free loopback port. */
export async function startSecretsManager() {
  const secrets = new Map<string, string>();
  let isDown = false;
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    if (isDown) return fault(response, 500, 'InternalServiceError');
    void answer(request, response, secrets);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    set: (id: string, text: string) => secrets.set(id, text),
    goDown: () => {
      isDown = true;
    },
    comeBack: () => {
      isDown = false;
    },
    requests: () => requests,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  secrets: ReadonlyMap<string, string>,
): Promise<void> {
  if (request.headers['x-amz-target'] !== 'secretsmanager.GetSecretValue') {
    return fault(response, 400, 'UnknownOperationException');
  }
  const { SecretId } = question.parse(await json(request));
  const text = secrets.get(SecretId);
  if (text === undefined) return fault(response, 400, 'ResourceNotFoundException');
  const arn = `arn:aws:secretsmanager:us-east-1:000000000000:secret:${SecretId}`;
  send(response, 200, {
    ARN: arn,
    Name: SecretId,
    SecretString: text,
    VersionStages: ['AWSCURRENT'],
  });
}

function fault(response: ServerResponse, status: number, type: string): void {
  send(response, status, { __type: type, Message: `The stand-in answers ${type}` });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify(body));
}
