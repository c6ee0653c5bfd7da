import { answerText } from '#shared/polar/answer-text.ts';
import {
  type DeliveriesWanted,
  isGivenUp,
  type PolarDelivery,
  type PolarEndpoint,
} from '#shared/polar/api.ts';
import { isPolarApiError, PolarMissing, PolarRefused } from '#shared/polar/api-error.ts';
import type { OptionalEventType } from '#shared/polar/event-types.ts';
import { plainText } from '#shared/safe-text.ts';
import { type Connection, type ConnectionParts, isSameSecret } from './connection.ts';
import { differencesOf, surplusEvents } from './endpoint.ts';

export type Repair = 'enable' | 'repair' | 'redeliver' | 'connect' | 'wait';

export type Fault = Readonly<{
  kind:
    | ReturnType<typeof differencesOf>[number]['kind']
    | 'missing'
    | 'secret'
    | 'failed'
    | 'access'
    | 'unreachable';
  sentence: string;
  /** What mends it; `wait`: nothing that a person could do here. */
  repair: Repair;
}>;

export type DeliveryShown = Readonly<{
  id: string;
  /** ISO 8601. */
  at: string;
  eventId: string;
  type: string;
  succeeded: boolean;
  /** Absent: our address could not be reached. */
  httpCode?: number;
  /** The beginning of what was answered, where that was text. */
  answer?: string;
}>;

export type ConnectionHealth = Readonly<{
  /** Without its secret. Absent: Polar did not tell, or it is gone; a fault says why. */
  endpoint?: Omit<PolarEndpoint, 'secret'>;
  /** How many of the events that it is to have the endpoint has. Absent: as the endpoint. */
  events?: Readonly<{ has: number; wanted: number }>;
  /** Optional events that the endpoint sends although they are switched off: no fault, as nothing is lost. */
  surplus: readonly OptionalEventType[];
  /** The last ones, newest first. */
  deliveries: readonly DeliveryShown[];
  /** Events of which an attempt failed and none is known to have succeeded. `isMore`: there may be more than counted. */
  failed: Readonly<{ givenUp: number; stillTried: number; isMore: boolean }>;
  faults: readonly Fault[];
}>;

const daysLookedAt = 30;
const pagesLookedAt = 3;
const shown = 10;
const noneFailed = { givenUp: 0, stillTried: 0, isMore: false };

/**
 * How the connection is, seen from Polar's side, in at most six calls. What Polar refuses or cannot tell becomes a
 * fault; it throws only where our own stores fail.
 */
export async function connectionHealth(
  parts: ConnectionParts,
  { endpointId }: Connection,
): Promise<ConnectionHealth> {
  const { api, webhookSecrets, webhookUrl } = parts;
  const [ours, events] = await Promise.all([webhookSecrets.read(), parts.eventsWanted()]);
  try {
    const { secret, ...endpoint } = await api.endpoint(endpointId);
    const differences = differencesOf({ ...endpoint, secret }, { webhookUrl, events }).map(
      ({ kind, sentence }): Fault => ({
        kind,
        sentence,
        repair: kind === 'disabled' ? 'enable' : 'repair',
      }),
    );
    const since = new Date(parts.now().getTime() - daysLookedAt * 86_400_000).toISOString();
    const recent = await api.deliveries({ endpointId, limit: shown });
    const failed = await countFailed(api, { endpointId, since, succeeded: false });
    const has = events.filter((type) => endpoint.events.includes(type)).length;
    return {
      endpoint,
      events: { has, wanted: events.length },
      surplus: surplusEvents(endpoint, events),
      deliveries: recent.items.map(deliveryShown),
      failed,
      faults: [
        ...differences,
        ...(isSameSecret(ours.current, secret) ? [] : [otherSecret]),
        ...failedFault(failed),
      ],
    };
  } catch (error) {
    if (!isPolarApiError(error)) throw error;
    return { surplus: [], deliveries: [], failed: noneFailed, faults: [faultOf(error)] };
  }
}

/** What to know of `surplus`, where there is any. */
export function surplusNote({ surplus }: Pick<ConnectionHealth, 'surplus'>): string | undefined {
  if (surplus.length === 0) return undefined;
  const [what, each] = surplus.length === 1 ? ['is', 'It is'] : ['are', 'Each is'];
  return `The endpoint in Polar also sends ${surplus.join(', ')}, which ${what} switched off in the settings. ${each} recorded, changes no contact, and costs what a renewal does. Repair the connection to take ${surplus.length === 1 ? 'it' : 'them'} out.`;
}

