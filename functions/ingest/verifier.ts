import type { Log } from '#shared/log.ts';
import {
  isShortSecret,
  isWebhookSecret,
  previousEndMs,
  type SigningSecrets,
  secretRereadMs,
  shortSecret,
} from '#shared/polar/webhook-secret.ts';
import {
  type SignatureKeys,
  type SignatureVerdict,
  type SignedHeaders,
  signatureKeys,
  verifySignature,
} from '#shared/polar/webhook-signature.ts';
import { type CachedSecret, cachedSecret } from '#shared/store/secret.ts';

type Secrets = Readonly<{ current: string; previous: string; previousEndMs: number }>;

/**
 * The secrets of a document `{"current": "…", "previous": "…", "previousUntil": "…"}`; empty: what can be none. None of a
 * document in which one of them is neither text nor absent: half a secret would be guesswork.
 */
export function signingSecrets(document: string): Secrets {
  const content: Partial<Record<keyof SigningSecrets, unknown>> = object(parsed(document));
  const [current, previous] = [content.current, content.previous].map(secretText);
  const isWhole = current !== undefined && previous !== undefined;
  return {
    ...(isWhole ? { current, previous } : { current: '', previous: '' }),
    previousEndMs: previousEndMs(content.previousUntil),
  };
}

function object(content: unknown): object {
  return typeof content === 'object' && content !== null ? content : {};
}

function secretText(value: unknown): string | undefined {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') return undefined;
  return isWebhookSecret(value.trim()) ? value.trim() : '';
}

/** The keys that count at a time; `undefined` while there is none. */
export type KeysAt = (nowMs: number) => SignatureKeys | undefined;

export function signingKeys({ current, previous, previousEndMs }: Secrets): KeysAt {
  const alone = signatureKeys([current]);
  const both = [...alone, ...signatureKeys([previous])];
  return (nowMs) => {
    const keys = nowMs < previousEndMs ? both : alone;
    return keys.length > 0 ? keys : undefined;
  };
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
  const keys: CachedSecret<KeysAt> = cachedSecret(
    async () => {
      const secrets = signingSecrets(await readDocument());
      if (isShort(secrets)) warnOnce();
      return signingKeys(secrets);
    },
    {
      nowMs,
      rereadAfterMs: (known) => (known(nowMs()) ? secretRereadMs : rereadUnsetAfterMs),
      staleAfterMs,
    },
  );
  return async (headers, body) => {
    const kept = await keys.value();
    const verdict = verdictOf(kept(nowMs()), headers, body);
    if (verdict === 'valid' || verdict === 'outside-tolerance') return verdict;
    const refreshed = await keys.refreshed();
    return refreshed === kept ? verdict : verdictOf(refreshed(nowMs()), headers, body);
  };
}

function isShort({ current, previous }: Secrets): boolean {
  return [current, previous].some((secret) => secret !== '' && isShortSecret(secret));
}

function warningOfShort(log: Pick<Log, 'warn'>): () => void {
  let isWarned = false;
  return () => {
    if (isWarned) return;
    isWarned = true;
    log.warn('webhook secret is short', {
      reason: `The webhook secret still works, but ${shortSecret}.`,
    });
  };
}

function verdictOf(keys: SignatureKeys | undefined, headers: SignedHeaders, body: string | Buffer) {
  return keys ? verifySignature(keys, headers, body) : 'no-secret';
}
