import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { signingKeys, signingSecrets } from '#functions/ingest/verifier.ts';
import { signedHeaders, verifySignature } from '#shared/polar/webhook-signature.ts';

/** An address that takes webhooks whose signature fits the secret document of the moment, and notes their ids. */
export async function startWebhookReceiver(readDocument: () => string) {
  const taken: string[] = [];
  let isDown = false;
  let path = '/webhooks/polar';
  const server = createServer(async (request, response) => {
    if (request.url !== path) return void response.writeHead(404).end('{"message":"Not Found"}');
    const body = await text(request);
    const headers = signedHeaders((name) => request.headers[name]?.toString());
    const keys = signingKeys(signingSecrets(readDocument()))(Date.now()) ?? [];
    const isOurs =
      typeof headers === 'object' && verifySignature(keys, headers, body) === 'valid' && !isDown;
    if (isOurs) taken.push(headers.id);
    response.writeHead(isOurs ? 202 : isDown ? 503 : 401).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${path}`,
    /** As after a deployment with another path: the old one is not found. Gives the new address. */
    moveTo: (newPath: string) => {
      path = newPath;
      return `http://127.0.0.1:${port}${newPath}`;
    },
    /** The ids of the webhooks that were taken, in order. */
    taken,
    goDown: () => {
      isDown = true;
    },
    comeBack: () => {
      isDown = false;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
