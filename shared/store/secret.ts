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

/**
 * Begins a reading at once, while the program still starts. The first caller within `freshMs` gets what came of it, or a
 * reading of its own where it failed: a process may be frozen with the first one under way.
 */
export function begun<T>(
  read: () => Promise<T>,
  { nowMs, freshMs }: Readonly<{ nowMs: () => number; freshMs: number }>,
): () => Promise<T> {
  const begunAtMs = nowMs();
  let early: Promise<T> | undefined = read();
  // Whoever asks for it hears of a failure.
  early.catch(() => {});
  return () => {
    const first = nowMs() - begunAtMs < freshMs ? early : undefined;
    early = undefined;
    return first === undefined ? read() : first.catch(read);
  };
}

export type CachedSecret<T> = Readonly<{
  /** What is kept, or a first reading; a new one where what is kept is stale. A failed reading is not kept. */
  value: () => Promise<T>;
  /** A newer reading where one is due, what is kept otherwise. Throws when the last one failed. */
  refreshed: () => Promise<T>;
}>;

type Freshness<T> = Readonly<{
  nowMs: () => number;
  rereadAfterMs: (kept: T) => number;
  /** What is kept for longer than this is read again before it is used, and kept if that fails. */
  staleAfterMs: number;
}>;

/**
 * Keeps what `read` gave. Concurrent callers share one reading, and readings that a caller asks for are at least
 * `rereadAfterMs` apart whether they succeed or fail, so that no caller can hammer the source.
 */
export function cachedSecret<T>(read: () => Promise<T>, freshness: Freshness<T>): CachedSecret<T> {
  const { nowMs, rereadAfterMs, staleAfterMs } = freshness;
  let kept: Promise<T> | undefined;
  let readAtMs = Number.NEGATIVE_INFINITY;
  let reread: Promise<T> | undefined;
  let rereadAtMs = Number.NEGATIVE_INFINITY;

  const keep = (reading: Promise<T>) => {
    kept = reading;
    readAtMs = nowMs();
    return reading;
  };
  const value = () => {
    const old = kept;
    if (old === undefined) {
      return keep(
        read().catch((error: unknown) => {
          kept = undefined;
          throw error;
        }),
      );
    }
    return nowMs() - readAtMs >= staleAfterMs ? keep(read().catch(() => old)) : old;
  };
  const refreshed = async () => {
    const known = await value();
    const isDue = nowMs() - rereadAtMs >= rereadAfterMs(known);
    if (reread !== undefined && !isDue) return reread;
    rereadAtMs = nowMs();
    reread = read();
    void keep(reread.catch(() => known));
    return reread;
  };
  return { value, refreshed };
}
