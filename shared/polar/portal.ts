import type { PolarServer } from './access.ts';
import type { EventProperties } from './event-properties.ts';

/** What of the connection a link to the customer portal needs. */
export type Portal = Readonly<{ server: PolarServer; organizationSlug: string }>;

const hosts = { production: 'https://polar.sh', sandbox: 'https://sandbox.polar.sh' } as const;

/**
 * The permanent link to the portal of an organisation, with the address of a customer filled in. It opens nothing by
 * itself: Polar mails a code to that address. So it may stand in any mail, unlike the link of a portal session.
 */
export function portalUrl({ server, organizationSlug }: Portal, address: string): string {
  const slug = encodeURIComponent(organizationSlug);
  return `${hosts[server]}/${slug}/portal?email=${encodeURIComponent(address)}`;
}

/** The values of an event with the link for one recipient. No record holds it, because it names an address. */
export function withPortal(
  properties: EventProperties,
  portal: Portal | undefined,
  address: string,
): EventProperties & Readonly<{ portalUrl?: string }> {
  return portal ? { ...properties, portalUrl: portalUrl(portal, address) } : properties;
}
