import type { EndpointFields, PolarApi, PolarEndpoint } from '#shared/polar/api.ts';
import { PolarUnavailable } from '#shared/polar/api-error.ts';
import { optionalEventTypes, type SupportedEventType } from '#shared/polar/event-types.ts';
import { polarApiVersion } from '#shared/polar/request.ts';
import { plainText } from '#shared/safe-text.ts';

const endpointName = 'Polar Audience';

type Place = Readonly<{
  api: PolarApi;
  webhookUrl: string;
  organizationId: string;
  /** Only a person's access may name the organization; an organization access token must not. */
  mayName: boolean;
}>;

type Wanted = Place &
  Readonly<{
    /** The events that it is to have. */
    events: readonly SupportedEventType[];
    /** The endpoint of the connection so far. */
    knownId?: string | undefined;
    /** Throws where this secret may not become ours. */
    mayTakeOver: (secret: string) => void;
    /** Called before one that was disabled is enabled, or one is made: until then Polar recorded nothing. */
    beforeSending?: (was: 'disabled' | 'missing') => Promise<void>;
  }>;

type Settled = Readonly<{ endpoint: PolarEndpoint; done: readonly string[] }>;

/**
 * The one endpoint in Polar for this URL, enabled and with our events and version: one that is there is used again,
 * else one is made. Safe to repeat, also after a crash or a lost answer. Says what was done. Changes nothing where the
 * secret of the one that is there may not become ours.
 */
export async function settleEndpoint(wanted: Wanted): Promise<Settled> {
  const found = await findEndpoint(wanted);
  if (found) return adjusted(wanted, found);
  const { api, webhookUrl, organizationId, mayName, events } = wanted;
  await wanted.beforeSending?.('missing');
  try {
    const fields = fieldsFor(webhookUrl, events);
    const endpoint = await api.createEndpoint(fields, mayName ? organizationId : undefined);
    return {
      endpoint,
      done: [`Created the webhook endpoint “${endpointName}” in Polar, for ${webhookUrl}.`],
    };
  } catch (error) {
    // The answer may have been lost on its way, and Polar would make a second one.
    const made = error instanceof PolarUnavailable ? await findEndpoint(wanted) : undefined;
    if (made) return adjusted(wanted, made);
    throw error;
  }
}

async function findEndpoint(wanted: Wanted): Promise<PolarEndpoint | undefined> {
  const { knownId } = wanted;
  const { all, here } = await endpointsOf(wanted);
  return (
    here.find(({ id }) => id === knownId) ??
    here.find(({ enabled }) => enabled) ??
    here[0] ??
    all.find(({ id }) => id === knownId)
  );
}

/** All endpoints of the organization, and those of them that send to our URL. */
export async function endpointsOf({ api, webhookUrl, organizationId, mayName }: Place) {
  const listed = await api.endpoints(mayName ? organizationId : undefined);
  const all = listed.filter((endpoint) => endpoint.organization_id === organizationId);
  return { all, here: all.filter(({ url }) => isSameUrl(url, webhookUrl)) };
}

async function adjusted(
  { api, webhookUrl, events, mayTakeOver, beforeSending }: Wanted,
  found: PolarEndpoint,
): Promise<Settled> {
  mayTakeOver(found.secret);
  const reused = 'Reused the webhook endpoint that Polar already has.';
  const differences = differencesOf(found, { webhookUrl, events });
  const surplus = surplusEvents(found, events);
  if (differences.length + surplus.length === 0) return { endpoint: found, done: [reused] };
  if (!found.enabled) await beforeSending?.('disabled');
  const changes = Object.assign({}, ...differences.map(({ change }) => change));
  const endpoint = await api.updateEndpoint(found.id, {
    ...changes,
    ...(surplus.length > 0 && { events: eventsFor(found, events) }),
  });
  const done = [reused, ...differences.map(({ mended }) => mended), ...takenOut(surplus)];
  return { endpoint, done };
}

/**
 * Gives an endpoint the events that it is to have, and takes the optional ones out that it is not to have. What else
 * somebody chose in Polar stays. Safe to repeat. Says what was done.
 */
