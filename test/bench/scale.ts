import { randomUUID } from 'node:crypto';
import { getHeapStatistics } from 'node:v8';
import { marshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';
import type { Template } from '#infra/local/assembly/template.ts';
import { applyEvent } from '#shared/audience/apply-event.ts';
import { searchWords } from '#shared/audience/person/search-words.ts';
import type { Commit } from '#shared/audience/rows/unit-of-work.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { polarEvent } from '#shared/polar/event.ts';
import { type Payload, purchasePayloads } from '#shared/polar/sample/sample-events.ts';
import { usualPageSize } from '#shared/store/counts/contact-walk.ts';
import { listShards } from '#shared/store/dynamo.ts';
import { eventItem } from '#shared/store/events/event-item.ts';
import { memoryAudienceStore } from '#test/fakes/memory-audience-store.ts';
import { itemSize } from './item-size.ts';
import { assumed } from './prices.ts';
import { person, renewalPayload } from './sample-events.ts';
import { textTable } from './text-table.ts';

/** The size that is asked about: every event a new customer, and each begins a run. */
export const asked = { contacts: 10e6, eventsPerSecond: 100, waitingRuns: 1e6 } as const;

/**
 * Of one partition of a table or an index, in a second.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
 */
const partition = { writeUnits: 1_000, readUnits: 3_000 };

/** The most frequent first letter of first names in English, about one in eight. */
const shareOfLetter = 0.13;
/** A page of a query, which is read by eight shards at a time. */
const pageBytes = 1_048_576;
const backfillBytesPerCustomer = 300;

/** What a part is asked to do and can, both in the same unit; `ends`: at how many of what it ends. */
export type ScaleRow = Readonly<{
  part: string;
  asked: number;
  can: number;
  unit: string;
  ends: string;
}>;

export type Sizes = Readonly<Record<'event' | 'contact' | 'customer', number>> &
  Readonly<{ words: number }>;

/** Bytes of the items that a purchase makes, as they are written. */
export async function measuredSizes(): Promise<Sizes> {
  const { store } = memoryAudienceStore();
  const start = new Date();
  const someone = { ...person(1, 'scale'), isNew: true };
  const told = async (payload: Payload): Promise<Commit> => {
    const body = JSON.stringify(payload);
    const read = polarEvent(body);
    if (read.kind !== 'event') throw new Error('A sample is no event.');
    const event = { ...read.event, webhookId: randomUUID(), receivedAt: start.toISOString() };
    const commits: Commit[] = [];
    const commit: typeof store.commit = (one) => {
      commits.push({ ...one, payload: body });
      return store.commit(one);
    };
    await applyEvent(event, body, {
      store: { ...store, commit },
      surroundings: { now: start, newId: randomUUID, settings: defaultSettings },
      workflows: [],
      pause: async () => undefined,
    });
    const [only] = commits;
    if (!only) throw new Error('A sample wrote nothing.');
    return only;
  };
  const [created, ...others] = purchasePayloads(someone, start);
  if (!created) throw new Error('A purchase has no event.');
  const first = await told(created);
  for (const payload of others) await told(payload);
  const renewal = await told(renewalPayload(someone, start, new Date(start.getTime() + 60_000)));
  const revision = randomUUID();
  const contact = first.steps?.contacts.flatMap((step) =>
    step.act === 'put' ? [{ ...step.row, revision }] : [],
  )[0];
  const customer = renewal.steps?.customers.flatMap((step) =>
    step.act === 'put' ? [{ ...step.row, revision }] : [],
  )[0];
  if (!contact || !customer || !renewal.record) throw new Error('A sample wrote too little.');
  const size = (item: object) => itemSize(marshall(item, { removeUndefinedValues: true }));
  const { packed, ...record } = eventItem(renewal.record, renewal.payload, 90);
  return {
    event: size(record) + (packed instanceof Uint8Array ? packed.byteLength : 0),
    contact: size(contact),
    customer: size(customer),
    words: searchWords(contact).length,
  };
}

/** What each part is asked at that size, and what it can. Pure: from the template, constants of the code and sizes. */
export function scaleRows(template: Template, sizes: Sizes): ScaleRow[] {
  const { contacts, eventsPerSecond, waitingRuns } = asked;
  const units = (bytes: number) => Math.ceil(bytes / 1_024);
  const limits = limitsIn(template);
  const perShard = eventsPerSecond / listShards;
  const row = (
    part: string,
    unit: string,
    load: number,
    can: number,
    of: number,
    what: string,
  ) => ({
    part,
    asked: load,
    can,
    unit,
    ends: `${Math.round((of * can) / load).toLocaleString('en-US')} ${what}`,
  });
  const events = 'events a second';
  const hourPages = (3_600 * eventsPerSecond * indexedEventBytes) / pageBytes;
  const pagesOfDay = 24 * hourPages * timesCounted;
  return [
    row(
      'webhooks, let in by the API',
      'a second',
      eventsPerSecond,
      limits.webhooksPerSecond,
      eventsPerSecond,
      events,
    ),
    row(
      'worker, ten at once',
      'events a second',
      eventsPerSecond,
      (limits.workers * 1_000) / assumed.workerMs,
      eventsPerSecond,
      events,
    ),
    row(
      'Events, a day in byDay, by shard',
      'write units',
      perShard,
      partition.writeUnits,
      eventsPerSecond,
      events,
    ),
    row(
      'Contacts, byCreation, by shard',
      'write units',
      perShard * units(sizes.contact),
      partition.writeUnits,
      eventsPerSecond,
      'new customers a second',
    ),
    row(
      'Words, the most frequent letter',
      'write units',
      2 * eventsPerSecond * sizes.words * shareOfLetter,
      partition.writeUnits,
      eventsPerSecond,
      'new customers a second',
    ),
    row(
      'Runs, byWorkflow, by shard',
      'write units',
      2 * perShard,
      partition.writeUnits,
      eventsPerSecond,
      'runs begun and ended a second',
    ),
    row(
      'clock, runs spread over three days',
      'a minute',
      waitingRuns / (3 * 24 * 60),
      limits.runsPerMinute,
      waitingRuns,
      'waiting runs',
    ),
    row(
      'clock, runs all due in one hour',
      'a minute',
      waitingRuns / 60,
      limits.runsPerMinute,
      waitingRuns,
      'runs due in one hour',
    ),
    row(
      'rollup, pages of events',
      'a day',
      pagesOfDay,
      limits.pagesPerCall * limits.callsOfRollup,
      eventsPerSecond,
      events,
    ),
    row(
      'rollup, all contacts once a day',
      'contacts a day',
      contacts,
      limits.contactsPerCall * limits.callsOfRollup,
      contacts,
      'contacts',
    ),
    row(
      'a list or a search, one page',
      'reads',
      listShards,
      listShards,
      contacts,
      'contacts, and more: it reads its shards and no more',
    ),
    row(
      'backfill, ids in memory',
      'MB',
      (contacts * backfillBytesPerCustomer) / 1e6,
      heapMegabytes(),
      contacts,
      'customers',
    ),
  ];
}

/** Of an event in its index, as it is counted. */
const indexedEventBytes = 400;
/** Each hour, while it is the present one and then again: `shared/audience/counts/plan.ts`. */
const timesCounted = 25;

/** What Node takes of this machine by itself. */
function heapMegabytes(): number {
  return getHeapStatistics().heap_size_limit / 1e6;
}

const variablesSchema = z.object({
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
});
const stageSchema = z.object({
  RouteSettings: z.record(z.string(), z.object({ ThrottlingRateLimit: z.number() })),
});
const mappingSchema = z.object({
  EventSourceArn: z.unknown(),
  ScalingConfig: z.object({ MaximumConcurrency: z.number() }),
});

function limitsIn(template: Template) {
  const all = (type: string) => [...template.resources.values()].filter((one) => one.type === type);
  const variable = (name: string) => {
    const values = all('AWS::Lambda::Function').flatMap(
      ({ properties }) => variablesSchema.parse(properties).Environment.Variables[name] ?? [],
    );
    return Number(values[0]);
  };
  const [stage] = all('AWS::ApiGatewayV2::Stage');
  const routes = stageSchema.parse(stage?.properties).RouteSettings;
  const [, webhooks] = Object.entries(routes).find(([key]) => key.includes('/webhooks/')) ?? [];
  const worker = all('AWS::Lambda::EventSourceMapping')
    .map(({ properties }) => mappingSchema.parse(properties))
    .find(({ EventSourceArn }) => JSON.stringify(EventSourceArn).includes('EventsQueue'));
  return {
    webhooksPerSecond: webhooks?.ThrottlingRateLimit ?? 0,
    workers: worker?.ScalingConfig.MaximumConcurrency ?? 0,
    runsPerMinute: variable('MOST_RUNS'),
    pagesPerCall: variable('MOST_READS'),
    contactsPerCall: variable('MOST_PAGES') * usualPageSize,
    callsOfRollup: 288,
  };
}

export function scaleTable(rows: readonly ScaleRow[], { event, contact, customer, words }: Sizes) {
  const table = textTable(
    ['part', 'unit', 'asked', 'can', 'ends at'],
    rows.map((row) => [row.part, row.unit, row.asked, row.can, row.ends]),
  );
  const days = 90;
  const terabytes = (days * 86_400 * asked.eventsPerSecond * event) / 1e12;
  return `${table}

The record of a renewal has ${event} bytes, a contact ${contact}, a customer with a subscription ${customer}; a contact has ${words} words.
Records of ${days} days: ${terabytes.toFixed(1)} TB; contacts and customers: ${((asked.contacts * (contact + customer)) / 1e9).toFixed(0)} GB.`;
}
