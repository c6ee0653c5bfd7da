import { createHmac, createSecretKey } from 'node:crypto';

/** HMAC-SHA-256 of a normalised address, in hex: an address cannot be guessed from it without the key. */
export function addressHash(key: string): (email: string) => string {
  const secret = createSecretKey(Buffer.from(key));
  return (email) => createHmac('sha256', secret).update(email).digest('hex');
}
