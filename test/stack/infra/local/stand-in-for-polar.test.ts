import { expect, test } from 'vitest';
import { polarVariables, standInForPolar } from '#infra/local/stand-in-for-polar.ts';

test('a server on this machine may play Polar', () => {
  const urls = {
    POLAR_API_URL: 'http://127.0.0.1:4800',
    POLAR_AUTHORIZE_URL: 'http://localhost:4800/oauth2/authorize',
  };
  expect(standInForPolar({ ...urls, HOME: '/home/ada' })).toEqual(urls);
  expect(standInForPolar({})).toEqual({});
});

test.each([
  'https://api.polar.sh',
  'https://127.0.0.1:4800',
  'http://127.0.0.1.evil.example',
  'http://localhost@evil.example',
  'file:///etc/passwd',
  'not a URL',
  '',
])('%s may not', (url) => {
  expect(standInForPolar({ POLAR_API_URL: url, POLAR_AUTHORIZE_URL: url })).toEqual({});
});

test('the local Polar may, by its address', () => {
  const variables = polarVariables('http://127.0.0.1:4705');
  expect(standInForPolar(variables)).toEqual(variables);
});
