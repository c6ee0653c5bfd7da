import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { signatureKeys, signedHeaders, verifySignature } from '#shared/polar/webhook-signature.ts';
import {
  type KeyReading,
  keyReadings,
  newSecret,
  signature,
  signedHeadersFor,
} from '#test/support/polar/signed-request.ts';

const body = '{"type":"order.paid","note":"ü€😀"}';
const nowSeconds = 1_800_000_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: nowSeconds * 1000 }));
afterEach(() => void vi.useRealTimers());

function asSigned(headers: ReturnType<typeof signedHeadersFor>) {
  return {
    id: headers['webhook-id'],
    timestamp: headers['webhook-timestamp'],
    signature: headers['webhook-signature'],
  };
}

function read(headers: Record<string, string | undefined>) {
  return signedHeaders((name) => headers[name]);
}

describe('a secret', () => {
  const alphanumeric = 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V';
  it.each<[string, string, KeyReading]>([
    ['of today', newSecret(), 'the decoded remainder'],
    ['of today without padding', newSecret().replace('=', ''), 'the decoded remainder'],
    ['of before September 2026', `whsec_${alphanumeric}`, 'the whole text'],
    ['with the older prefix', `polar_whs_${alphanumeric}`, 'the whole text'],
    ['of one’s own', 'correct horse battery staple', 'the whole text'],
    ['that is not ASCII', 'Schlüssel 🔑 €', 'the whole text'],
    ['that only looks like base64', 'whsec_not base64!', 'the whole text'],
    ['that is a prefix and nothing else', 'whsec_', 'the whole text'],
  ])('%s verifies what was signed with it', (_, secret, reading) => {
    const headers = asSigned(signedHeadersFor(body, { secret, reading }));
    expect(verifySignature(signatureKeys([secret]), headers, body)).toBe('valid');
  });

  it('that is empty gives no key at all', () => {
    expect(signatureKeys(['', ''])).toEqual([]);
    const headers = asSigned(signedHeadersFor(body, { secret: '', reading: 'the whole text' }));
    expect(verifySignature(signatureKeys(['']), headers, body)).toBe('mismatch');
  });

  it('without the prefix is never decoded', () => {
    const bare = newSecret().slice('whsec_'.length);
    const headers = asSigned(signedHeadersFor(body, { secret: `whsec_${bare}` }));
    expect(verifySignature(signatureKeys([bare]), headers, body)).toBe('mismatch');
  });

  it.each(Object.keys(keyReadings) as KeyReading[])(
    'beside another one verifies in either place, read as %s',
    (reading) => {
      const [secret, other] = [newSecret(), newSecret()];
      const headers = asSigned(signedHeadersFor(body, { secret, reading }));
      expect(verifySignature(signatureKeys([secret, other]), headers, body)).toBe('valid');
      expect(verifySignature(signatureKeys([other, secret]), headers, body)).toBe('valid');
      expect(verifySignature(signatureKeys([other]), headers, body)).toBe('mismatch');
    },
  );
});

