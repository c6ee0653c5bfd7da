import { Webhook } from 'standardwebhooks';

export type SignedHeaders = Readonly<{ id: string; timestamp: string; signature: string }>;

export type HeaderFault =
  | 'missing-header'
  | 'invalid-id'
  | 'invalid-timestamp'
  | 'malformed-signature';

export type SignatureVerdict = 'valid' | 'outside-tolerance' | 'mismatch';

export type SignatureKeys = readonly Webhook[];

// The id becomes a DynamoDB key (at most 2048 bytes) and an SQS attribute.
const usableId = /^(?=.*\S)[\x20-\x7e]{1,2048}$/;
const anyV1Signature = /(?:^| )v1,[A-Za-z0-9+/]+={0,2}(?: |$)/;
// No other length fits an HMAC-SHA-256.
const possibleSignature = /(?<=^| )v1,[A-Za-z0-9+/]{43}=(?= |$)/g;
// Polar sends one, and each costs a comparison for each key.
const mostSignatures = 10;

/** Reads the three headers of Standard Webhooks by their lower-case names, or says what is wrong with them. */
export function signedHeaders(
  header: (name: string) => string | undefined,
): SignedHeaders | HeaderFault {
  const id = header('webhook-id');
  const timestamp = header('webhook-timestamp');
  const signature = header('webhook-signature');
  if (id === undefined || !timestamp || !signature) return 'missing-header';
  if (!usableId.test(id)) return 'invalid-id';
  if (!/^\d+$/.test(timestamp)) return 'invalid-timestamp';
  if (!anyV1Signature.test(signature)) return 'malformed-signature';
  return { id, timestamp, signature };
}

/** Every key that Polar may sign with for these secrets. Make them once: it never throws, empty secrets give none. */
export function signatureKeys(secrets: readonly string[]): SignatureKeys {
  return secrets.filter((secret) => secret !== '').flatMap(bothReadings);
}

// Which of the two Polar means cannot be told from the secret: 43 letters and digits decode as well.
function bothReadings(secret: string): Webhook[] {
  // The library turns a raw *string* into char codes, which is not UTF-8.
  const wholeText = new Webhook(new TextEncoder().encode(secret), { format: 'raw' });
  return [...decodedRemainder(secret), wholeText];
}

function decodedRemainder(secret: string): Webhook[] {
  if (!secret.startsWith('whsec_')) return [];
  try {
    return [new Webhook(secret)];
  } catch {
    return [];
  }
}

/**
 * Whether one of the keys signed this body, five minutes around the system's clock at most. Of a list of signatures
 * the first ten that can be one count. `body` is the text of the raw bytes, decoded strictly.
 */
export function verifySignature(
  keys: SignatureKeys,
  headers: SignedHeaders,
  body: string,
): SignatureVerdict {
  const possible = headers.signature.match(possibleSignature) ?? [];
  const signature = possible.slice(0, mostSignatures).join(' ');
  for (const key of signature === '' ? [] : keys) {
    const verdict = verdictOfKey(key, { ...headers, signature }, body);
    if (verdict !== 'mismatch') return verdict;
  }
  return 'mismatch';
}

function verdictOfKey(key: Webhook, headers: SignedHeaders, body: string): SignatureVerdict {
  const named = {
    'webhook-id': headers.id,
    'webhook-timestamp': headers.timestamp,
    'webhook-signature': headers.signature,
  };
  try {
    key.verify(body, named, { jsonParse: false });
    return 'valid';
  } catch (error) {
    // The library looks at the time before the signature and tells the two apart by its message only.
    const isAboutTime = error instanceof Error && error.message.startsWith('Message timestamp');
    return isAboutTime ? 'outside-tolerance' : 'mismatch';
  }
}
