import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEvent } from '#shared/audience/apply-event.ts';
import { judgeMail } from '#shared/audience/emails/judge-mail.ts';
import type { ConsideredWorkflow, EventRecord } from '#shared/audience/event-record.ts';
import { isStale, staleReason } from '#shared/audience/person/subscription-snapshot.ts';
import type { AudienceStore } from '#shared/audience/rows/unit-of-work.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { readyMade } from '#shared/mail/ready-made/ready-made.ts';
import { polarEvent } from '#shared/polar/event.ts';
import { optionalEventTypes } from '#shared/polar/event-types.ts';
import { polarSubscription } from '#shared/polar/subscription-facts.ts';
import { asMany } from '#test/support/as-many.ts';
import { approvedMail } from '#test/support/audience/approved-mail.ts';
import { audienceStory, settingsWith } from '#test/support/audience/audience-story.ts';
import { inputsOf, lives, type Webhook } from '../mail/true-mails.ts';

const approved = approvedMail();

/** Every ready-made workflow, and one for each optional event, active, for events of any age. */
const everyWorkflow: Workflow[] = [
  ...readyMade,
  ...optionalEventTypes.map((event) => ({ name: `any ${event}`, event, conditions: [] })),
].map(({ name, event, conditions }) => {
  if (!approved.workflow) throw new Error('approvedMail has no workflow');
  const trigger = { event, conditions: [...conditions] };
  const own = { workflowId: name, name, trigger, frequency: 'every-time' as const };
  return { ...approved.workflow, ...own, maxAgeHours: 1_000_000 };
});

const allOn = Object.fromEntries(optionalEventTypes.map((type) => [type, { enabled: true }]));

/** Webhooks of the types that are read, each with an id that does not sort as they happened. */
function readable(webhooks: readonly Webhook[]) {
  return webhooks
    .map((webhook, nth) => ({ webhook, webhookId: `evt-${(nth * 7) % 101}-${nth}` }))
    .filter(({ webhook }) => polarEvent(JSON.stringify(webhook)).kind === 'event');
}
type Delivery = ReturnType<typeof readable>[number];

/** An audience that is told webhooks, one after another. */
function audience(settings = settingsWith({}, allOn), workflows = everyWorkflow) {
  const story = audienceStory({ ...settings, postalAddress: 'Storgatan 1' }, workflows);
  const { store, surroundings } = story;
  const tell = async ({ webhook, webhookId }: Delivery, own: AudienceStore = store) => {
    const body = JSON.stringify(webhook);
    const parsed = polarEvent(body);
    if (parsed.kind === 'unreadable') throw new Error(parsed.reason);
    const event = { ...parsed.event, webhookId, receivedAt: '2026-11-23T11:59:59.000Z' };
    const means = { store: own, surroundings, workflows, pause: () => Promise.resolve() };
    return (await applyEvent(event, body, means)).record;
  };
  /** What the mailer says of an email of this record now. */
  const judge = (record: EventRecord, workflowId: string) => {
    const customer = story.customer(record.customerId);
    const contact = story.contact(customer?.email?.value ?? '');
    const workflow = workflows.find((one) => one.workflowId === workflowId);
    const now = new Date(record.occurredAt);
    const { settings } = surroundings;
    const known = { workflow, record, customer, contact, settings, suppression: undefined };
    return judgeMail({ ...known, now, hasSender: true, wasSentBefore: false });
  };
  return { ...story, tell, judge };
}

type State = Record<string, unknown>;

