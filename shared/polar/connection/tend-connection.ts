import { PolarMissing, PolarRefused, PolarUnavailable } from '#shared/polar/api-error.ts';
import {
  actOn,
  type Connection,
  type ConnectionParts,
  connectionAct,
  type Gap,
  mustBeStrong,
  type Tended,
  takeOverSecret,
} from './connection.ts';
import { endpointsOf, settleEndpoint, settleEvents } from './endpoint.ts';
import { closeTheGap, noteGap } from './gap.ts';
import { restoreEmails } from './switch-emails.ts';

/** Lets Polar send again after it disabled the endpoint. Throws a `PolarApiError`. */
export async function enableEndpoint(
  parts: ConnectionParts,
  connection: Connection,
): Promise<Tended> {
  await noteGap(parts, connection);
  await parts.api.updateEndpoint(connection.endpointId, { enabled: true });
  return {
    kind: 'done',
    done: ['Enabled the endpoint: Polar sends events again.'],
    next: closeTheGap.disabled,
  };
}

/** Makes the endpoint in Polar ours again: URL, events, version, enabled, secret; a new one where it is gone. Safe to repeat. */
export function repairConnection(parts: ConnectionParts, connection: Connection): Promise<Tended> {
  return actOn(parts, connection, (own) => repairInTurn(own, connection));
}

async function repairInTurn(parts: ConnectionParts, connection: Connection): Promise<Tended> {
  const { api, connections, webhookSecrets, webhookUrl } = parts;
  const ours = await webhookSecrets.read();
  let { gap } = connection;
  let next: string | undefined;
  const { endpoint, done } = await settleEndpoint({
    api,
    webhookUrl,
    organizationId: connection.organizationId,
    mayName: connection.method === 'oauth',
    knownId: connection.endpointId,
    events: await parts.eventsWanted(),
    mayTakeOver: (secret) => mustBeStrong(secret, ours),
    beforeSending: async (was) => {
      gap = await noteGap(parts, connection);
      next = closeTheGap[was];
    },
  });
  const isNew = await takeOverSecret(webhookSecrets, endpoint.secret, parts.now());
  const isSame = endpoint.id === connection.endpointId && connection.url === webhookUrl;
  const own = {
    ...{ endpointId: endpoint.id, url: webhookUrl, version: connection.version + 1 },
    ...(gap && { gap }),
  };
  if (!isSame && !(await connections.save({ ...connection, ...own }, connection))) {
    const reason = 'Somebody else changed the connection at the same moment. Look at it again.';
    return { kind: 'unfinished', reason, error: undefined };
  }
  return {
    kind: 'done',
    done: [...done, ...(isNew ? ['Copied its secret.'] : [])],
    ...(next !== undefined && { next }),
  };
}

/** Gives the endpoint in Polar the events of the settings of now, after they were changed. Safe to repeat. */
export function followEvents(parts: ConnectionParts, connection: Connection): Promise<Tended> {
  return actOn(parts, connection, async ({ api, eventsWanted }) => ({
    kind: 'done',
    done: await settleEvents(api, connection.endpointId, await eventsWanted()),
  }));
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
  const { secret, isReset } = await newSecret(api, endpointId);
  let isOther: boolean;
  try {
    isOther = await takeOverSecret(webhookSecrets, secret, now());
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
  if (last && (await takeOverSecret(webhookSecrets, last.secret, now()))) isOther = true;
  if (!isReset && !isOther) {
    const reason =
      'Polar did not answer in time and still signs with the old secret, so nothing was changed. Try again in a minute.';
    return { kind: 'unfinished', reason, error: undefined };
  }
  return {
    kind: 'done',
    done: [
      'Polar signs with a new secret, and it counts here. The old one counts beside it for one more hour: drop it now if it leaked.',
    ],
  };
}

/** The secret that counts in Polar after it was asked for a new one; `isReset`: Polar said that it is new. */
async function newSecret(api: ConnectionParts['api'], endpointId: string) {
  try {
    const { secret } = await api.resetSecret(endpointId);
    return { secret, isReset: true };
  } catch (error) {
    // Whether it was reset is not known: the endpoint tells, and whatever it has is what counts.
    if (!(error instanceof PolarUnavailable)) throw error;
    const { secret } = await api.endpoint(endpointId);
    return { secret, isReset: false };
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
    const done = 'Dropped the previous secret: within five minutes it counts nowhere anymore.';
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
  const { connections, access, now } = parts;
  const { organizationName } = connection;
  const isKept = await access.isKept();
  const restored = isKept ? await restoreEmails(parts, connection) : [];
  const done = isKept ? await removeEndpoints(parts, connection) : wasBrokenOff;
  await access.forget();
  // Noted already where we removed the endpoint; where Polar refused, a person does.
  const gap = (await connections.read())?.gap ?? disconnectedAt(now());
  if (!(await connections.remove({ ...connection, gap }))) {
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

function disconnectedAt(now: Date): Gap {
  return { since: now.toISOString(), known: 'disconnecting' };
}

const wasBrokenOff =
  'The access to Polar was gone already: an earlier disconnect stopped midway. If Polar still lists the webhook endpoint under Settings → Webhooks, remove it there.';

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
        `Deleted the access that an unfinished connect had left. If Polar lists a webhook endpoint for ${webhookUrl} under Settings → Webhooks, remove it there.`,
      ],
    };
  });
}

async function removeEndpoints(
  { api, webhookUrl, connections, now }: ConnectionParts,
  connection: Connection,
): Promise<string> {
  const { organizationId, method, endpointId } = connection;
  try {
    const place = { api, webhookUrl, organizationId, mayName: method === 'oauth' };
    // A repair that was broken off may have made one that the connection does not know yet.
    const { here } = await endpointsOf(place);
    // First, so that a disconnect that is broken off and tried again later still knows when it began.
    const gap = disconnectedAt(now());
    await connections.noteGap(connection, gap);
    const ids = new Set([...here.map(({ id }) => id), endpointId]);
    let removed = 0;
    try {
      for (const id of ids) removed += (await removeEndpoint(api, id)) ? 1 : 0;
    } catch (error) {
      // Where the endpoint is still there, Polar goes on sending. Where nobody can say, the gap stays noted.
      const isThere = await api.endpoint(endpointId).catch(() => undefined);
      if (isThere) await connections.closeGap(connection, gap);
      throw error;
    }
    if (removed === 0) return 'The webhook endpoint in Polar was gone already.';
    const what = removed === 1 ? 'the webhook endpoint' : `${removed} webhook endpoints`;
    return `Removed ${what} in Polar. What Polar had not delivered yet, it does not deliver anymore.`;
  } catch (error) {
    if (!(error instanceof PolarRefused)) throw error;
    return 'Polar does not accept our access anymore, so the webhook endpoint is still there: remove it in Polar, under Settings → Webhooks.';
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
