import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** Reads the text of a secret. Throws when it cannot be read, or holds no text. */
export function secretText(
  client: SecretsManagerClient,
  secretId: string,
  deadlineMs = 3_000,
): () => Promise<string> {
  return async () => {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }), {
      abortSignal: AbortSignal.timeout(deadlineMs),
    });
    if (!SecretString) throw new Error('The secret holds no text');
    return SecretString;
  };
}

export type CachedSecret<T> = Readonly<{
  /** What is kept, or a first reading. A reading that fails is not kept. */
  value: () => Promise<T>;
  /** A newer reading where one is due, what is kept otherwise. Throws when the last one failed. */
  refreshed: () => Promise<T>;
}>;

type Freshness<T> = Readonly<{ nowMs: () => number; rereadAfterMs: (kept: T) => number }>;

/**
 * Keeps what `read` gave. Concurrent callers share one reading, and readings again are at least
 * `rereadAfterMs` apart whether they succeed or fail, so that no caller can hammer the source.
 */
export function cachedSecret<T>(read: () => Promise<T>, freshness: Freshness<T>): CachedSecret<T> {
  let kept: Promise<T> | undefined;
  let reread: Promise<T> | undefined;
  let rereadAtMs = Number.NEGATIVE_INFINITY;

  const firstReading = () =>
    read().catch((error: unknown) => {
      kept = undefined;
      throw error;
    });
  const value = () => {
    kept ??= firstReading();
    return kept;
  };
  const refreshed = async () => {
    const known = await value();
    const isDue = freshness.nowMs() - rereadAtMs >= freshness.rereadAfterMs(known);
    if (reread !== undefined && !isDue) return reread;
    rereadAtMs = freshness.nowMs();
    reread = read();
    kept = reread.catch(() => known);
    return reread;
  };
  return { value, refreshed };
}
