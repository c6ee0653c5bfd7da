import type { Log } from '#shared/log.ts';
import { isShortSecret, isWebhookSecret, shortSecret } from '#shared/polar/webhook-secret.ts';
import {
  type SignatureKeys,
  type SignatureVerdict,
  type SignedHeaders,
  signatureKeys,
  verifySignature,
} from '#shared/polar/webhook-signature.ts';
import { type CachedSecret, cachedSecret } from '#shared/store/secret.ts';

/** The secrets of a document `{"current": "…", "previous": "…"}`, without what can be none. */
export function signingSecrets(document: string): string[] {
  return texts(parsed(document)).filter(isWebhookSecret);
}

/** None of a document in which one of them is neither text nor absent: half a secret would be guesswork. */
function texts(content: unknown): string[] {
  if (typeof content !== 'object' || content === null) return [];
  const { current, previous }: { current?: unknown; previous?: unknown } = content;
  const both = [current, previous].map(secretText);
  return both.every((text) => text !== undefined) ? both : [];
}

function secretText(value: unknown): string | undefined {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value.trim() : undefined;
}

// The error of JSON.parse quotes the text, and this text is a secret.
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export type Verify = (
  headers: SignedHeaders,
  body: string | Buffer,
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
export function verifier(
  readDocument: () => Promise<string>,
  nowMs: () => number,
  log: Pick<Log, 'warn'>,
): Verify {
  const warnOnce = warningOfShort(log);
  const keys: CachedSecret<SignatureKeys | undefined> = cachedSecret(
    async () => {
      const secrets = signingSecrets(await readDocument());
      if (secrets.some(isShortSecret)) warnOnce();
      return secrets.length > 0 ? signatureKeys(secrets) : undefined;
    },
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

function warningOfShort(log: Pick<Log, 'warn'>): () => void {
  let isWarned = false;
  return () => {
    if (isWarned) return;
    isWarned = true;
    log.warn('webhook secret is short', {
      reason: `The webhook secret goes on, but ${shortSecret}.`,
    });
  };
}

function verdictOf(keys: SignatureKeys | undefined, headers: SignedHeaders, body: string | Buffer) {
  return keys ? verifySignature(keys, headers, body) : 'no-secret';
}
