import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { packedPayload, unpackedPayload } from '#shared/store/events/packed-payload.ts';

const folder = new URL('../../../../fixtures/polar/', import.meta.url);
const bodies = readdirSync(folder)
  .filter((name) => name.endsWith('.json') && !name.includes('unsupported'))
  .map((name) => {
    const text = readFileSync(new URL(name, folder), 'utf8');
    return [name, JSON.stringify(JSON.parse(text))] as const;
  });
const plain = bodies.filter(([name]) => name.includes('.plain.'));

describe('the payload of an event', () => {
  const odd = [['nothing', ''] as const, ['no JSON', 'hé\u0000llo 👋'] as const];

  it.each([...bodies, ...odd])('comes back as it was: %s', (_, body) => {
    expect(unpackedPayload(packedPayload(body))).toBe(body);
  });

  it.each(plain)('takes at most six tenths of what it took before: %s', (_, body) => {
    expect(packedPayload(body).byteLength).toBeLessThanOrEqual(0.6 * gzipSync(body).byteLength);
  });

  it('is read as version 0.1.0 kept it', () => {
    expect(unpackedPayload(gzipSync('{"a":"ü"}'))).toBe('{"a":"ü"}');
  });

  it('is read for ever as it was kept first', () => {
    const kept = 'AasmrqthaKhrYBRiaGBlaGplbKJnYGhqZmAQhd7RyDcktf9gYmlgUFsLAA==';

    expect(unpackedPayload(Buffer.from(kept, 'base64'))).toBe(
      '{"type":"order.paid","timestamp":"2026-11-02T10:15:34.015600Z","data":{"id":"o1","status":"paid","paid":true,"subtotal_amount":4900}}',
    );
  });

  it.each([
    ['nothing at all', ''],
    ['a form of a later version', 'AgAB'],
    ['half of it', 'AYs='],
  ])('is refused where it is %s', (_, base64) => {
    expect(() => unpackedPayload(Buffer.from(base64, 'base64'))).toThrow();
  });
});
