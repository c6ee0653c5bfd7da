import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEvent } from '#shared/audience/apply-event.ts';
import type { EventRecord, ReceivedEvent } from '#shared/audience/event-record.ts';
import type { Customer } from '#shared/audience/person/person.ts';
import { withSubscription } from '#shared/audience/person/subscription-snapshot.ts';
import { stateBeforeRecord } from '#shared/audience/rows/state-first.ts';
import type { Commit } from '#shared/audience/rows/unit-of-work.ts';
import type { Step, Steps } from '#shared/audience/rows/workspace.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { polarEvent } from '#shared/polar/event.ts';
import { optionalEventTypes, supportedEventTypes } from '#shared/polar/event-types.ts';
import { memoryAudienceStore } from '#test/fakes/memory-audience-store.ts';
import { sequences } from '#test/prove/runs/workflows.ts';
import { asMany } from '#test/support/as-many.ts';
import { approvedMail } from '#test/support/audience/approved-mail.ts';
import { settingsWith } from '#test/support/audience/audience-story.ts';
import { lives, type Webhook } from '../../mail/true-mails.ts';

const record: EventRecord = {
  ...{ webhookId: 'evt', type: 'order.paid', occurredAt: 'then', receivedAt: 'then' },
  ...{ outcome: 'unchanged', changes: [], settingsVersion: 0 },
  ...{ customerId: 'c1', properties: { customerId: 'c1' } },
};
const before: Customer = { customerId: 'c1', addresses: [], name: { value: 'Ann', version: 'v1' } };
const told = { id: 's1', version: 'v2', status: 'active' };
const after: Customer = { ...before, subscriptions: withSubscription(undefined, told) };
const renewed = {
  ...before,
  subscriptions: withSubscription(after.subscriptions, { ...told, version: 'v3' }),
};

function put(row: Customer, was: Customer = before): Step<Customer> {
  return { act: 'put', key: 'c1', revision: 'r1', row, before: { row: was, revision: 'r1' } };
}

function commit(customers: readonly Step<Customer>[], more: Partial<Commit & Steps> = {}): Commit {
  const { addresses = [], contacts = [], suppressions = [], runs = [], ...others } = more;
  return { steps: { customers, addresses, contacts, suppressions, runs }, record, ...others };
}

const check = { act: 'check', revision: 'r1' } as const;
const erased = [{ contactIds: [], emails: [], erasedAt: '', askedAt: '', askedBy: '' }];
const replay = { webhookId: 'evt', replays: [], replayCount: 1, wasErased: false };

describe("a customer's row is written before the record", () => {
  it.each<[string, Commit]>([
    ['brings the first subscription', commit([put(after)])],
    ['brings a newer one', commit([put(renewed, after)])],
    [
      'is of a customer with runs that go on as they did',
      commit([put({ ...after, runs: [] }, { ...before, runs: [] })]),
    ],
  ])('where a decision %s, and nothing else', (_, one) => {
    expect(stateBeforeRecord(one)).toBe(one.steps?.customers[0]);
  });

  it.each<[string, Commit]>([
    ['that changes no row', { steps: undefined, record }],
    ['without a record', { steps: commit([put(after)]).steps }],
    ['that replays one', commit([put(after)], { replay })],
    ['that erases', commit([put(after)], { erased })],
    [
      'that changes a fact as well',
      commit([put({ ...after, name: { value: 'A', version: 'v2' } })]),
    ],
    ['that begins or ends a run', commit([put({ ...after, runs: [] })])],
    [
      'on a customer whom nobody knew',
      commit([{ act: 'put', key: 'c1', revision: null, row: after }]),
    ],
    ['that only looks at the customer', commit([{ ...check, key: 'c1' }])],
    ['on two customers', commit([put(after), { ...check, key: 'c2' }])],
    ...(['addresses', 'contacts', 'suppressions', 'runs'] as const).map(
      (kind): [string, Commit] => [
        `that looks at ${kind}`,
        commit([put(after)], { [kind]: [{ ...check, key: 'k' }] }),
      ],
    ),
  ])('not in a decision %s', (_, one) => {
    expect(stateBeforeRecord(one)).toBeUndefined();
  });
});

/** For each event, always and under conditions on what is known of subscriptions; and sequences. */
const workflows: Workflow[] = [
  ...supportedEventTypes.flatMap((event) => [
    waitingFor(event, []),
    waitingFor(event, [{ property: 'subscription.status', operator: 'is', value: 'active' }]),
    waitingFor(event, [
      { property: 'customer.hasLivingSubscription', operator: 'is', value: 'true' },
    ]),
  ]),
  ...sequences,
].map((one) => ({ ...one, maxAgeHours: 1_000_000 }));

function waitingFor(event: Workflow['trigger']['event'], audience: Workflow['audience']): Workflow {
  const { workflow } = approvedMail();
  if (!workflow) throw new Error('approvedMail has no workflow');
  const workflowId = `${event} ${audience[0]?.property ?? 'always'}`;
  const trigger = { event, conditions: [] };
  const own = { workflowId, name: workflowId, trigger, frequency: 'every-time' } as const;
  return { ...workflow, ...own, audience };
}

