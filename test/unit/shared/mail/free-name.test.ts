import { expect, it } from 'vitest';
import { freeName } from '#shared/mail/workflow-drafts.ts';

it.each<[string, string[], string]>([
  ['is the name itself where no workflow has it', ['Welcome', 'Receipt 2'], 'Receipt'],
  ['has a 2 where one has it', ['Receipt'], 'Receipt 2'],
  ['has the next number where those before are taken', ['Receipt 2', 'Receipt'], 'Receipt 3'],
  ['fills a gap', ['Receipt', 'Receipt 3'], 'Receipt 2'],
  ['tells big letters from small ones, as lists show them', ['receipt'], 'Receipt'],
])('the name of a new workflow %s', (_, taken, name) => {
  expect(freeName('Receipt', taken)).toBe(name);
});
