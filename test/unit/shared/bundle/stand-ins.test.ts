import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { defaultProvider } from '#shared/bundle/credentials.ts';
import { EndpointCache } from '#shared/bundle/endpoint-cache.ts';
import { EventStreamSerde } from '#shared/bundle/event-streams.ts';
import { hmac } from '#shared/bundle/sha256.ts';

describe('the credentials of a function', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('are those of its environment, as they are at the time of the call', async () => {
    const credentials = defaultProvider();
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'id');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'key');
    vi.stubEnv('AWS_SESSION_TOKEN', 'token');
    expect(await credentials()).toEqual({
      accessKeyId: 'id',
      secretAccessKey: 'key',
      sessionToken: 'token',
    });
    vi.stubEnv('AWS_SESSION_TOKEN', undefined);
    expect(await credentials()).toEqual({ accessKeyId: 'id', secretAccessKey: 'key' });
  });

  it.each(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'])(
    'are an error that says where they should be without %s',
    async (name) => {
      vi.stubEnv('AWS_ACCESS_KEY_ID', 'id');
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'key');
      vi.stubEnv(name, undefined);
      await expect(defaultProvider()()).rejects.toThrow(/no AWS credentials.*AWS_ACCESS_KEY_ID/);
    },
  );
});

describe('the HMAC that stands in for the one of standardwebhooks', () => {
  // RFC 4231, test cases 1, 2 and 6 (a key longer than a block).
  it.each([
    [
      '0b'.repeat(20),
      'Hi There',
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    ],
    [
      Buffer.from('Jefe').toString('hex'),
      'what do ya want for nothing?',
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    [
      'aa'.repeat(131),
      'Test Using Larger Than Block-Size Key - Hash Key First',
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    ],
  ])('agrees with RFC 4231: %#', (key, data, expected) => {
    const signed = hmac(Buffer.from(key, 'hex'), Buffer.from(data));
    expect(Buffer.from(signed).toString('hex')).toBe(expected);
  });

  it('signs as the library does, with every key and again with the same', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(bytes, fc.string(), fc.string(), (key, id, body) => {
        const at = new Date(1_700_000_000_000);
        const signed = new Webhook(key, { format: 'raw' }).sign(id, at, body);
        const text = Buffer.from(`${id}.1700000000.${body}`);
        for (const _ of ['first', 'again']) {
          expect(`v1,${Buffer.from(hmac(key, text)).toString('base64')}`).toBe(signed);
        }
      }),
    );
  });

  it('hashes megabytes as one text', () => {
    const key = Buffer.from('key');
    const body = Buffer.alloc(6_000_000, 'x');
    const expected = createHmac('sha256', 'key').update(body).digest('hex');
    expect(Buffer.from(hmac(key, body)).toString('hex')).toBe(expected);
  });
});

describe('what the bundles leave out', () => {
  it('says so where something comes to need it', () => {
    expect(() => EventStreamSerde()).toThrow('without event streams');
    expect(() => new EndpointCache().getEndpoint()).toThrow('without endpoint discovery');
  });
});