export async function settleEvents(
  api: Pick<PolarApi, 'endpoint' | 'updateEndpoint'>,
  endpointId: string,
  events: readonly SupportedEventType[],
): Promise<readonly string[]> {
  const found = await api.endpoint(endpointId);
  const missing = missingEvents(found, events);
  const surplus = surplusEvents(found, events);
  if (missing.length + surplus.length === 0) return [];
  await api.updateEndpoint(found.id, { events: eventsFor(found, events) });
  return [...(missing.length > 0 ? [added(missing)] : []), ...takenOut(surplus)];
}

type Has = Pick<PolarEndpoint, 'events'>;

function eventsFor(endpoint: Has, events: readonly SupportedEventType[]): string[] {
  const surplus: readonly string[] = surplusEvents(endpoint, events);
  return [...new Set([...events, ...endpoint.events.filter((type) => !surplus.includes(type))])];
}

function missingEvents({ events: has }: Has, events: readonly SupportedEventType[]) {
  return events.filter((type) => !has.includes(type));
}

/** The optional events that an endpoint sends although they are switched off. They change no contact, and cost. */
export function surplusEvents({ events: has }: Has, events: readonly SupportedEventType[]) {
  return optionalEventTypes.filter((type) => has.includes(type) && !events.includes(type));
}

const added = (missing: readonly string[]) =>
  `Added to the endpoint in Polar: ${missing.join(', ')}.`;

function takenOut(surplus: readonly string[]): string[] {
  return surplus.length > 0 ? [`Took out of the endpoint in Polar: ${surplus.join(', ')}.`] : [];
}

type Difference = Readonly<{
  kind: 'disabled' | 'url' | 'events' | 'api-version' | 'format';
  /** What it means, for people. */
  sentence: string;
  change: Partial<EndpointFields & { enabled: boolean }>;
  /** What was done, once it was changed. */
  mended: string;
}>;

/**
 * How an endpoint differs from what it should be, such that events are lost. More events than ours are none: they are
 * answered and ignored, or, where they are optional ones (`surplusEvents`), recorded.
 */
export function differencesOf(
  endpoint: PolarEndpoint,
  { webhookUrl, events }: Pick<Wanted, 'webhookUrl' | 'events'>,
): Difference[] {
  const { name: _, ...fields } = fieldsFor(webhookUrl, events);
  const missing = missingEvents(endpoint, events);
  const all: (Difference | false)[] = [
    !endpoint.enabled && {
      kind: 'disabled',
      sentence:
        'The endpoint is disabled in Polar: nothing is sent, and what happens meanwhile is not recorded there. Polar does that after ten failures in a row, or somebody did.',
      change: { enabled: true },
      mended: 'Enabled it: Polar sends events again.',
    },
    !isSameUrl(endpoint.url, webhookUrl) && {
      kind: 'url',
      sentence: `The endpoint in Polar sends to another address (${plainText(endpoint.url)}) than ours (${webhookUrl}). Repair it.`,
      change: { url: fields.url },
      mended: `Set its URL to ${webhookUrl}.`,
    },
    missing.length > 0 && {
      kind: 'events',
      sentence: `The endpoint in Polar does not send ${missing.join(', ')}. Repair it.`,
      change: { events: eventsFor(endpoint, events) },
      mended: `Added the events ${missing.join(', ')}.`,
    },
    endpoint.api_version !== polarApiVersion && {
      kind: 'api-version',
      sentence: `The endpoint in Polar sends version ${plainText(endpoint.api_version ?? 'unknown')} of its payloads, and this program is written for ${polarApiVersion}. Repair it.`,
      change: { api_version: fields.api_version },
      mended: `Pinned the API version ${polarApiVersion}.`,
    },
    endpoint.format !== 'raw' && {
      kind: 'format',
      sentence: `The endpoint in Polar sends the format “${plainText(endpoint.format)}”, which is for chats. Repair it.`,
      change: { format: fields.format },
      mended: 'Set its format to raw.',
    },
  ];
  return all.filter((difference) => difference !== false);
}

function fieldsFor(url: string, events: readonly SupportedEventType[]): EndpointFields {
  return {
    url,
    name: endpointName,
    format: 'raw',
    api_version: polarApiVersion,
    events: [...events],
  };
}

function isSameUrl(one: string, other: string): boolean {
  return (URL.parse(one)?.href ?? one) === (URL.parse(other)?.href ?? other);
}