const otherSecret: Fault = {
  kind: 'secret',
  sentence:
    'Polar signs with another secret than ours, so its webhooks are or soon will be refused. Somebody reset it in Polar, or changed ours. Repair the connection to use Polar’s secret here.',
  repair: 'repair',
};

function failedFault({ givenUp, stillTried, isMore }: ConnectionHealth['failed']): Fault[] {
  if (givenUp + stillTried === 0) return [];
  const counts = [
    givenUp > 0 && `gave up on ${isMore ? 'at least ' : ''}${eventsText(givenUp)}`,
    stillTried > 0 && `is still retrying ${eventsText(stillTried)}`,
  ];
  const sentence = `Polar ${counts.filter(Boolean).join(' and ')} from the last ${daysLookedAt} days. ${givenUp > 0 ? 'Fix what is wrong, then redeliver them' : 'It tries again by itself'}: each is applied once.`;
  return [{ kind: 'failed', sentence, repair: givenUp > 0 ? 'redeliver' : 'wait' }];
}

function eventsText(count: number): string {
  return count === 1 ? '1 event' : `${count} events`;
}

async function countFailed(api: ConnectionParts['api'], wanted: DeliveriesWanted) {
  const events = new Map<string, boolean>();
  for (let page = 1; page <= pagesLookedAt; page += 1) {
    const { items, maxPage } = await api.deliveries({ ...wanted, page });
    for (const { webhook_event } of items) {
      if (webhook_event.succeeded !== true) {
        events.set(webhook_event.id, isGivenUp(webhook_event));
      }
    }
    if (page >= maxPage) return { ...countsOf(events), isMore: false };
  }
  return { ...countsOf(events), isMore: true };
}

function countsOf(events: ReadonlyMap<string, boolean>) {
  const givenUp = [...events.values()].filter(Boolean).length;
  return { givenUp, stillTried: events.size - givenUp };
}

/** Our own answers are shown whole. */
const longestAnswer = 400;

function deliveryShown(delivery: PolarDelivery): DeliveryShown {
  const { id, created_at, succeeded, http_code, response, webhook_event } = delivery;
  const text = plainText(answerText(response ?? ''), longestAnswer + 1);
  const answer = text.length > longestAnswer ? `${text.slice(0, longestAnswer)}…` : text;
  return {
    id,
    at: created_at,
    eventId: webhook_event.id,
    type: webhook_event.type,
    succeeded,
    ...(typeof http_code === 'number' && { httpCode: http_code }),
    ...(answer !== '' && { answer }),
  };
}

/** In which order faults are mended: a repair enables, too, and what failed goes through only after it. */
const repairsInOrder = ['connect', 'repair', 'enable', 'redeliver', 'wait'] as const;

/** The one thing to do first about these faults; what is to do after it follows once it is done. */
export function nextRepair(faults: readonly Fault[]): Repair | undefined {
  return repairsInOrder.find((one) => faults.some(({ repair }) => repair === one));
}

/** Whether somebody has to do something about these faults: some pass by themselves. */
export function needsSomebody(faults: readonly Fault[]): boolean {
  return faults.some(({ repair }) => repair !== 'wait');
}

/** What is to be mended first comes first. */
export function inOrderOfRepair(faults: readonly Fault[]): Fault[] {
  const place = ({ repair }: Fault) => repairsInOrder.indexOf(repair);
  return [...faults].sort((a, b) => place(a) - place(b));
}

function faultOf(error: Error): Fault {
  if (error instanceof PolarMissing) {
    return {
      kind: 'missing',
      sentence:
        'The webhook endpoint is gone from Polar, so nothing is sent. Repair the connection: that makes a new one. Then run npm run recover: it brings in what happened meanwhile. If disconnecting was interrupted, disconnect again.',
      repair: 'repair',
    };
  }
  if (error instanceof PolarRefused) {
    return { kind: 'access', sentence: error.message, repair: 'connect' };
  }
  return { kind: 'unreachable', sentence: error.message, repair: 'wait' };
}
