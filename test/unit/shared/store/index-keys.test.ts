import { describe, expect, it } from 'vitest';
import { indexKey, listShards, shardOf } from '#shared/store/dynamo.ts';

describe('the shard of an id', () => {
  // Items that stand in an index already would not be found again under another one.
  it.each([
    ['', '5'],
    ['evt_1', '2'],
    ['zoë', '4'],
    ['0b7c1f52-3d1e-4a86-9c07-5e2f8a1b6d30', '3'],
  ])('of "%s" is for ever the same', (id, shard) => {
    expect(shardOf(id)).toBe(shard);
  });

  it('is one of all, each with a fair share of many ids', () => {
    const ids = Array.from({ length: 8_000 }, (_, n) => `evt_${n}`);
    const shares = Map.groupBy(ids, shardOf);
    const names = Array.from({ length: listShards }, (_, shard) => String(shard));
    expect([...shares.keys()].sort()).toEqual(names);
    for (const share of shares.values()) expect(share.length).toBeGreaterThan(700);
  });
});

describe('a text as a key of an index', () => {
  it.each([
    ['of 2,048 bytes is one', 'x'.repeat(2_048), true],
    ['of 2,049 bytes is none', 'x'.repeat(2_049), false],
    ['is measured in bytes, not in characters', 'ü'.repeat(1_025), false],
    ['that is empty is none', '', false],
    ['that is absent is none', undefined, false],
  ])('%s', (_, text, isKey) => {
    expect(indexKey(text)).toBe(isKey ? text : undefined);
  });
});
