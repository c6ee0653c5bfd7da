import { type Access, problemOfWebhookUrl } from './access.ts';
import type { PolarOrganization } from './api.ts';
import { isPolarApiError, PolarMissing, PolarRefused, PolarUnavailable } from './api-error.ts';
import {
  actOn,
  type Connection,
  type ConnectionParts,
  connectedSince,
  connectionAct,
  mustBeStrong,
  type Tended,
  takeOverSecret,
} from './connection.ts';
import { customerEmailsOf, type SeenEmails } from './customer-emails.ts';
import { endpointsOf, settleEndpoint } from './endpoint.ts';
import { polarApiVersion } from './request.ts';
import { restoreEmails } from './switch-emails.ts';

export type ConnectWish = Readonly<{
  /** What `parts.api` goes by; it is kept once the connection stands. */
  access: Access;
  /** Id or slug, where the access covers several. */
  organization?: string | undefined;
  /** Who asked for it. */
  by: string;
}>;

export type Connected =
  | { kind: 'connected'; connection: Connection; done: readonly string[] }
  | { kind: 'choose'; organizations: readonly PolarOrganization[] }
  | { kind: 'refused'; reason: string };

/**
 * Connects this deployment with an organisation of Polar: endpoint, secret, access, connection, in this order. Safe to
 * repeat, also after it stopped midway; nothing is changed here before Polar has agreed. Throws a `PolarApiError`.
 */
export async function connectPolar(parts: ConnectionParts, wish: ConnectWish): Promise<Connected> {
  const problem = problemOfWebhookUrl(parts.webhookUrl, parts.apiUrl);
  if (problem) return { kind: 'refused', reason: problem };
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
  const { endpoint, done } = await settleEndpoint({
    api,
    webhookUrl,
    organizationId: organization.id,
    mayName: wish.access.kind === 'oauth',
    knownId: before?.endpointId,
    mayTakeOver: (secret) => mustBeStrong(secret, ours),
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
    endpointId: endpoint.id,
    url: webhookUrl,
    apiVersion: polarApiVersion,
    connectedAt: now,
    since: before ? connectedSince(before) : now,
    by: wish.by,
    method: wish.access.kind,
    ...((emails ?? before?.emails) && { emails: emails ?? before?.emails }),
    ...(before?.emailsSwitchedOff && { emailsSwitchedOff: before.emailsSwitchedOff }),
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
    done: [...done, secretSentence(isNewSecret), connectedSentence(connection)],
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
        'This access covers no organisation. Make one in Polar, or choose one when you sign in. Nothing was changed.',
    };
  }
  if (wanted === undefined) {
    if (organizations.length > 1) return { kind: 'choose', organizations };
    return { kind: 'organization', organization: only };
  }
  const organization = organizations.find(({ id, slug }) => id === wanted || slug === wanted);
  if (organization) return { kind: 'organization', organization };
  const known = organizations.map(({ slug }) => slug).join(', ');
  const name = wanted === before?.organizationId ? before.organizationName : wanted;
  return {
    kind: 'refused',
    reason: `This access does not cover the organisation “${name}”; it covers ${known}. Nothing was changed.`,
  };
}

function refuseSecond(before: Connection, { name }: PolarOrganization): Connected {
  return {
    kind: 'refused',
    reason: `Polar Audience is connected with ${before.organizationName}. One audience belongs to one organisation: disconnect that one before you connect ${name}. Nothing was changed.`,
  };
}

function secretSentence(isNew: boolean): string {
  return isNew
    ? 'Took over its secret. The one before, if there was one, counts beside it for one more hour.'
    : 'Its secret is ours already.';
}

function connectedSentence({ organizationName, server }: Connection): string {
  return `Connected with ${organizationName}${server === 'sandbox' ? ' in the sandbox of Polar' : ''}.`;
}

/** Lets Polar send again after it disabled the endpoint. Throws a `PolarApiError`. */
export async function enableEndpoint(
  { api }: ConnectionParts,
  { endpointId }: Connection,
): Promise<Tended> {
  await api.updateEndpoint(endpointId, { enabled: true });
  return {
    kind: 'done',
    done: [
      'Enabled the endpoint: Polar sends events again. What happened while it was disabled was never sent; redeliver what failed before, and backfill the gap.',
    ],
  };
}

/** Makes the endpoint in Polar ours again: URL, events, version, enabled, secret; a new one where it is gone. Safe to repeat. */
export function repairConnection(parts: ConnectionParts, connection: Connection): Promise<Tended> {
  return actOn(parts, connection, (own) => repairInTurn(own, connection));
}

async function repairInTurn(parts: ConnectionParts, connection: Connection): Promise<Tended> {
  const { api, connections, webhookSecrets, webhookUrl } = parts;
  const ours = await webhookSecrets.read();
  const { endpoint, done } = await settleEndpoint({
    api,
    webhookUrl,
    organizationId: connection.organizationId,
    mayName: connection.method === 'oauth',
    knownId: connection.endpointId,
    mayTakeOver: (secret) => mustBeStrong(secret, ours),
  });
  const isNew = await takeOverSecret(webhookSecrets, endpoint.secret, parts.now());
  const isSame = endpoint.id === connection.endpointId && connection.url === webhookUrl;
  const own = { endpointId: endpoint.id, url: webhookUrl, version: connection.version + 1 };
  if (!isSame && !(await connections.save({ ...connection, ...own }, connection))) {
    const reason = 'Somebody else changed the connection at the same moment. Look at it again.';
    return { kind: 'unfinished', reason, error: undefined };
  }
  return { kind: 'done', done: [...done, ...(isNew ? ['Took over its secret.'] : [])] };
}

