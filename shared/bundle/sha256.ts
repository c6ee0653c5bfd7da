import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

const keyObjects = new WeakMap<Uint8Array, KeyObject>();

/**
 * HMAC-SHA-256. Stands in for `fast-sha256`, with which `standardwebhooks` hashes: in plain JavaScript, so that a forged
 * body of 6 MB would hold ingest up for half a second for each key.
 */
export function hmac(key: Uint8Array, data: Uint8Array): Uint8Array {
  const known = keyObjects.get(key);
  const keyObject = known ?? createSecretKey(key);
  if (known === undefined) keyObjects.set(key, keyObject);
  return createHmac('sha256', keyObject).update(data).digest();
}
