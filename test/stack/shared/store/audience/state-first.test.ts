import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { applyEvent } from '#shared/audience/apply-event.ts';
import { unsubscribeContact } from '#shared/audience/by-hand/acts-by-hand.ts';
import { noteErasure } from '#shared/audience/erasure.ts';
import type { ReceivedEvent } from '#shared/audience/event-record.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import { type AudienceStore, settle } from '#shared/audience/rows/unit-of-work.ts';
import type { Kind } from '#shared/audience/rows/workspace.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { addressHash, dynamoAudienceStore } from '#shared/store/audience/audience-store.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { memoryAudienceStore } from '#test/fakes/memory-audience-store.ts';
import { sequences } from '#test/prove/runs/workflows.ts';
import { approvedMail } from '#test/support/audience/approved-mail.ts';
import { minuteOf, settingsWith } from '#test/support/audience/audience-story.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { type Meeting, metAtACall } from '#test/support/cloud/met-at-a-call.ts';
import { audienceTables, createStackTables } from '#test/support/cloud/stack-tables.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

const email = normalisedEmail('ann@example.com');
const moved = normalisedEmail('ann@new.example');
const customer = { id: 'c1', version: minuteOf(1), anonymised: false, email };

/** An event of the subscription, or of the customer alone. */
function event(
  type: ReceivedEvent['type'],
  minute: number,
  { status, ...facts }: Partial<ReceivedEvent['customer']> & { status?: string } = {},
): ReceivedEvent {
  const at = minuteOf(minute);
  return {
    ...{ type, webhookId: `evt-${minute}`, occurredAt: at, receivedAt: minuteOf(90) },
    ...{
      object: { id: 's1', version: at },
      properties: { customerId: 'c1', subscriptionId: 's1' },
    },
    customer: { ...customer, ...facts },
    ...(status && { subscription: { id: 's1', version: at, status } }),
  };
}

const before = [
  event('customer.created', 1),
  event('subscription.active', 2, { status: 'active' }),
];
const renewal = event('subscription.updated', 10, { status: 'active' });

const workflows: Workflow[] = [
  ...(['subscription.updated', 'subscription.canceled', 'subscription.past_due'] as const).map(
    waitingFor,
  ),
  ...sequences,
].map((one) => ({ ...one, frequency: 'every-time', maxAgeHours: 1_000_000 }));

function waitingFor(event: Workflow['trigger']['event']): Workflow {
  const { workflow } = approvedMail();
  if (!workflow) throw new Error('approvedMail has no workflow');
  return { ...workflow, workflowId: event, trigger: { event, conditions: [] } };
}

const settings = settingsWith({}, { 'subscription.updated': { enabled: true } });

function meansWith(store: AudienceStore) {
  const surroundings = { settings, now: new Date(minuteOf(100)), newId: () => 'contact-1' };
  return { store, surroundings, workflows, pause: () => Promise.resolve() };
}

type Act = (store: AudienceStore) => Promise<unknown>;

const telling = (one: ReceivedEvent) => (store: AudienceStore) =>
  applyEvent(one, '{}', meansWith(store));
const act = { email, contactId: 'contact-1', at: minuteOf(20), by: 'an engineer' };

const others: Record<string, Act> = {
  'the same event on another worker': telling(renewal),
  'an older state': telling(event('subscription.past_due', 5, { status: 'past_due' })),
  'a newer state': telling(event('subscription.canceled', 15, { status: 'canceled' })),
  'a run that begins': telling(event('subscription.past_due', 15, { status: 'past_due' })),
  'another name': telling(
    event('customer.updated', 15, { version: minuteOf(15), name: 'Ann Lee' }),
  ),
  'another address': telling(
    event('customer.updated', 15, { version: minuteOf(15), email: moved }),
  ),
  'a deletion': telling(event('customer.deleted', 15, { deletedAt: minuteOf(15) })),
  'a deletion with anonymisation': telling(
    event('customer.deleted', 15, { deletedAt: minuteOf(15), anonymised: true }),
  ),
  'an unsubscribe by hand': (store) => unsubscribeContact(act, meansWith(store)),
  'an erasure that is asked for': (store) =>
    settle(
      store,
      (w) => noteErasure(w, act),
      () => Promise.resolve(),
    ),
};

