/** The least that Standard Webhooks asks of a key. */
const leastKeyBytes = 24;
/** Whoever tries finds a key below this. */
const leastBytesThatCount = 8;

// What every secret of Polar begins with is no secret.
const prefix = /^(?:whsec_|polar_whs_)/;
const base64 = /^[A-Za-z0-9+/]+={0,2}$/;
// As the README writes one that is still to be filled in.
const placeholder = /…|\.\.\.|^polar_whs_or_whsec_/;

/** Whether the text can be a webhook secret at all. One that cannot counts as not set up. */
export function isWebhookSecret(text: string): boolean {
  return !placeholder.test(text) && keyBytes(text) >= leastBytesThatCount;
}

/** Whether a key of the secret has fewer bytes than may be stored; one that is in force already goes on. */
export function isShortSecret(secret: string): boolean {
  return keyBytes(secret) < leastKeyBytes;
}

export const shortSecret = `it has fewer than ${leastKeyBytes} bytes of key, so that it could be guessed`;

/** Of the shorter of the two keys that it may be read as. */
function keyBytes(secret: string): number {
  const text = secret.replace(prefix, '');
  const isEncoded = secret.startsWith('whsec_') && base64.test(text);
  return Buffer.byteLength(text, isEncoded ? 'base64' : 'utf8');
}