describe('a signature', () => {
  const secret = newSecret();
  const keys = signatureKeys([secret]);
  const genuine = asSigned(signedHeadersFor(body, { secret, timestamp: nowSeconds, id: 'msg_1' }));

  it.each([
    ['another body', genuine, `${body} `],
    ['no body', genuine, ''],
    ['another id', { ...genuine, id: 'msg_2' }, body],
    ['another time', { ...genuine, timestamp: String(nowSeconds + 1) }, body],
    ['another version', { ...genuine, signature: genuine.signature.replace('v1,', 'v1a,') }, body],
    ['half of itself', { ...genuine, signature: genuine.signature.slice(0, 20) }, body],
  ])('does not fit %s', (_, headers, text) => {
    expect(verifySignature(keys, headers, text)).toBe('mismatch');
  });

  it('counts at any place of a list', () => {
    const another = signature(Buffer.from('x'), 'msg_1', nowSeconds, body);
    for (const list of [
      `${another} ${genuine.signature}`,
      `v2,abc ${genuine.signature} ${another}`,
    ]) {
      expect(verifySignature(keys, { ...genuine, signature: list }, body)).toBe('valid');
    }
  });

  it('counts behind any number of entries that can be none', () => {
    const list = `${'v1,AAAA v1,, '.repeat(1_000)}${genuine.signature}`;
    expect(verifySignature(keys, { ...genuine, signature: list }, body)).toBe('valid');
  });

  it.each([
    [9, 'valid'],
    [10, 'mismatch'],
  ])('behind %i others that can be one is %s: no list is compared for ever', (others, verdict) => {
    const other = signature(Buffer.from('x'), 'msg_1', nowSeconds, body);
    const list = `${`${other} `.repeat(others)}${genuine.signature}`;
    expect(verifySignature(keys, { ...genuine, signature: list }, body)).toBe(verdict);
  });

  it.each(Object.keys(keyReadings) as KeyReading[])(
    'may be over bytes that are not UTF-8, with the secret read as %s',
    (reading) => {
      const [bytes, sameText] = [Buffer.from([0x7b, 0xff, 0x00]), Buffer.from([0x7b, 0xfe, 0x00])];
      const headers = asSigned(signedHeadersFor(bytes, { secret, reading }));
      expect(verifySignature(keys, headers, bytes)).toBe('valid');
      expect(verifySignature(keys, headers, sameText)).toBe('mismatch');
      expect(verifySignature(keys, headers, bytes.toString())).toBe('mismatch');
      expect(verifySignature(signatureKeys([newSecret()]), headers, bytes)).toBe('mismatch');
    },
  );

  it('may be over an empty body', () => {
    const headers = asSigned(signedHeadersFor('', { secret }));
    expect(verifySignature(keys, headers, '')).toBe('valid');
  });

  it.each([
    [-301, 'outside-tolerance'],
    [-300, 'valid'],
    [0, 'valid'],
    [300, 'valid'],
    [301, 'outside-tolerance'],
    [10 ** 15, 'outside-tolerance'],
  ])('made %i seconds from now is %s', (seconds, verdict) => {
    const headers = asSigned(signedHeadersFor(body, { secret, timestamp: nowSeconds + seconds }));
    expect(verifySignature(keys, headers, body)).toBe(verdict);
  });
});

describe('the headers', () => {
  const good = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(nowSeconds),
    'webhook-signature': `v1,${'A'.repeat(43)}=`,
  };

  it('are read when all three are there', () => {
    expect(read(good)).toEqual({
      id: 'msg_1',
      timestamp: String(nowSeconds),
      signature: good['webhook-signature'],
    });
  });

  it.each([
    ['webhook-id', 'missing', undefined, 'missing-header'],
    ['webhook-id', 'empty', '', 'invalid-id'],
    ['webhook-id', 'blank', '   ', 'invalid-id'],
    ['webhook-id', 'with a tab in it', 'a\tb', 'invalid-id'],
    ['webhook-id', 'not ASCII', 'müller', 'invalid-id'],
    ['webhook-id', 'too long for a key', 'x'.repeat(2049), 'invalid-id'],
    ['webhook-timestamp', 'missing', undefined, 'missing-header'],
    ['webhook-timestamp', 'empty', '', 'missing-header'],
    ['webhook-timestamp', 'a word', 'soon', 'invalid-timestamp'],
    ['webhook-timestamp', 'only a number at first', `${nowSeconds}abc`, 'invalid-timestamp'],
    ['webhook-timestamp', 'a fraction', `${nowSeconds}.5`, 'invalid-timestamp'],
    ['webhook-timestamp', 'negative', `-${nowSeconds}`, 'invalid-timestamp'],
    ['webhook-timestamp', 'a power', '1e9', 'invalid-timestamp'],
    ['webhook-signature', 'missing', undefined, 'missing-header'],
    ['webhook-signature', 'a word', 'nonsense', 'malformed-signature'],
    ['webhook-signature', 'a version only', 'v1', 'malformed-signature'],
    ['webhook-signature', 'an empty one', 'v1,', 'malformed-signature'],
    ['webhook-signature', 'of another version', 'v2,AAAA', 'malformed-signature'],
    ['webhook-signature', 'not base64', 'v1,***', 'malformed-signature'],
  ])('%s that is %s is found out', (name, _, value, fault) => {
    expect(read({ ...good, [name]: value })).toBe(fault);
  });

  it('may hold an id as long as a DynamoDB key', () => {
    expect(read({ ...good, 'webhook-id': 'x'.repeat(2048) })).toMatchObject({
      timestamp: good['webhook-timestamp'],
    });
  });
});
