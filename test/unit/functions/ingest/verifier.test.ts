import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { verifier } from '#functions/ingest/verifier.ts';
import { jsonLog } from '#shared/log.ts';
import { secretText } from '#shared/store/secret.ts';
import { startSecretsManager } from '#test/fakes/secrets-manager.ts';
import { newSecret, signedHeadersFor } from '#test/support/polar/signed-request.ts';

const body = '{"type":"order.paid"}';
let service: Awaited<ReturnType<typeof startSecretsManager>>;
let client: SecretsManagerClient;
let nowMs: number;
let lines: string[];

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
beforeEach(() => {
  service.comeBack();
  nowMs = 1_000_000;
  lines = [];
});

function verifyWith(document: string) {
  service.set('WebhookSecret', document);
  const log = jsonLog((line) => lines.push(line));
  const verify = verifier(secretText(client, 'WebhookSecret'), () => nowMs, log);
  return (secret: string, timestamp = Math.floor(Date.now() / 1000)) => {
    const headers = signedHeadersFor(body, { secret, timestamp });
    return verify(
      {
        id: headers['webhook-id'],
        timestamp: headers['webhook-timestamp'],
        signature: headers['webhook-signature'],
      },
      body,
    );
  };
}

const document = (current: string, previous?: string) => JSON.stringify({ current, previous });

describe('a secret document', () => {
  const secret = newSecret();

  it.each([
    ['the current secret', document(secret), 'valid'],
    ['the current secret with white space around it', document(` ${secret}\n`), 'valid'],
    ['the current secret and an empty previous one', document(secret, ''), 'valid'],
    ['the previous secret', document(newSecret(), secret), 'valid'],
    ['the previous secret only', `{"previous":"${secret}"}`, 'valid'],
    ['other secrets', document(newSecret(), newSecret()), 'mismatch'],
    ['a secret that is not base64', document('whsec_***not base64***'), 'mismatch'],
    ['more than it should', `{"current":"${secret}","note":1}`, 'valid'],
    ['an empty current secret', document('', ''), 'no-secret'],
    ['null', '{"current":null}', 'no-secret'],
    ['a number', '{"current":12}', 'no-secret'],
    ['no secret', '{}', 'no-secret'],
    ['no object', '[]', 'no-secret'],
    ['no JSON', secret, 'no-secret'],
  ])('that holds %s answers %s: %s', async (_, text, verdict) => {
    expect(await verifyWith(text)(secret)).toBe(verdict);
  });
});

describe('a previous secret', () => {
  const hourMs = 3_600_000;
  const at = (ms: number) => new Date(ms).toISOString();
  const ending = (previousUntil: unknown) => {
    const [current, previous] = [newSecret(), newSecret()];
    return { current, previous, text: JSON.stringify({ current, previous, previousUntil }) };
  };

  it('counts until its time, without a reading, and the current one goes on', async () => {
    const { current, previous, text } = ending(at(nowMs + hourMs));
    const verify = verifyWith(text);
    expect(await verify(previous)).toBe('valid');
    nowMs += hourMs - 1;
    expect(await verify(previous)).toBe('valid');
    nowMs += 1;
    expect(await verify(previous)).toBe('mismatch');
    expect(await verify(current)).toBe('valid');
  });

  it.each([
    ['no time', undefined],
    ['null', null],
    ['an empty one', ''],
    ['one that nobody can read', 'tomorrow'],
    ['a number', 12],
  ])('that says %s for its end counts until somebody adds one', async (_, until) => {
    const { previous, text } = ending(until);
    const verify = verifyWith(text);
    nowMs += 100 * hourMs;
    expect(await verify(previous)).toBe('valid');
  });

  it('whose time is over is none, also where there is no other', async () => {
    const previous = newSecret();
    const previousUntil = at(nowMs - 1);
    expect(await verifyWith(JSON.stringify({ previous, previousUntil }))(previous)).toBe(
      'no-secret',
    );
  });

  it('that was dropped counts for five minutes at most', async () => {
    const { current, previous, text } = ending(at(nowMs + hourMs));
    const verify = verifyWith(text);
    expect(await verify(previous)).toBe('valid');
    service.set('WebhookSecret', document(current));
    nowMs += 300_000;
    await verify(current);
    expect(await verify(previous)).toBe('mismatch');
  });
});

describe('a secret that is short', () => {
  const short = `whsec_${Buffer.alloc(16, 7).toString('base64')}`;

  it('goes on, and the log says so once, without it', async () => {
    const verify = verifyWith(document(short));
    expect(await verify(short)).toBe('valid');
    nowMs += 600_000;
    expect(await verify(short)).toBe('valid');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'WARN', message: 'webhook secret is short' },
    ]);
    expect(lines.join()).not.toContain(short.slice(6, 14));
  });

  it('is not spoken of where there is none', async () => {
    const secret = newSecret();
    expect(await verifyWith(document(secret))(secret)).toBe('valid');
    expect(lines).toEqual([]);
  });
});

describe('a rotated secret', () => {
  it('is known at the first signature that fits no key', async () => {
    const [old, fresh] = [newSecret(), newSecret()];
    const verify = verifyWith(document(old));
    expect(await verify(old)).toBe('valid');
    service.set('WebhookSecret', document(fresh, old));
    expect(await verify(old)).toBe('valid');
    expect(await verify(fresh)).toBe('valid');
  });

  it('is known within a minute of forged traffic, which costs one reading', async () => {
    const [old, fresh] = [newSecret(), newSecret()];
    const verify = verifyWith(document(old));
    expect(await verify(old)).toBe('valid');
    const before = service.requests();
    const forged = () => Promise.all(Array.from({ length: 30 }, () => verify(newSecret())));
    expect(new Set(await forged())).toEqual(new Set(['mismatch']));
    service.set('WebhookSecret', document(fresh));
    nowMs += 59_000;
    expect(new Set(await forged())).toEqual(new Set(['mismatch']));
    expect(service.requests() - before).toBe(1);
    nowMs += 1_000;
    expect(await verify(fresh)).toBe('valid');
    expect(service.requests() - before).toBe(2);
  });
});

describe('a request of another time', () => {
  it('costs no reading of the secret', async () => {
    const secret = newSecret();
    const verify = verifyWith(document(secret));
    expect(await verify(secret)).toBe('valid');
    const before = service.requests();
    expect(await verify(newSecret(), 1_500_000_000)).toBe('outside-tolerance');
    expect(service.requests()).toBe(before);
  });
});

describe('a secret that was not set', () => {
  it('is looked for every five seconds', async () => {
    const secret = newSecret();
    const verify = verifyWith(document(''));
    expect(await verify(secret)).toBe('no-secret');
    service.set('WebhookSecret', document(secret));
    nowMs += 5_000;
    expect(await verify(secret)).toBe('valid');
  });
});

describe('while Secrets Manager is down', () => {
  it('what fits a known key is valid, and what does not is nobody’s fault', async () => {
    const [secret, fresh] = [newSecret(), newSecret()];
    const verify = verifyWith(document(secret));
    expect(await verify(secret)).toBe('valid');
    service.goDown();
    const before = service.requests();
    await expect(verify(fresh)).rejects.toThrow();
    await expect(verify(fresh)).rejects.toThrow();
    expect(await verify(secret)).toBe('valid');
    expect(service.requests() - before).toBe(1);
  });

  it('a first reading fails, and the next one may succeed', async () => {
    const secret = newSecret();
    const verify = verifyWith(document(secret));
    service.goDown();
    await expect(verify(secret)).rejects.toThrow();
    service.comeBack();
    expect(await verify(secret)).toBe('valid');
  });
});