/**
 * Lets Polar make a new secret and takes it over at once; the old one counts beside it for an hour, so what Polar signed
 * before is not lost. What comes signed with the new one before ours is written is refused, and Polar sends it again.
 */
export function rotateSecret(parts: ConnectionParts, connection: Connection): Promise<Tended> {
  return actOn(parts, connection, (own) => rotateInTurn(own, connection));
}

async function rotateInTurn(
  { api, webhookSecrets, now }: ConnectionParts,
  { endpointId }: Connection,
): Promise<Tended> {
  const secret = await newSecret(api, endpointId);
  try {
    await takeOverSecret(webhookSecrets, secret, now());
  } catch (error) {
    return {
      kind: 'unfinished',
      reason:
        'Polar has a new secret, but it could not be stored here, so webhooks are refused until it is; Polar tries each again for a quarter of an hour at least. Repair the connection now: that takes the secret over.',
      error,
    };
  }
  // Somebody may have reset it in Polar at the same moment: Polar's word is the last, where it has one.
  const last = await api.endpoint(endpointId).catch(() => undefined);
  if (last) await takeOverSecret(webhookSecrets, last.secret, now());
  return {
    kind: 'done',
    done: [
      'Polar signs with a new secret, and it counts here. The old one counts beside it for one more hour: drop it now if it leaked.',
    ],
  };
}

async function newSecret(api: ConnectionParts['api'], endpointId: string): Promise<string> {
  try {
    return (await api.resetSecret(endpointId)).secret;
  } catch (error) {
    // Whether it was reset is not known: the endpoint tells, and whatever it has is what counts.
    if (!(error instanceof PolarUnavailable)) throw error;
    return (await api.endpoint(endpointId)).secret;
  }
}

/** Ends the previous secret at once, as after a leak. Needs no connection. Safe to repeat. */
export function dropPreviousSecret(parts: ConnectionParts): Promise<Tended> {
  return connectionAct(parts, async ({ webhookSecrets }) => {
    const { current, previous } = await webhookSecrets.read();
    if (previous === '') return { kind: 'done', done: ['There is no previous secret to drop.'] };
    if (current === '') {
      const reason =
        'The previous secret is the only one that is set, so it was kept: without it every webhook would be refused. Connect Polar first.';
      return { kind: 'unfinished', reason, error: undefined };
    }
    await webhookSecrets.write({ current, previous: '' });
    const done = 'Dropped the previous secret: within five minutes it counts nowhere any more.';
    return { kind: 'done', done: [done] };
  });
}

/**
 * Removes the endpoint in Polar, with any other that sends to our URL, and forgets the access and then the connection.
 * The webhook secret stays, so that what Polar has sent already still counts. Nothing is changed while Polar cannot be
 * reached. Safe to repeat.
 */
export function disconnectPolar(parts: ConnectionParts, connection: Connection): Promise<Tended> {
  return actOn(parts, connection, (own) => disconnectInTurn(own, connection));
}

async function disconnectInTurn(parts: ConnectionParts, connection: Connection): Promise<Tended> {
  const { connections, access } = parts;
  const { organizationName } = connection;
  const isKept = await access.isKept();
  const restored = isKept ? await restoreEmails(parts, connection) : [];
  const done = isKept ? await removeEndpoints(parts, connection) : wasBrokenOff;
  await access.forget();
  if (!(await connections.remove(connection))) {
    const reason = 'Somebody else connected Polar at the same moment. Look at the connection.';
    return { kind: 'unfinished', reason, error: undefined };
  }
  return {
    kind: 'done',
    done: [
      ...restored,
      done,
      `Disconnected from ${organizationName}: the access is forgotten. Contacts, workflows and the webhook secret stay as they are.`,
    ],
  };
}

const wasBrokenOff =
  'There was no access to Polar any more, as after disconnecting that was broken off. Should Polar still list the webhook endpoint under Settings → Webhooks, remove it there.';

/** Forgets the access that connecting left when it was broken off before there was a connection. */
export function forgetLeftAccess(parts: ConnectionParts): Promise<Tended> {
  return connectionAct(parts, async ({ connections, access, webhookUrl }) => {
    if (await connections.read()) {
      const reason = 'Somebody else connected Polar at the same moment. Look at the connection.';
      return { kind: 'unfinished', reason, error: undefined };
    }
    await access.forget();
    return {
      kind: 'done',
      done: [
        `Forgot the access that was left by connecting that was broken off. Should Polar list a webhook endpoint for ${webhookUrl} under Settings → Webhooks, remove it there.`,
      ],
    };
  });
}

async function removeEndpoints(
  { api, webhookUrl }: ConnectionParts,
  { organizationId, method, endpointId }: Connection,
): Promise<string> {
  try {
    const place = { api, webhookUrl, organizationId, mayName: method === 'oauth' };
    // A repair that was broken off may have made one that the connection does not know yet.
    const { here } = await endpointsOf(place);
    const ids = new Set([...here.map(({ id }) => id), endpointId]);
    let removed = 0;
    for (const id of ids) removed += (await removeEndpoint(api, id)) ? 1 : 0;
    if (removed === 0) return 'The webhook endpoint in Polar was gone already.';
    const what = removed === 1 ? 'the webhook endpoint' : `${removed} webhook endpoints`;
    return `Removed ${what} in Polar. What Polar had not delivered yet, it does not deliver any more.`;
  } catch (error) {
    if (!(error instanceof PolarRefused)) throw error;
    return 'Polar does not accept our access any more, so the webhook endpoint is still there: remove it in Polar, under Settings → Webhooks.';
  }
}

async function removeEndpoint(api: ConnectionParts['api'], id: string): Promise<boolean> {
  try {
    await api.removeEndpoint(id);
    return true;
  } catch (error) {
    if (error instanceof PolarMissing) return false;
    throw error;
  }
}
