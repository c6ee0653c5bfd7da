import { type Access, isLoopbackUrl, problemOfWebhookUrl } from '#shared/polar/access.ts';
import type { PolarOrganization } from '#shared/polar/api.ts';
import { isPolarApiError } from '#shared/polar/api-error.ts';
import { customerEmailsOf, type SeenEmails } from '#shared/polar/customer-emails.ts';
import { polarApiVersion } from '#shared/polar/request.ts';
import type { SigningSecrets } from '#shared/polar/webhook-secret.ts';
import {
  type Connection,
  type ConnectionParts,
  connectedSince,
  connectionAct,
  mustBeStrong,
  takeOverSecret,
} from './connection.ts';
import { settleEndpoint } from './endpoint.ts';
import { closeTheGap, noteGap } from './gap.ts';

type ConnectWish = Readonly<{
  /** What `parts.api` goes by; it is kept once the connection stands. */
  access: Access;
  /** Id or slug, where the access covers several. */
  organization?: string | undefined;
  /** Who asked for it. */
  by: string;
}>;

type Connected =
  | { kind: 'connected'; connection: Connection; done: readonly string[] }
  | { kind: 'choose'; organizations: readonly PolarOrganization[] }
  | { kind: 'refused'; reason: string };

/**
 * Connects this deployment with an organization of Polar: endpoint, secret, access, connection, in this order. Safe to
 * repeat, also after it stopped midway; nothing is changed here before Polar has agreed. Throws a `PolarApiError`.
 */
export async function connectPolar(parts: ConnectionParts, wish: ConnectWish): Promise<Connected> {
  const problem = problemOfWebhookUrl(parts.webhookUrl, parts.apiUrl);
  if (problem) return { kind: 'refused', reason: `Nothing was changed. ${problem}` };
  return connectionAct(parts, (own) => connectInTurn(own, wish));
}

async function connectInTurn(parts: ConnectionParts, wish: ConnectWish): Promise<Connected> {
  const { api, connections, webhookSecrets, webhookUrl } = parts;
  const before = await connections.read();
  const choice = chosen(await api.organizations(), wish.organization, before);
  if (choice.kind !== 'organization') return choice;
  const { organization } = choice;
  if (before && before.organizationId !== organization.id)
    return refuseSecond(before, organization);

  const ours = await webhookSecrets.read();
  const former = before ? undefined : await connections.former(organization.id);
  let gap = before?.gap ?? former?.gap;
  let next: string | undefined = former?.gap && closeTheGap.disconnected;
  const { endpoint, done } = await settleEndpoint({
    api,
    webhookUrl,
    organizationId: organization.id,
    mayName: wish.access.kind === 'oauth',
    knownId: before?.endpointId,
    events: await parts.eventsWanted(),
    mayTakeOver: (secret) => mustBeStrong(secret, ours),
    // Before a first connection nothing was to come; what was not while there was none is known already.
    beforeSending: async (was) => {
      if (!before) return;
      gap = await noteGap(parts, before);
      next = closeTheGap[was];
    },
  });
  const isNewSecret = await takeOverSecret(webhookSecrets, endpoint.secret, parts.now());
  await parts.access.save(wish.access);
  const emails = await emailsSeen(parts, organization.id);
  const now = parts.now().toISOString();
  const connection: Connection = {
    version: (before?.version ?? 0) + 1,
    server: wish.access.server,
    organizationId: organization.id,
    organizationName: organization.name,
    organizationSlug: organization.slug,
    ...(isLoopbackUrl(parts.apiUrl) && { pagesUrl: parts.apiUrl }),
    endpointId: endpoint.id,
    url: webhookUrl,
    apiVersion: polarApiVersion,
    connectedAt: now,
    since: before ? connectedSince(before) : (former?.since ?? now),
    by: wish.by,
    method: wish.access.kind,
    ...((emails ?? before?.emails) && { emails: emails ?? before?.emails }),
    ...(before?.emailsSwitchedOff && { emailsSwitchedOff: before.emailsSwitchedOff }),
    ...(gap && { gap }),
  };
  if (!(await connections.save(connection, before))) {
    return {
      kind: 'refused',
      reason:
        'Somebody else connected or disconnected Polar at the same moment. Look at the connection and, if need be, connect again.',
    };
  }
  return {
    kind: 'connected',
    connection,
    done: [
      ...[...done, secretSentence(isNewSecret, ours), connectedSentence(connection)],
      ...(next === undefined ? [] : [next]),
    ],
  };
}

/** What is not told does not keep anybody from connecting: watch looks again soon. */
async function emailsSeen(
  { api, now }: ConnectionParts,
  organizationId: string,
): Promise<SeenEmails | undefined> {
  try {
    const switches = customerEmailsOf(await api.emailSettings(organizationId));
    return { switches, seenAt: now().toISOString() };
  } catch (error) {
    if (isPolarApiError(error)) return undefined;
    throw error;
  }
}

type Choice = { kind: 'organization'; organization: PolarOrganization } | Connected;

function chosen(
  organizations: readonly PolarOrganization[],
  wanted: string | undefined,
  before: Connection | undefined,
): Choice {
  const [only] = organizations;
  if (!only) {
    return {
      kind: 'refused',
      reason:
        'This access covers no organization. Make one in Polar, or choose one when you sign in. Nothing was changed.',
    };
  }
  if (wanted === undefined) {
    if (organizations.length > 1) return { kind: 'choose', organizations };
    return { kind: 'organization', organization: only };
  }
  const organization = organizations.find(({ id, slug }) => id === wanted || slug === wanted);
  if (organization) return { kind: 'organization', organization };
  const known = organizations.map(({ slug }) => slug).join(', ');
  const isConnected = wanted === before?.organizationId;
  const name = isConnected ? before.organizationName : wanted;
  const next = isConnected ? ` To connect another organization, disconnect ${name} first.` : '';
  return {
    kind: 'refused',
    reason: `This access does not cover the organization “${name}”; it covers ${known}. Nothing was changed.${next}`,
  };
}

function refuseSecond(before: Connection, { name }: PolarOrganization): Connected {
  return {
    kind: 'refused',
    reason: `Polar Audience is connected with ${before.organizationName}. One audience belongs to one organization: disconnect that one before you connect ${name}. Nothing was changed.`,
  };
}

function secretSentence(isNew: boolean, { current, isStandIn }: SigningSecrets): string {
  if (!isNew) return 'Its secret is already in use.';
  return current === '' || isStandIn
    ? 'Copied its secret.'
    : 'Copied its secret. The previous one stays valid for another hour.';
}

function connectedSentence({ organizationName, server }: Connection): string {
  return `Connected with ${organizationName}${server === 'sandbox' ? ' in the sandbox of Polar' : ''}.`;
}