/** Everything that there may be, without revisions. */
async function picture(store: AudienceStore) {
  const keys = [
    { kind: 'customers', key: 'c1' } as const,
    ...[email, moved].flatMap((key) =>
      (['addresses', 'contacts', 'suppressions'] as const).map((kind) => ({ kind, key })),
    ),
  ];
  const known = await store.load(keys);
  const rows = keys.map(({ kind, key }) => [kind, key, rowOf(known, kind, key)]);
  const ids = [...before, renewal].map(({ webhookId }) => webhookId).concat('evt-5', 'evt-15');
  const records = await Promise.all(ids.map((id) => store.recorded(id)));
  return JSON.stringify({ rows, records }, (_, value: unknown) =>
    value instanceof Object && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

const rowOf = (known: Awaited<ReturnType<AudienceStore['load']>>, kind: Kind, key: string) =>
  new Map<string, { row: unknown } | null>(known[kind]).get(key)?.row;

async function inMemory(...acts: Act[]) {
  const { store } = memoryAudienceStore();
  for (const one of [...before.map(telling), ...acts]) await one(store);
  return picture(store);
}

/** Tables in which the customer is known, and a store on them whose `nth` call meets something. */
async function inDynamo() {
  const db = documentClient(dynamo.client);
  const tables = audienceTables(await createStackTables(dynamo.client));
  const options = { addressHash: async () => addressHash('a key'), retentionDays: 90 };
  const store = dynamoAudienceStore(db, tables, options);
  for (const one of before) await telling(one)(store);
  return {
    store,
    storeThatMeets(nth: number, meeting: Meeting) {
      const { client, calls } = metAtACall(db, nth, meeting);
      return { watched: dynamoAudienceStore(client, tables, options), calls };
    },
  };
}

describe('a renewal on one worker', () => {
  it('writes its state and then its record', async () => {
    const { storeThatMeets, store } = await inDynamo();
    const { watched, calls } = storeThatMeets(0, (call) => call());
    await telling(renewal)(watched);
    expect(calls).toEqual(['BatchGetItemCommand', 'PutItemCommand', 'PutItemCommand']);
    expect(await picture(store)).toBe(await inMemory(telling(renewal)));
  });

  describe.each([2, 3])('before its call %i', (nth) => {
    it.each(Object.entries(others))(
      'meets %s, and both end as one after the other',
      async (_, other) => {
        const { store, storeThatMeets } = await inDynamo();
        const { watched, calls } = storeThatMeets(nth, async (call) => {
          await other(store);
          return call();
        });
        await telling(renewal)(watched);
        expect(calls.length).toBeGreaterThanOrEqual(nth);
        const oneAfterTheOther = [
          await inMemory(other, telling(renewal)),
          await inMemory(telling(renewal), other),
        ];
        expect(oneAfterTheOther).toContain(await picture(store));
      },
    );
  });

  describe('that was stopped between its state and its record', () => {
    afterEach(() => {
      vi.useRealTimers();
    });

    it.each([
      ['for longer than 20 seconds decides the event again', 20_001, 2],
      ['for less goes on', 20_000, 1],
    ])('%s', async (_, ms, decisions) => {
      vi.useFakeTimers({ toFake: ['performance'] });
      const { store, storeThatMeets } = await inDynamo();
      const { watched, calls } = storeThatMeets(2, async (call) => {
        const answer = await call();
        vi.advanceTimersByTime(ms);
        return answer;
      });
      await telling(renewal)(watched);
      expect(calls.filter((call) => call === 'BatchGetItemCommand')).toHaveLength(decisions);
      expect(await picture(store)).toBe(await inMemory(telling(renewal)));
    });
  });

  it.each(
    [1, 2, 3].flatMap((nth) => [[nth, 'is refused'] as const, [nth, 'loses its answer'] as const]),
  )(
    'whose call %i %s, ends as if nothing had happened once its message is redelivered',
    async (nth, what) => {
      const { store, storeThatMeets } = await inDynamo();
      const { watched } = storeThatMeets(nth, async (call) => {
        if (what === 'loses its answer') await call();
        throw new Error(what);
      });
      await expect(telling(renewal)(watched)).rejects.toThrow(what);
      await telling(renewal)(watched);
      expect(await picture(store)).toBe(await inMemory(telling(renewal)));
    },
  );
});
