import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

type Person = Readonly<{
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  /** What API Gateway says instead of passing the request on. */
  refusal?: string;
}>;

/** A request that was let in. */
export type Invoked = Readonly<{
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}>;

export type Answer = Readonly<{
  status: number;
  headers?: Readonly<Record<string, string | string[]>>;
  body?: string | Buffer;
  afterMs?: number;
}>;

type Options = Readonly<{
  region: string;
  people: readonly Person[];
  answer: (request: Invoked) => Answer;
}>;

/**
 * A route of an HTTP API with the authorisation AWS_IAM: it proves each signature by AWS's published
 * algorithm (Signature Version 4) before the function behind it hears of the request.
 */
export async function startApiGateway({ region, people, answer }: Options) {
  const invoked: Invoked[] = [];
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const refusal = refusalOf(request, body, region, people);
    if (refusal !== undefined) {
      response.writeHead(403, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ message: refusal }));
      return;
    }
    const { headers, url = '', method = '' } = request;
    const passed = { method, url, headers, body: body.toString() };
    invoked.push(passed);
    const { status, headers: given, body: text, afterMs = 0 } = answer(passed);
    setTimeout(() => response.writeHead(status, { ...given }).end(text), afterMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    invoked,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const authorization =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/;

function refusalOf(
  request: IncomingMessage,
  body: Buffer,
  region: string,
  people: readonly Person[],
): string | undefined {
  const { headers } = request;
  const parts = authorization.exec(headers.authorization ?? '');
  if (!parts) return 'Missing Authentication Token';
  const [, keyId, day = '', signedRegion, service, signedHeaders = '', signature] = parts;
  const person = people.find(({ accessKeyId }) => accessKeyId === keyId);
  const token = headers['x-amz-security-token'];
  if (!person || person.sessionToken !== token) {
    return 'The security token included in the request is invalid.';
  }
  const time = String(headers['x-amz-date']);
  const names = signedHeaders.split(';');
  const mustBeSigned = Object.keys(headers).filter((name) => name.startsWith('x-amz-'));
  const isWhole = ['host', ...mustBeSigned].every((name) => names.includes(name));
  const isRight =
    isWhole &&
    signedRegion === region &&
    service === 'execute-api' &&
    time.startsWith(day) &&
    Math.abs(Date.now() - millisecondsOf(time)) < 300_000 &&
    signature === signatureOf(request, body, { names, time, day, region, person });
  if (!isRight) {
    return 'The request signature we calculated does not match the signature you provided.';
  }
  return person.refusal;
}

type Signing = { names: string[]; time: string; day: string; region: string; person: Person };

function signatureOf(
  { method, url = '', headers }: IncomingMessage,
  body: Buffer,
  { names, time, day, region, person }: Signing,
): string {
  const [path = '', query = ''] = url.split('?');
  const canonicalRequest = [
    method,
    // Every service but S3 encodes the path once more than it was sent.
    path.split('/').map(uriEncoded).join('/'),
    canonicalQuery(query),
    ...names.map((name) => `${name}:${String(headers[name]).trim().replaceAll(/ +/g, ' ')}`),
    '',
    names.join(';'),
    sha256(body),
  ].join('\n');
  const scope = `${day}/${region}/execute-api/aws4_request`;
  const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonicalRequest)}`;
  const key = [day, region, 'execute-api', 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${person.secretAccessKey}`,
  );
  return hmac(key, text).toString('hex');
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs = query.split('&').map((pair) => {
    const [name = '', value = ''] = pair.split('=');
    return [name, value].map((part) => uriEncoded(decodeURIComponent(part)));
  });
  return pairs
    .sort(([name = '', value = ''], [otherName = '', otherValue = '']) =>
      name === otherName ? compared(value, otherValue) : compared(name, otherName),
    )
    .map((pair) => pair.join('='))
    .join('&');
}

function compared(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** All but letters, digits and -._~, byte by byte. */
function uriEncoded(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      const isPlain = /[A-Za-z0-9\-._~]/.test(character);
      return isPlain ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function millisecondsOf(time: string): number {
  return Date.parse(
    time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  );
}
