import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { WorkerParts } from '#functions/worker/worker.ts';
import type { ReceivedEvent } from '#shared/audience/event-record.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { requestErasure, type WorkerMessage } from '#shared/queue/events-queue.ts';
import { addressHash } from '#shared/store/audience/audience-store.ts';
import type { startWorker } from '#test/support/audience/worker-at-work.ts';
import { webhookBody } from '#test/support/polar/polar-history.ts';
import { readableText } from '#test/support/readable-row.ts';

type Work = Awaited<ReturnType<typeof startWorker>>;

const by = 'an engineer';
export const minutesAgo = (minutes: number) =>
  new Date(Date.now() - minutes * 60_000).toISOString().replace('Z', '000Z');

type Told = Partial<Omit<ReceivedEvent['customer'], 'id'>> & {
  minutesBefore: number;
  spoil?: (body: string) => string;
  /** The state that it tells of the customer's one subscription. */
  status?: string;
};

const tables = [
  'Contacts',
  'Customers',
  'Addresses',
  'Events',
  'Failures',
  'Settings',
  'Suppressions',
  'Words',
  'Workflows',
  'Emails',
  'Acts',
];

/** What the tests of erasure do to a worker and see in its tables. */
export function erasing(work: Work) {
  /** Queues an event about a customer and gives its webhook id. */
  async function queued(
    type: ReceivedEvent['type'],
    id: string,
    { minutesBefore, spoil = (body) => body, status, ...customer }: Told,
  ): Promise<string> {
    const webhookId = randomUUID();
    const at = minutesAgo(minutesBefore);
    const event: ReceivedEvent = {
      type,
      webhookId,
      receivedAt: at,
      occurredAt: at,
      object: { id, version: at },
      properties: { customerId: id },
      customer: { id, version: at, anonymised: false, ...customer },
      ...(status && { subscription: { id, createdAt: at, version: at, status } }),
    };
    await work.queue(webhookId, type, spoil(webhookBody(event)));
    return webhookId;
  }

  /** Hands an event about a customer to the worker and gives its webhook id. */
  async function tell(...event: Parameters<typeof queued>): Promise<string> {
    const webhookId = await queued(...event);
    expect(await work.drain()).toEqual([]);
    return webhookId;
  }

  /** A queue whose later messages come when the test says so. */
  function queueWithTime() {
    const later: WorkerMessage[] = [];
    const send: WorkerParts['send'] = async (message, delaySeconds) =>
      delaySeconds > 0 ? later.push(message) : work.parts.send(message, 0);
    return {
      later,
      send,
      /** A quarter of an hour goes by. */
      async wait() {
        for (const message of later.splice(0)) await work.parts.send(message, 0);
        expect(await work.drain({ send })).toEqual([]);
      },
    };
  }

  /** A worker that crashes once it has called its store and its queue this often. */
  function interruptedAfter(
    calls: number,
    send: WorkerParts['send'],
  ): Pick<WorkerParts, 'store' | 'send'> {
    let left = calls;
    const step = <T>(act: () => Promise<T>): Promise<T> => {
      left -= 1;
      return left < 0 ? Promise.reject(new Error('The worker crashed.')) : act();
    };
    const { store } = work.parts;
    return {
      store: {
        ...store,
        load: (keys) => step(() => store.load(keys)),
        commit: (commit) => step(() => store.commit(commit)),
      },
      send: (message, delay) => step(() => send(message, delay)),
    };
  }

  /** What the console asks for when a person erases the contact at this address. */
  async function requestFor(address: string) {
    const email = normalisedEmail(address);
    const contact = await work.item('Contacts', { email });
    return { contactId: String(contact?.['contactId']), email, by, at: new Date().toISOString() };
  }

  /** Asks for an erasure, and lets the worker do what it does at once. */
  async function erase(email: string) {
    const request = await requestFor(email);
    const queue = queueWithTime();
    await requestErasure(request, queue.send);
    expect(await work.drain({ send: queue.send })).toEqual([]);
    return { request, ...queue };
  }

  /** Everything in every table as text in lower case, the payloads unpacked and their escapes read. */
  async function everything(): Promise<string> {
    const rows = (await Promise.all(tables.map((table) => work.items(table)))).flat();
    return readableText(rows);
  }

  const rowsOf = async (id: string) =>
    (await Promise.all(tables.map((table) => work.items(table))))
      .flat()
      .filter((row) => JSON.stringify(row).includes(id));

  const suppressed = async (email: string) => {
    const row = await work.item('Suppressions', {
      addressHash: addressHash('a key of this test')(email),
    });
    return Object.keys(row?.['reasons'] ?? {});
  };

  const means = () => ({
    store: work.parts.store,
    surroundings: { settings: defaultSettings, now: new Date(), newId: randomUUID },
    pause: work.parts.pause,
  });

  return {
    queued,
    tell,
    queueWithTime,
    interruptedAfter,
    requestFor,
    erase,
    everything,
    rowsOf,
    suppressed,
    means,
  };
}
