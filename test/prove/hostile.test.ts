import { expect, it } from 'vitest';
import { proveHostile } from './hostile.ts';

it('hostile requests are never a fault of ours, never queued unsigned, and genuine ones are applied', async () => {
  const seed = Math.floor(Math.random() * 1_000_000);
  const { points, failures, counts } = await proveHostile({ seed, requests: 500, payloads: 50 });
  expect(failures).toEqual([]);
  expect(points).toBe(500);
  expect(counts['202 applied']).toBeGreaterThan(50);
  expect(counts['401']).toBeGreaterThan(50);
});
