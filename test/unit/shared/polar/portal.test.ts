import { expect, it } from 'vitest';
import { portalUrl, withPortal } from '#shared/polar/portal.ts';

const organizationSlug = 'northlight';

it.each([
  [
    'production',
    'anna+shop@example.com',
    'https://polar.sh/northlight/portal?email=anna%2Bshop%40example.com',
  ],
  [
    'sandbox',
    'a&b@example.com',
    'https://sandbox.polar.sh/northlight/portal?email=a%26b%40example.com',
  ],
] as const)('the portal in %s for %s is %s', (server, address, url) => {
  expect(portalUrl({ server, organizationSlug }, address)).toBe(url);
});

it('of a local Polar is on this machine', () => {
  const pagesUrl = 'http://127.0.0.1:4705';

  expect(portalUrl({ server: 'production', organizationSlug, pagesUrl }, 'a@example.com')).toBe(
    'http://127.0.0.1:4705/northlight/portal?email=a%40example.com',
  );
});

it('there is no link without a connection', () => {
  expect(withPortal({ status: 'active' }, undefined, 'a@example.com')).toEqual({
    status: 'active',
  });
});
