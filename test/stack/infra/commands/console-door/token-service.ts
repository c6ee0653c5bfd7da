import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** Answers STS's GetCallerIdentity on a free loopback port: whoever signs is this ARN. */
export async function startTokenService(arn: string) {
  const server = createServer(async (request, response) => {
    const action = new URLSearchParams(await text(request)).get('Action');
    const isSigned = request.headers.authorization?.includes('/sts/aws4_request') ?? false;
    const isKnown = action === 'GetCallerIdentity' && isSigned;
    response.writeHead(isKnown ? 200 : 400, { 'content-type': 'text/xml' });
    response.end(isKnown ? identity(arn) : '<ErrorResponse/>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function identity(arn: string): string {
  return `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>${arn}</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`;
}
