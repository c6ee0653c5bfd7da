import type { AudienceStore } from '#shared/audience/rows/unit-of-work.ts';
import { answerText } from '#shared/polar/answer-text.ts';
import type { PolarApi } from '#shared/polar/api.ts';
import { PolarInvalid, PolarMissing } from '#shared/polar/api-error.ts';
import { isSupportedEventType } from '#shared/polar/event-types.ts';
import { type UndeliveredEvent, undeliveredEvents } from '#shared/polar/redelivery.ts';
import { oneLine } from '#shared/safe-text.ts';

export type RedeliverParts = Readonly<{
  api: Pick<PolarApi, 'deliveries' | 'redeliver'>;
  endpointId: string;
  hasRecord: (webhookId: string) => Promise<boolean>;
  /** Whether a person accepted that it never arrives. */
  isAccepted: (event: UndeliveredEvent) => Promise<boolean>;
  /** The workflows that would mail nobody if it never arrived. */
  silenced: (event: UndeliveredEvent) => readonly string[];
  now: () => Date;
  pause: (ms: number) => Promise<unknown>;
  progress: (text: string) => void;
  isStopped: () => boolean;
}>;

export type Redelivery = {
  /** Polar was asked to deliver them again. */
  asked: number;
  /** They have a record here now. */
  arrived: number;
  /** They had a record here although Polar saw no success. */
  here: number;
  /** Polar keeps no payload of them any more. */
  lost: number;
  /** A person accepted that they never arrive. */
  accepted: number;
  /** Polar refused to deliver them, and why, by id. */
  refused: Map<string, string>;
  /** They were asked for, and have no record here yet. */
  awaited: UndeliveredEvent[];
  /** When the oldest event of which no attempt succeeded was made. */
  oldest?: string;
  /** Why the rest was not asked for. */
  stopped?: string;
};

const daysKept = 90;
const batchSize = 25;
const paceMs = 200;
const patienceMs = 120_000;
const lookEveryMs = 500;
export const brokenOff = 'Interrupted. Run it again: nothing is done twice.';

/**
 * Has Polar deliver again what never succeeded and has no record here: first one event alone, and only when that has
 * arrived the others, so that another fault does not let Polar disable the endpoint again. Safe to repeat.
 */
export async function redeliverLost(parts: RedeliverParts): Promise<Redelivery> {
  const counts = { asked: 0, arrived: 0, here: 0, lost: 0, accepted: 0 };
  const done: Redelivery = { ...counts, refused: new Map(), awaited: [] };
  let batch: UndeliveredEvent[] = [];
  const finish = async (): Promise<boolean> => {
    const waiting = batch;
    batch = [];
    const missing = await arrivals(parts, waiting, done);
    done.awaited.push(...missing);
    if (parts.isStopped()) done.stopped = brokenOff;
    else if (missing.length > 0 && missing.length === waiting.length) {
      done.stopped = await whyNone(parts, missing[0]);
    }
    return done.stopped === undefined;
  };
  for await (const event of undeliveredHere(parts, done)) {
    if (parts.isStopped()) return { ...done, stopped: brokenOff };
    if (!(await askedFor(parts, event, done))) continue;
    batch.push(event);
    parts.progress(`${done.asked} events requested again, ${done.arrived} arrived`);
    const isFull = batch.length >= batchSize || done.asked === 1;
    if (isFull && !(await finish())) return done;
  }
  await finish();
  return done;
}

/** The events of ours that never succeeded, have no record here and are not accepted so; notes the others. */
export async function* undeliveredHere(
  {
    api,
    endpointId,
    hasRecord,
    isAccepted,
    now,
  }: Pick<RedeliverParts, 'api' | 'endpointId' | 'hasRecord' | 'isAccepted' | 'now'>,
  seen: Pick<Redelivery, 'here' | 'accepted' | 'oldest'>,
): AsyncGenerator<UndeliveredEvent, void, undefined> {
  const since = new Date(now().getTime() - daysKept * 86_400_000).toISOString();
  for await (const event of undeliveredEvents(api, { endpointId, since })) {
    if (!isSupportedEventType(event.type)) continue;
    if (seen.oldest === undefined || event.createdAt < seen.oldest) seen.oldest = event.createdAt;
    if (await hasRecord(event.id)) seen.here += 1;
    else if (await isAccepted(event)) seen.accepted += 1;
    else yield event;
  }
}

async function askedFor(
  { api, pause }: RedeliverParts,
  { id, isLost }: UndeliveredEvent,
  done: Redelivery,
): Promise<boolean> {
  if (isLost) {
    done.lost += 1;
    return false;
  }
  if (done.asked > 0) await pause(paceMs);
  try {
    await api.redeliver(id);
  } catch (error) {
    if (!(error instanceof PolarMissing || error instanceof PolarInvalid)) throw error;
    done.refused.set(id, error.message);
    return false;
  }
  done.asked += 1;
  return true;
}

