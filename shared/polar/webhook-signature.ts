import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

export type SignedHeaders = Readonly<{ id: string; timestamp: string; signature: string }>;

type HeaderFault = 'missing-header' | 'invalid-id' | 'invalid-timestamp' | 'malformed-signature';

export type SignatureVerdict = 'valid' | 'outside-tolerance' | 'mismatch';

export type SignatureKeys = readonly SignatureKey[];

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

/** Hashes bytes as they came: the library would make text of them first, which changes all that are not UTF-8. */
class SignatureKey extends Webhook {
  readonly #key: KeyObject;

  constructor(secret: string | Uint8Array, key: Uint8Array) {
    super(secret, typeof secret === 'string' ? {} : { format: 'raw' });
    this.#key = createSecretKey(key);
  }

  override sign(id: string, timestamp: Date, payload: string | Buffer): string {
    if (typeof payload === 'string') return super.sign(id, timestamp, payload);
    const seconds = Math.floor(timestamp.getTime() / 1_000);
    const signed = createHmac('sha256', this.#key).update(`${id}.${seconds}.`).update(payload);
    return `v1,${signed.digest('base64')}`;
  }
}

// Which of the two Polar means cannot be told from the secret: 43 letters and digits decode as well.
function bothReadings(secret: string): SignatureKey[] {
  // The library turns a raw *string* into char codes, which is not UTF-8.
  const wholeText = new TextEncoder().encode(secret);
  return [...decodedRemainder(secret), new SignatureKey(wholeText, wholeText)];
}

function decodedRemainder(secret: string): SignatureKey[] {
  if (!secret.startsWith('whsec_')) return [];
  try {
    return [new SignatureKey(secret, Buffer.from(secret.slice('whsec_'.length), 'base64'))];
  } catch {
    return [];
  }
}

/**
 * Whether one of the keys signed this body, five minutes around the system's clock at most. Of a list of signatures
 * the first ten that can be one count. `body` is the text of the raw bytes, decoded strictly, or the bytes themselves.
 */
export function verifySignature(
  keys: SignatureKeys,
  headers: SignedHeaders,
  body: string | Buffer,
): SignatureVerdict {
  const possible = headers.signature.match(possibleSignature) ?? [];
  const signature = possible.slice(0, mostSignatures).join(' ');
  for (const key of signature === '' ? [] : keys) {
    const verdict = verdictOfKey(key, { ...headers, signature }, body);
    if (verdict !== 'mismatch') return verdict;
  }
  return 'mismatch';
}

function verdictOfKey(
  key: SignatureKey,
  headers: SignedHeaders,
  body: string | Buffer,
): SignatureVerdict {
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
