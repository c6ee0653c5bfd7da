import { type CachedSecret, cachedSecret } from '#shared/aws/secret.ts';
import {
  type SignatureKeys,
  type SignatureVerdict,
  type SignedHeaders,
  verifySignature,
} from '#shared/polar/webhook-signature.ts';
import { signingKeys } from './signing-keys.ts';

export type Verify = (
  headers: SignedHeaders,
  body: string,
) => Promise<SignatureVerdict | 'no-secret'>;

const rereadAfterMs = 60_000;
// A secret that was taken out of the document, after a leak say, counts no longer than this.
const staleAfterMs = 300_000;
// Somebody is setting the deployment up and waits for it.
const rereadUnsetAfterMs = 5_000;

/**
 * Verifies against the secret document that `readDocument` gives, and reads it again when a
 * signature fits no key, and every five minutes. Throws when the document cannot be read.
 */
export function verifier(readDocument: () => Promise<string>, nowMs: () => number): Verify {
  const keys: CachedSecret<SignatureKeys | undefined> = cachedSecret(
    async () => signingKeys(await readDocument()),
    {
      nowMs,
      rereadAfterMs: (known) => (known ? rereadAfterMs : rereadUnsetAfterMs),
      staleAfterMs,
    },
  );
  return async (headers, body) => {
    const kept = await keys.value();
    const verdict = verdictOf(kept, headers, body);
    if (verdict === 'valid' || verdict === 'outside-tolerance') return verdict;
    const refreshed = await keys.refreshed();
    return refreshed === kept ? verdict : verdictOf(refreshed, headers, body);
  };
}

function verdictOf(keys: SignatureKeys | undefined, headers: SignedHeaders, body: string) {
  return keys ? verifySignature(keys, headers, body) : 'no-secret';
}
