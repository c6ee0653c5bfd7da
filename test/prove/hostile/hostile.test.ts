import { expect, inject, it } from 'vitest';
import { proveAllTheWay } from './all-the-way.ts';
import { proveAnswers } from './answers.ts';

const seed = Math.floor(Math.random() * 1_000_000);

it('hostile requests are never a fault of ours, never queued unsigned, and genuine ones are applied', async () => {
  const { points, failures, counts } = await proveAnswers({ seed, requests: 500, payloads: 50 });
  expect(failures, `seed ${seed}`).toEqual([]);
  expect(points, `seed ${seed}`).toBe(500);
  expect(counts['202 applied'], `seed ${seed}`).toBeGreaterThan(50);
  expect(counts['401'], `seed ${seed}`).toBeGreaterThan(50);
});

it('what Polar could send ends as a record in DynamoDB, never as a dead letter, however hostile its texts', async () => {
  const template = inject('stackTemplate');
  const proof = await proveAllTheWay({ template, seed, webhooks: 15 });
  expect(proof, `seed ${seed}`).toEqual({ points: 15, failures: [] });
});
