import { expect, test } from 'vitest';
import { serverName } from '#functions/console/polar/connect-forms.ts';

test.each([
  ['production', false, 'Production'],
  ['sandbox', false, 'Sandbox'],
  ['production', true, 'Local Polar'],
  ['sandbox', true, 'Local Polar (as the sandbox)'],
] as const)('the %s server, on this machine: %s, is called %s', (server, isLocal, name) => {
  expect(serverName(server, isLocal)).toBe(name);
});
