import { type Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { bodyOf } from '#infra/local/http/loopback-server.ts';

export type Answer = Readonly<{
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}>;

/** The whole body of a call. */
export async function contentOf(incoming: IncomingMessage): Promise<Buffer> {
  const body = await bodyOf(incoming);
  if (body === 'too-large') throw new Error('There is no limit that it could exceed.');
  return body;
}

/** Passes a call on to the server at `target`, with this body, and reads the whole answer. */
export function passedOn(
  { headers: given, method = 'POST', url }: IncomingMessage,
  body: Buffer | string,
  target: string,
  agent: Agent,
): Promise<Answer> {
  const { host: _, 'content-length': __, 'transfer-encoding': ___, ...headers } = given;
  return new Promise((resolve, reject) => {
    const outgoing = request(`${target}${url}`, { agent, method, headers });
    outgoing.on('error', reject);
    outgoing.on('response', (answer) => {
      const { 'transfer-encoding': ____, ...rest } = answer.headers;
      contentOf(answer).then((content) => {
        const own = { ...rest, 'content-length': String(content.length) };
        resolve({ status: answer.statusCode ?? 502, headers: own, body: content });
      }, reject);
    });
    outgoing.end(body);
  });
}

export function reply(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers });
  response.end(body);
}

/** `PutItem` or `SendMessage` in AWS's JSON protocols; elsewhere the method and the path. */
export function operationOf({ headers, method, url }: IncomingMessage): string {
  const target = String(headers['x-amz-target'] ?? '');
  return target === '' ? `${method} ${url}` : target.replace(/^.*\./, '');
}
