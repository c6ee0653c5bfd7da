import type { PolarServer } from './access.ts';
import type { EventProperties } from './event-properties.ts';

/** What of the connection a link to the customer portal needs. */
export type Portal = Readonly<{
  server: PolarServer;
  organizationSlug: string;
  /** Where the pages of a local Polar are; absent: at Polar's own address. */
  pagesUrl?: string | undefined;
}>;

const hosts = { production: 'https://polar.sh', sandbox: 'https://sandbox.polar.sh' } as const;

/**
 * The permanent link to the portal of an organization, with the address of a customer filled in. It opens nothing by
 * itself: Polar mails a code to that address. So it may stand in any mail, unlike the link of a portal session.
 */
export function portalUrl(portal: Portal, address: string): string {
  return `${portalPage(portal)}?email=${encodeURIComponent(address)}`;
}

/** The same for nobody in particular. */
export function portalPage({ server, organizationSlug, pagesUrl }: Portal): string {
  return `${pagesUrl ?? hosts[server]}/${encodeURIComponent(organizationSlug)}/portal`;
}

/**
 * The values of an event with the link for one recipient: the shop's own, else that of its organization in Polar. No
 * record holds it, because it may name an address.
 */
export function withPortal(
  properties: EventProperties,
  portal: Portal | undefined,
  address: string,
  ownUrl?: string,
): EventProperties & Readonly<{ portalUrl?: string }> {
  const url = ownUrl ?? (portal && portalUrl(portal, address));
  return url === undefined ? properties : { ...properties, portalUrl: url };
}
