import { describe, expect, it, test } from 'vitest';
import { polarAddresses } from '#shared/polar/access.ts';

describe('the addresses of Polar', () => {
  test.each([
    ['production', 'https://api.polar.sh'],
    ['sandbox', 'https://sandbox-api.polar.sh'],
  ] as const)('%s is at %s', (server, apiUrl) => {
    expect(polarAddresses(server).apiUrl).toBe(apiUrl);
  });

  it('may be others on this machine or over https, never in clear elsewhere', () => {
    const at = (POLAR_API_URL: string) => polarAddresses('sandbox', { POLAR_API_URL }).apiUrl;
    expect(at('http://127.0.0.1:4000/')).toBe('http://127.0.0.1:4000');
    expect(at('https://polar.example.com')).toBe('https://polar.example.com');
    expect(at('')).toBe('https://sandbox-api.polar.sh');
    for (const bad of ['http://example.com', 'http://127.0.0.1.example.com', 'ftp://localhost']) {
      expect(() => at(bad)).toThrow('POLAR_API_URL must be an https URL');
    }
  });
});
