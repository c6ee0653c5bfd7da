import { Sha256 } from '@aws-crypto/sha256-js';
import type { defaultProvider } from '@aws-sdk/credential-provider-node';
import { SignatureV4 } from '@smithy/signature-v4';

export type Signing = Readonly<{
  service: string;
  region: string;
  credentials: ReturnType<typeof defaultProvider>;
}>;

type UnsignedRequest = Readonly<{
  method: string;
  /** Of the same protocol, host and port. */
  baseUrl: string;
  /** Decoded. */
  path: string;
  query?: URLSearchParams;
  headers: Readonly<Record<string, string>>;
  body?: Uint8Array<ArrayBuffer>;
}>;

/**
 * Sends a request with a signature over all of it (SigV4) and follows no redirect. Throws what the
 * credential provider throws, and TypeError or TimeoutError of `fetch`.
 */
export async function signedFetch(
  { service, region, credentials }: Signing,
  { method, baseUrl, path, query = new URLSearchParams(), headers, body }: UnsignedRequest,
  timeoutMs: number,
): Promise<Response> {
  const { origin, protocol, host, hostname } = new URL(baseUrl);
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256 });
  // The path and the query are sent in exactly the form in which AWS writes them for the signature.
  const sentPath = path.split('/').map(encoded).join('/');
  const pairs = [...query].map(([name, value]) => `${encoded(name)}=${encoded(value)}`);
  const signed = await signer.sign({
    method,
    protocol,
    hostname,
    path: sentPath,
    query: Object.fromEntries([...query.keys()].map((name) => [name, query.getAll(name)])),
    headers: { ...headers, host },
    body,
  });
  const { host: _, ...sentHeaders } = signed.headers;
  return fetch(`${origin}${sentPath}${pairs.length > 0 ? '?' : ''}${pairs.join('&')}`, {
    method,
    headers: sentHeaders,
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
    ...(body && { body }),
  });
}

/** Percent-encoded as RFC 3986 has it: everything but letters, digits and -._~ */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

const timeoutMs = 5_000;

/** The ARN of whom AWS takes the bearer of these credentials for; undefined if AWS does not say. */
export async function callerIdentity(
  { region, credentials }: Omit<Signing, 'service'>,
  endpoint = endpointIn(process.env) ?? usualEndpoint(region),
): Promise<string | undefined> {
  const request = {
    method: 'POST',
    baseUrl: endpoint,
    path: '/',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from('Action=GetCallerIdentity&Version=2011-06-15'),
  };
  try {
    const answer = await signedFetch({ service: 'sts', region, credentials }, request, timeoutMs);
    return /<Arn>([^<]+)<\/Arn>/.exec(await answer.text())?.[1];
  } catch {
    return undefined;
  }
}

function endpointIn({ AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL }: NodeJS.ProcessEnv) {
  return AWS_ENDPOINT_URL_STS ?? AWS_ENDPOINT_URL;
}

function usualEndpoint(region: string): string {
  return `https://sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}