const optional = Object.fromEntries(optionalEventTypes.map((type) => [type, { enabled: true }]));
const switchedOff = Object.fromEntries(
  supportedEventTypes.flatMap((type) =>
    type.startsWith('subscription.') ? [[type, { enabled: false }]] : [],
  ),
);

class Interrupted extends Error {}

/** An audience that is told webhooks. One that is `interrupted` loses each worker between the state and the record. */
function audience(settings: ReturnType<typeof settingsWith>, { isInterrupted = false } = {}) {
  const memory = memoryAudienceStore();
  const first = new Map<string, EventRecord | undefined>();
  let ids = 0;
  const store = {
    ...memory.store,
    commit: async (commit: Commit) => {
      const { record, steps } = commit;
      const webhookId = record?.webhookId ?? '';
      if (isInterrupted && stateBeforeRecord(commit)) {
        // What was told once is known.
        expect(first.has(webhookId)).toBe(false);
        first.set(webhookId, record);
        await memory.store.commit({ steps });
        throw new Interrupted();
      }
      return memory.store.commit(commit);
    },
  };
  const now = new Date('2026-11-23T12:00:00.000Z');
  const surroundings = { settings, now, newId: () => `contact-${ids++}` };
  const tell = async (event: ReceivedEvent): Promise<EventRecord> => {
    const means = { store, surroundings, workflows, pause: () => Promise.resolve() };
    const apply = async () => (await applyEvent(event, '{}', means)).record;
    try {
      return await apply();
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      return apply();
    }
  };
  const seen = () => ({
    rows: Object.entries(memory.rows).map(([kind, table]) => [
      kind,
      [...table].map(([key, { row }]) => [key, row]),
    ]),
    records: memory.records,
  });
  return { tell, seen, first };
}

const folder = new URL('../../../../fixtures/polar/', import.meta.url);

function payloads(): Webhook[] {
  return readdirSync(folder).map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')));
}

function events(webhooks: readonly Webhook[]): ReceivedEvent[] {
  return webhooks.flatMap((webhook, nth) => {
    const parsed = polarEvent(JSON.stringify(webhook));
    if (parsed.kind === 'unreadable') return [];
    return [{ ...parsed.event, webhookId: `evt-${nth}`, receivedAt: '2026-11-23T11:59:59.000Z' }];
  });
}

/** Of one customer who has two subscriptions. */
function ofOneCustomer(event: ReceivedEvent, nth: number): ReceivedEvent {
  const { subscription, customer, ...rest } = event;
  const facts = { id: 'c1', version: 'v1', email: 'ann@example.com', anonymised: false };
  return {
    ...rest,
    customer: { ...facts, ...(customer.deletedAt && { deletedAt: customer.deletedAt }) },
    ...(subscription && { subscription: { ...subscription, id: `s${nth % 2}` } }),
  };
}

/** Tells both audiences the same, and returns how often a worker was lost in between. */
async function toldTwice(all: readonly ReceivedEvent[], settings: ReturnType<typeof settingsWith>) {
  const [steady, interrupted] = [audience(settings), audience(settings, { isInterrupted: true })];
  for (const event of all) {
    const expected = await steady.tell(event);
    expect(await interrupted.tell(event), event.type).toEqual(expected);
  }
  expect(interrupted.seen()).toEqual(steady.seen());
  for (const [webhookId, record] of interrupted.first) {
    expect(record).toEqual(interrupted.seen().records.get(webhookId)?.record);
  }
  return interrupted.first.size;
}

const numRuns = asMany(3, 200);

describe('an event whose worker is lost between its state and its record', () => {
  const allSettings = [
    ['as they are', settingsWith({}, optional)],
    ['with its type switched off', settingsWith({}, switchedOff)],
  ] as const;

  it.each(lives())(
    'is decided as if nothing had happened, in any order: %s',
    async (_, webhooks) => {
      const all = events(webhooks);
      for (const [name, settings] of allSettings) {
        let lost = await toldTwice(all, settings);
        const order = fc.shuffledSubarray(all, { minLength: all.length });
        await fc.assert(
          fc.asyncProperty(order, async (shuffled) => {
            lost += await toldTwice(shuffled, settings);
          }),
          { numRuns },
        );
        expect(lost, name).toBeGreaterThan(0);
      }
    },
  );

  it('is decided as if nothing had happened, with payloads of every kind, all of one customer', async () => {
    const order = fc.shuffledSubarray(events(payloads()).map(ofOneCustomer), { minLength: 3 });
    let lost = 0;
    await fc.assert(
      fc.asyncProperty(order, async (some) => {
        lost += await toldTwice(some, settingsWith({}, optional));
      }),
      { numRuns: asMany(20, 2_000) },
    );
    expect(lost).toBeGreaterThan(0);
  });
});
