import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { begun, cachedSecret, secretText } from '#shared/store/secret.ts';
import { startSecretsManager } from '#test/fakes/secrets-manager.ts';

describe('a cached secret', () => {
  let nowMs: number;
  let stored: string | Error;
  let readings: number;

  beforeEach(() => {
    nowMs = 1_000_000;
    stored = 'first';
    readings = 0;
  });

  const cached = () =>
    cachedSecret(
      async () => {
        readings += 1;
        if (stored instanceof Error) throw stored;
        return stored;
      },
      {
        nowMs: () => nowMs,
        rereadAfterMs: (kept) => (kept === 'unset' ? 5_000 : 60_000),
        staleAfterMs: 300_000,
      },
    );

  it('is read once, at the first request', async () => {
    const secret = cached();
    expect(readings).toBe(0);
    expect(await Promise.all([secret.value(), secret.value()])).toEqual(['first', 'first']);
    stored = 'second';
    expect(await secret.value()).toBe('first');
    expect(readings).toBe(1);
  });

  it('is read again at most once in its time, however many ask at once', async () => {
    const secret = cached();
    await secret.value();
    stored = 'second';
    const many = () => Promise.all(Array.from({ length: 20 }, () => secret.refreshed()));
    expect(new Set(await many())).toEqual(new Set(['second']));
    stored = 'third';
    nowMs += 59_999;
    expect(new Set(await many())).toEqual(new Set(['second']));
    expect(readings).toBe(2);
    nowMs += 1;
    expect(new Set(await many())).toEqual(new Set(['third']));
    expect(await secret.value()).toBe('third');
    expect(readings).toBe(3);
  });

  it('is read again sooner while its value asks for it', async () => {
    stored = 'unset';
    const secret = cached();
    expect(await secret.refreshed()).toBe('unset');
    stored = 'second';
    nowMs += 4_999;
    expect(await secret.refreshed()).toBe('unset');
    nowMs += 1;
    expect(await secret.refreshed()).toBe('second');
    expect(await secret.value()).toBe('second');
  });

  it('is read anew after a first reading that failed', async () => {
    stored = new Error('down');
    const secret = cached();
    await expect(secret.value()).rejects.toThrow('down');
    await expect(secret.refreshed()).rejects.toThrow('down');
    stored = 'second';
    expect(await secret.value()).toBe('second');
  });

  it('keeps its value when reading it again fails, and tells those who asked for a newer one', async () => {
    const secret = cached();
    await secret.value();
    stored = new Error('down');
    await expect(secret.refreshed()).rejects.toThrow('down');
    await expect(secret.refreshed()).rejects.toThrow('down');
    expect(await secret.value()).toBe('first');
    expect(readings).toBe(2);
    stored = 'second';
    nowMs += 60_000;
    expect(await secret.refreshed()).toBe('second');
  });

  it('is read again before it is used once it is stale, by all callers at once', async () => {
    const secret = cached();
    await secret.value();
    stored = 'second';
    nowMs += 299_999;
    expect(await secret.value()).toBe('first');
    nowMs += 1;
    expect(await Promise.all([secret.value(), secret.value()])).toEqual(['second', 'second']);
    expect(readings).toBe(2);
  });

  it('is used as it was when it cannot be read again', async () => {
    const secret = cached();
    await secret.value();
    stored = new Error('down');
    nowMs += 300_000;
    expect(await secret.value()).toBe('first');
  });
});

describe('the text of a secret', () => {
  let service: Awaited<ReturnType<typeof startSecretsManager>>;
  let client: SecretsManagerClient;

  beforeAll(async () => {
    service = await startSecretsManager();
    client = new SecretsManagerClient({
      endpoint: service.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
    });
  });
  afterAll(() => service.stop());

  it('comes from Secrets Manager', async () => {
    service.set('SuppressionKey', 'k€y');
    expect(await secretText(client, 'SuppressionKey')()).toBe('k€y');
  });

  it.each([
    ['does not exist', () => undefined, 'ResourceNotFoundException'],
    ['is empty', () => service.set('Absent', ''), 'The secret holds no text'],
    ['cannot be read', () => service.goDown(), 'InternalServiceError'],
  ])('is an error when it %s', async (_, arrange, reason) => {
    arrange();
    await expect(secretText(client, 'Absent')()).rejects.toThrow(reason);
  });
});

describe('a reading that begins at once', () => {
  let nowMs: number;
  let answers: (string | Error)[];
  let readings: number;

  beforeEach(() => {
    nowMs = 1_000_000;
    readings = 0;
  });

  const reader = (...given: (string | Error)[]) => {
    answers = given;
    return begun(
      async () => {
        const answer = answers[readings];
        readings += 1;
        if (answer instanceof Error) throw answer;
        return answer;
      },
      { nowMs: () => nowMs, freshMs: 10_000 },
    );
  };

  it('is what the first caller gets, and nobody after', async () => {
    const read = reader('early', 'second', 'third');
    expect(readings).toBe(1);
    nowMs += 9_999;
    expect(await read()).toBe('early');
    expect(await read()).toBe('second');
    expect(await read()).toBe('third');
  });

  it('is made again for the first caller where it failed', async () => {
    const read = reader(new Error('frozen'), 'second');
    expect(await read()).toBe('second');
  });

  it('fails for the first caller when it fails twice', async () => {
    const read = reader(new Error('frozen'), new Error('down'));
    await expect(read()).rejects.toThrow('down');
  });

  it('is not taken once it is old', async () => {
    const read = reader('early', 'second');
    nowMs += 10_000;
    expect(await read()).toBe('second');
  });
});
