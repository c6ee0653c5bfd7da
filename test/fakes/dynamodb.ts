import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { localClientConfig } from '#infra/local/local-account.ts';

export type Asked = Readonly<{ operation: string; input: unknown }>;

/**
 * Speaks DynamoDB's JSON 1.0 protocol on a free loopback port and answers what it is told to, for what an emulator
 * never answers by itself. `asked` are the calls that came, as they were on the wire.
 */
export async function startDynamoStandIn(answer: (call: Asked, nth: number) => object) {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const operation = String(request.headers['x-amz-target']).replace('DynamoDB_20120810.', '');
    const call = { operation, input: await json(request) };
    asked.push(call);
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(answer(call, asked.length)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = new DynamoDBClient(localClientConfig(`http://127.0.0.1:${port}`));
  return {
    asked,
    client,
    stop: async () => {
      client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