/** The subscription in a webhook, and its version in microseconds. Written from the rules, apart from the code. */
function stateIn({ type, data }: Webhook): { state: State; version: bigint } | undefined {
  const isOwn = type.startsWith('subscription.');
  const state = (isOwn ? data : data['subscription']) as State | null | undefined;
  const customer = data['customer'] as State | undefined;
  if (!state || customer?.['deleted_at']) return undefined;
  const time = String(state['modified_at'] ?? state['created_at']);
  const [seconds = '', fraction = ''] = time.replace('Z', '').split('.');
  const micros = BigInt(Date.parse(`${seconds}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0'));
  return { state, version: micros };
}

function isOver(webhook: Webhook, told: readonly Webhook[]): boolean {
  const own = stateIn(webhook);
  if (!own || !webhook.type.startsWith('subscription.')) return false;
  const known = told.flatMap((one) => stateIn(one) ?? []);
  const [newest] = known
    .filter(({ state }) => state['id'] === own.state['id'])
    .sort((a, b) => (a.version < b.version ? 1 : -1));
  const ofState = ['status', 'canceled_at', 'past_due_at', 'ended_at', 'paused_at'];
  const isMere = ['subscription.cycled', 'subscription.updated'].includes(webhook.type);
  const fields = isMere ? ['current_period_end', 'product_id'] : ofState;
  return (
    newest !== undefined &&
    newest.version > own.version &&
    fields.some((field) => (newest.state[field] ?? null) !== (own.state[field] ?? null))
  );
}

const isSuppressed = ({ isStale }: ConsideredWorkflow) => isStale === true;
const holds = ({ reason = '' }: ConsideredWorkflow) => !reason.startsWith('The condition');
const numRuns = asMany(2, 200);

describe.each(lives())('the life %s', (file, webhooks) => {
  const deliveries = readable(webhooks);

  it('loses no mail in the order in which it happened', async () => {
    const { tell } = audience();
    const records: EventRecord[] = [];
    for (const one of deliveries) records.push(await tell(one));
    const considered = records.flatMap((record) => record.workflows ?? []);
    expect(considered.filter(({ verdict }) => verdict === 'send').length).toBeGreaterThan(2);
    expect(considered.filter(isSuppressed)).toEqual([]);
  });

  it('mails nothing that is over and suppresses nothing that is news, in any order', async () => {
    const order = fc.shuffledSubarray(deliveries, { minLength: deliveries.length });
    await fc.assert(
      fc.asyncProperty(order, async (shuffled) => {
        const { tell, judge, customer } = audience();
        const told: Delivery[] = [];
        const asked: { delivery: Delivery; record: EventRecord; workflowId: string }[] = [];
        for (const delivery of shuffled) {
          told.push(delivery);
          const known = told.map(({ webhook }) => webhook);
          const record = await tell(delivery);
          const shouldMail = !isOver(delivery.webhook, known);
          for (const one of record.workflows?.filter(holds) ?? []) {
            expect(isSuppressed(one), delivery.webhook.type).toBe(!shouldMail);
            const { workflowId, verdict } = one;
            if (verdict === 'send') asked.push({ delivery, record, workflowId });
          }
          // The mailer looks again, however late an email is.
          for (const { delivery, record, workflowId } of asked) {
            if (customer(record.customerId)?.deletion) continue;
            const verdict = judge(record, workflowId);
            const over = isOver(delivery.webhook, known);
            expect(verdict).toMatchObject(
              over ? { kind: 'block', reason: staleReason } : { kind: 'send' },
            );
          }
        }
      }),
      { numRuns },
    );
  });

  it('ends in the same facts in any order, with all but customer events switched off, too', async () => {
    const purchases = deliveries.flatMap(({ webhook: { type } }) =>
      type.startsWith('customer.') ? [] : [[type, { enabled: false }]],
    );
    const off = settingsWith({}, Object.fromEntries(purchases));
    const factsAfter = async (arrived: readonly Delivery[], settings = settingsWith({}, allOn)) => {
      const { tell, rows } = audience(settings);
      for (const one of arrived) await tell(one);
      return [...rows.customers.values()].map(({ row }) => row.subscriptions);
    };
    const expected = await factsAfter(deliveries);
    const isErased = file === 'customer-deleted.json';
    expect(Object.keys(expected[0] ?? {})).toHaveLength(isErased ? 0 : 1);
    const order = fc.shuffledSubarray(deliveries, { minLength: deliveries.length });
    await fc.assert(
      fc.asyncProperty(order, fc.boolean(), async (shuffled, isOff) => {
        expect(await factsAfter(shuffled, isOff ? off : undefined)).toEqual(expected);
      }),
      { numRuns },
    );
  });
});

const customerOf = ({ webhook }: Delivery) => Object(webhook.data['customer']);

describe('stale news', () => {
  const [active, pastDue] = readable(inputsOf('08-stale-past-due.json'));
  if (!active || !pastDue) throw new Error('the input is empty');

  it('is recorded with its facts and asks for no mail, and the record says why', async () => {
    const { tell, contact, customer } = audience();
    const first = await tell(active);
    expect(first.workflows).toMatchObject([{ verdict: 'send' }]);
    const snapshot = customer(first.customerId)?.subscriptions;
    const renamed = structuredClone(pastDue);
    Object.assign(customerOf(renamed), {
      ...{ modified_at: '2026-11-29T09:00:02.000000Z', name: 'Sam Other' },
    });
    const record = await tell(renamed);
    expect(record).toMatchObject({ outcome: 'applied', properties: { status: 'past_due' } });
    expect(record.workflows).toEqual([
      expect.objectContaining({ workflowId: 'payment-failed', verdict: 'skip' }),
    ]);
    expect(record.workflows?.[0]?.reason).toBe(
      'The subscription has changed since, so this event is out of date.',
    );
    expect(contact('sam@example.com')?.lastName).toBe('Other');
    expect(customer(first.customerId)?.subscriptions).toEqual(snapshot);
  });

  it('is none in the order in which it happened', async () => {
    const { tell } = audience();
    const records = [await tell(pastDue), await tell(active)];
    const verdicts = records.flatMap(({ workflows = [] }) => workflows.map((one) => one.verdict));
    expect(verdicts).toEqual(['send', 'send']);
  });

  it('is decided again where it became news while it was decided', async () => {
    const { tell, store } = audience();
    const { webhook } = pastDue;
    const later = (type: string, second: number, canceled_at: string | null): Delivery => {
      const modified_at = `2099-01-01T00:00:0${second}.000000Z`;
      const data = { ...webhook.data, modified_at, canceled_at };
      return { webhookId: `evt-later-${second}`, webhook: { ...webhook, type, data } };
    };
    // So that the event itself changes nothing that is known.
    await tell({ webhook, webhookId: 'evt-0' });
    await tell(later('subscription.canceled', 1, '2099-01-01T00:00:00.000000Z'));
    let isTold = false;
    const overtaken: AudienceStore = {
      ...store,
      load: async (keys) => {
        const known = await store.load(keys);
        if (!isTold) {
          isTold = true;
          await tell(later('subscription.uncanceled', 2, null));
        }
        return known;
      },
    };
    const { workflows } = await tell(pastDue, overtaken);
    expect(workflows?.map(({ verdict }) => verdict)).toEqual(['send']);
  });

  it('is not mailed by a replay either, which says so', async () => {
    const { tell, replay } = audience();
    await tell(pastDue);
    await tell(active);
    const means = { workflows: everyWorkflow };
    const replayed = await replay(pastDue.webhookId, { triggers: true, again: true }, means);
    expect(replayed).toMatchObject({
      entry: { workflows: [{ verdict: 'skip', reason: staleReason, isStale: true }] },
    });
  });

  it('is a change to a state that a workflow asks for, when it is over', async () => {
    const [anyUpdate] = everyWorkflow.filter(
      ({ trigger }) => trigger.event === 'subscription.updated',
    );
    if (!anyUpdate) throw new Error('no workflow waits for subscription.updated');
    const conditions = [{ property: 'status', operator: 'is', value: 'past_due' } as const];
    const ofState: Workflow = {
      ...{ ...anyUpdate, workflowId: 'past-due' },
      trigger: { ...anyUpdate.trigger, conditions },
    };
    const { tell, judge } = audience(settingsWith({}, allOn), [anyUpdate, ofState]);
    const updated = { ...pastDue, webhook: { ...pastDue.webhook, type: 'subscription.updated' } };
    const record = await tell(updated);
    expect(record.workflows?.map(({ verdict }) => verdict)).toEqual(['send', 'send']);
    await tell(active);
    expect(judge(record, 'past-due')).toMatchObject({ kind: 'block', reason: staleReason });
    expect(judge(record, anyUpdate.workflowId)).toMatchObject({ kind: 'send' });
    const late = await tell({ ...updated, webhookId: 'evt-late' });
    expect(late.workflows?.map(({ verdict }) => verdict)).toEqual(['send', 'skip']);
  });

  it('leaves nothing on an erased customer, and mails nothing', async () => {
    const { tell, customer, rows } = audience();
    await tell(active);
    const gone = { ...customerOf(active), email: null };
    const at = '2026-11-30T09:00:00.000000Z';
    const metadata = { __anonymized_at: at };
    const data = { ...gone, deleted_at: at, modified_at: at, metadata };
    const deletion = { type: 'customer.deleted', timestamp: at, data };
    const { customerId } = await tell({ webhook: deletion, webhookId: 'evt-gone' });
    expect(customer(customerId)).toMatchObject({ erased: true });
    expect(customer(customerId)?.subscriptions).toBeUndefined();
    const before = structuredClone(rows);
    const late = await tell(pastDue);
    expect(late).toMatchObject({ outcome: 'skipped', erased: true });
    expect(late.workflows?.map(({ verdict }) => verdict)).toEqual(['skip']);
    expect(rows).toEqual(before);
  });

  it.each([
    ['whose customer is deleted already', { deleted_at: '2026-11-29T10:00:00Z' }],
    ['of another organization', { organization_id: crypto.randomUUID() }],
  ])('is never known from an event %s, also where that is switched off', async (_, changes) => {
    const off = settingsWith({}, { 'subscription.past_due': { enabled: false } });
    const { tell, customer } = audience(off);
    const created = { ...active.webhook, type: 'customer.created', data: customerOf(active) };
    const { customerId } = await tell({ webhook: created, webhookId: 'evt-created' });
    const before = structuredClone(customer(customerId));
    for (const { webhook } of [active, pastDue]) {
      const data = { ...webhook.data, customer: { ...customerOf(active), ...changes } };
      await tell({ webhook: { ...webhook, data }, webhookId: `late-${webhook.type}` });
    }
    expect(customer(customerId)).toEqual(before);
  });
});

describe('the guard', () => {
  const at = (second: number) => `2026-09-01T09:00:${String(second).padStart(2, '0')}.000000Z`;
  const wire = { id: 's1', created_at: at(0), modified_at: at(1), status: 'active' };
  const told = (changes: object) => {
    const subscription = polarSubscription({ ...wire, ...changes });
    if (!subscription) throw new Error('no subscription');
    return subscription;
  };
  const isOverIn = (type: string, changes: object, newest: object, property?: string) => {
    const { id, ...snapshot } = told(newest);
    const asked = property === undefined ? [] : [{ property }];
    return isStale(type, told(changes), { [id]: snapshot }, asked);
  };

  it.each([
    ['its status', { status: 'past_due' }],
    ['a cancellation', { canceled_at: at(2) }],
    ['a failed payment', { past_due_at: at(2) }],
    ['its end', { ended_at: at(2) }],
    ['a pause', { paused_at: at(2) }],
  ])(
    'suppresses what a newer state denies by %s, and not what one of the same version does',
    (_, change) => {
      const type = 'subscription.active';
      expect(isOverIn(type, {}, { ...change, modified_at: at(2) })).toBe(true);
      expect(isOverIn(type, {}, { modified_at: at(2) })).toBe(false);
      expect(isOverIn(type, {}, change)).toBe(false);
      expect(isOverIn(type, { modified_at: at(3) }, { ...change, modified_at: at(2) })).toBe(false);
    },
  );

  it('suppresses nothing of another subscription, an order, or one that is not known', () => {
    const newest = { modified_at: at(2), status: 'past_due' };
    expect(isOverIn('subscription.active', { id: 's2' }, newest)).toBe(false);
    expect(isOverIn('order.paid', {}, newest)).toBe(false);
    expect(isStale('subscription.active', told({}), {})).toBe(false);
  });

  it.each([
    ['status', { status: 'past_due' }],
    ['subscriptionStatus', { status: 'past_due' }],
    ['pastDueSince', { past_due_at: at(2) }],
    ['cancelAtPeriodEnd', { canceled_at: at(2) }],
    ['endReason', { ended_at: at(2) }],
  ])('looks of a change at the state, too, where a workflow asks for %s', (property, change) => {
    const [type, other] = ['subscription.updated', 'seats'];
    const newest = { ...change, modified_at: at(2) };
    expect(isOverIn(type, {}, newest, property)).toBe(true);
    expect(isOverIn(type, {}, newest, other)).toBe(false);
    expect(isOverIn(type, {}, { modified_at: at(2) }, property)).toBe(false);
    expect(isOverIn(type, {}, change, property)).toBe(false);
  });

  it.each(['subscription.cycled', 'subscription.updated'])(
    'looks of %s at period and product alone',
    (type) => {
      const period = { current_period_end: at(30), product_id: 'p1' };
      const later = { ...period, modified_at: at(2) };
      expect(isOverIn(type, period, { ...later, status: 'past_due' })).toBe(false);
      expect(isOverIn(type, period, { ...later, current_period_end: at(31) })).toBe(true);
      expect(isOverIn(type, period, { ...later, product_id: 'p2' })).toBe(true);
    },
  );
});
