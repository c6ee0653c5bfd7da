import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import * as z from 'zod';

/** What SES does with one call. `lost`: it sends the email, and its answer never arrives. */
export type SesMood = 'send' | 'throttle' | 'reject' | 'lost' | 'unreachable';

const requestSchema = z.object({
  FromEmailAddress: z.string(),
  Destination: z.object({ ToAddresses: z.array(z.string()) }),
  EmailTags: z.array(z.object({ Name: z.string(), Value: z.string() })),
  Content: z.object({
    Simple: z.object({
      Subject: z.object({ Data: z.string() }),
      Headers: z.array(z.object({ Name: z.string(), Value: z.string() })).default([]),
    }),
  }),
});

const suppressedPath = '/v2/email/suppression/addresses/';

/** Speaks SES v2's SendEmail and DeleteSuppressedDestination on a free loopback port and keeps what it sent. */
export async function startSes() {
  const sent: { ledgerKey: string; to: string; subject: string; messageId: string }[] = [];
  let moods: Iterator<SesMood> | undefined;
  const suppressed = new Set<string>();
  let calls = 0;
  let isDenied = false;
  let connections = 0;

  const server = createServer(async (request, response) => {
    const { method, url = '' } = request;
    if (method === 'DELETE' && url.startsWith(suppressedPath)) {
      if (isDenied) {
        response.writeHead(403, { 'x-amzn-errortype': 'AccessDeniedException' });
        return void response.end(JSON.stringify({ message: 'It is not allowed.' }));
      }
      const wasThere = suppressed.delete(decodeURIComponent(url.slice(suppressedPath.length)));
      response.writeHead(wasThere ? 200 : 404, {
        'content-type': 'application/json',
        ...(!wasThere && { 'x-amzn-errortype': 'NotFoundException' }),
      });
      return void response.end('{}');
    }
    calls += 1;
    const mood: SesMood = moods?.next().value ?? 'send';
    const body = requestSchema.parse(await json(request));
    if (mood === 'unreachable') return void request.socket.destroy();
    if (mood === 'throttle' || mood === 'reject') {
      const name = mood === 'throttle' ? 'TooManyRequestsException' : 'MessageRejected';
      response.writeHead(mood === 'throttle' ? 429 : 400, { 'x-amzn-errortype': name });
      return void response.end(JSON.stringify({ message: `${name} for ann@example.com` }));
    }
    const messageId = `ses-${sent.length + 1}`;
    sent.push({
      ledgerKey: body.EmailTags.find(({ Name }) => Name === 'ledgerKey')?.Value ?? '',
      to: body.Destination.ToAddresses.join(),
      subject: body.Content.Simple.Subject.Data,
      messageId,
    });
    if (mood === 'lost') return void request.socket.destroy();
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ MessageId: messageId }));
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    sent,
    /** The addresses on SES's own suppression list. */
    suppressed,
    calls: () => calls,
    /** How many were opened since the beginning. */
    connections: () => connections,
    /** Whether it lets nobody take an address off the list. */
    denySuppressions: (deny: boolean) => {
      isDenied = deny;
    },
    behave: (next: Iterator<SesMood> | undefined) => {
      moods = next;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
