import { expect, it } from 'vitest';
import { audienceInMemory, proveHistories } from './histories.ts';

it('random histories end in the audience that the rules say, with two to four workers that fail and race', async () => {
  const seed = Math.floor(Math.random() * 1_000_000);
  const proof = await proveHistories({ seed, runs: 100, audience: audienceInMemory });
  expect(proof).toEqual({ points: 100, failures: [] });
});