/** Waits until these events have a record here, for two minutes at most. Gives those that have none. */
async function arrivals(
  { hasRecord, now, pause, progress, isStopped }: RedeliverParts,
  events: readonly UndeliveredEvent[],
  done: Redelivery,
): Promise<UndeliveredEvent[]> {
  const untilMs = now().getTime() + patienceMs;
  let missing = [...events];
  for (;;) {
    const known = await Promise.all(missing.map(({ id }) => hasRecord(id)));
    const before = missing.length;
    missing = missing.filter((_, index) => !known[index]);
    done.arrived += before - missing.length;
    progress(`${done.asked} events requested again, ${done.arrived} arrived`);
    if (missing.length === 0 || isStopped() || now().getTime() >= untilMs) return missing;
    await pause(lookEveryMs);
  }
}

async function whyNone(
  parts: RedeliverParts,
  event: UndeliveredEvent | undefined,
): Promise<string> {
  if (!event) return brokenOff;
  const none = `None of the events requested last arrived within two minutes, for example ${event.id}.`;
  const { text, mayAccept } = await lastAnswer(parts, event);
  if (!mayAccept) return `${none} ${text}`;
  return `${none} ${text} ${withoutIt(event, parts.silenced(event))}`;
}

function withoutIt({ id }: UndeliveredEvent, silenced: readonly string[]): string {
  return silenced.length === 0
    ? `If this one can never arrive, accept that. Nothing is lost: --accept ${id}`
    : `Continuing without it would lose the emails of ${silenced.map(oneLine).join(', ')}.`;
}

/** What Polar was answered last, and what to do about it. `mayAccept`: that the event never arrives may be so. */
export async function lastAnswer(
  { api, endpointId }: Pick<RedeliverParts, 'api' | 'endpointId'>,
  { id }: UndeliveredEvent,
): Promise<Readonly<{ text: string; mayAccept: boolean }>> {
  const { items } = await api.deliveries({ endpointId, eventId: id, limit: 1 });
  const { http_code: code, response } = items[0] ?? {};
  if (typeof code !== 'number') {
    const text =
      "Polar couldn't reach us, or hasn't tried yet. Check that the webhook URL answers, then run this again. Nothing is lost.";
    return { text, mayAccept: false };
  }
  const answered = `Polar last got ${code}${response ? `: ${oneLine(answerText(response).slice(0, longestAnswer))}` : '.'}`;
  if (code >= 200 && code < 300) {
    const text = `${answered} So it reached us: check the dead letters and the alarms, then run this again.`;
    return { text, mayAccept: false };
  }
  // The secret can be mended, and then the same event is taken: to go on without it would lose it.
  if (code === 401) {
    return {
      text: `${answered} Fix that, then run this again. Nothing is lost.`,
      mayAccept: false,
    };
  }
  return { text: `${answered} Fix that, then run this again.`, mayAccept: true };
}

const longestAnswer = 600;

/** An event that never arrived, when all was looked at again. */
export type Undelivered = UndeliveredEvent &
  Readonly<{
    /** Why Polar does not deliver it; absent: it was asked for, and may still come. */
    refusal?: string | undefined;
    /** Whether what it said of its customer is here without it. */
    facts: 'here' | 'unsure' | 'stranger' | 'untold';
    /** The workflows that mail nobody without it. */
    silenced: readonly string[];
    /** What Polar was answered last, where it may still come. */
    answer?: string | undefined;
  }>;

/** Whether nothing is lost where it never arrives: what it said is here, and no workflow waits for it. */
export function losesNothing({
  facts,
  silenced,
}: Pick<Undelivered, 'facts' | 'silenced'>): boolean {
  return facts === 'here' && silenced.length === 0;
}

type Compared = Readonly<{
  store: Pick<AudienceStore, 'load'>;
  /** What was compared, as `instant` writes it; absent: everything. */
  since: string | undefined;
  /** Customers that differ from what Polar lists. */
  differing: ReadonlySet<string>;
  /** Some customers could not be compared; which, is not known. */
  isPartial: boolean;
}>;

const atOnce = 100;

/** Says of each event whether the comparison of all customers has shown that what it said is known anyway. */
export async function withFacts(
  events: readonly Omit<Undelivered, 'facts'>[],
  { store, since, differing, isPartial }: Compared,
): Promise<Undelivered[]> {
  const ids = [...new Set(events.flatMap(({ customerId }) => customerId ?? []))];
  const known = new Set<string>();
  for (let start = 0; start < ids.length; start += atOnce) {
    const keys = ids.slice(start, start + atOnce);
    const { customers } = await store.load(keys.map((key) => ({ kind: 'customers', key })));
    for (const [id, stored] of customers) if (stored) known.add(id);
  }
  const factsOf = ({ customerId, createdAt }: UndeliveredEvent): Undelivered['facts'] => {
    if (customerId === undefined) return 'untold';
    if (!known.has(customerId)) return 'stranger';
    const wasCompared = since === undefined || createdAt >= since;
    return wasCompared && !isPartial && !differing.has(customerId) ? 'here' : 'unsure';
  };
  return events.map((event) => ({ ...event, facts: factsOf(event) }));
}
