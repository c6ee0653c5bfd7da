import { expect, it } from 'vitest';
import { ledgerKeyOf } from '#shared/audience/consider-workflows.ts';
import { markLostOrders } from '#shared/audience/replay/lost-order.ts';
import { rehearseLostOrder } from '#shared/audience/replay/rehearsal.ts';
import { settle } from '#shared/audience/rows/unit-of-work.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { lostOrderEvent } from '#shared/polar/backfill-events.ts';
import { polarEvent } from '#shared/polar/event.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { order } from '#shared/polar/sample/sample-purchase.ts';
import { uuidOf } from '#shared/polar/sample/sample-values.ts';
import { approvedMail, mailing } from '#test/support/audience/approved-mail.ts';
import { audienceStory } from '#test/support/audience/audience-story.ts';

const now = new Date('2026-11-23T11:00:00Z');
const email = 'ann@example.com';
const person = { customerId: uuidOf(email), email, name: 'Ann', externalId: null, isNew: true };
const row = order(person, now, null);

function workflow(patch: Partial<Workflow>): Workflow {
  const { workflow: approved } = approvedMail();
  if (!approved) throw new Error('approvedMail has no workflow');
  const transactional = mailing(approved, { kind: 'transactional' });
  return { ...transactional, trigger: { event: 'order.paid', conditions: [] }, ...patch };
}

/** The event that `recover` makes of the order as Polar's API shows it. */
function lost(of: object = row) {
  const event = lostOrderEvent({ ...row, ...of });
  if (event.kind === 'unreadable') throw new Error(event.reason);
  return { ...event.made.event, webhookId: event.made.webhookId, receivedAt: now.toISOString() };
}

/** Polar's own webhook about it, which tells of an older version of the order. */
function genuine() {
  const data = { ...row, modified_at: row.created_at };
  const parsed = polarEvent(
    JSON.stringify({ type: 'order.paid', timestamp: row.created_at, data }),
  );
  if (parsed.kind === 'unreadable') throw new Error(parsed.reason);
  return { ...parsed.event, webhookId: 'evt-1', receivedAt: now.toISOString() };
}

it('a lost order has one id, however often Polar changes it', () => {
  const later = { modified_at: new Date(now.getTime() + 60_000).toISOString() };
  expect(lost(later).webhookId).toBe(lost().webhookId);
  expect(lost().webhookId).toBe(`backfill-order-${row.id}`);
});

it.each(['every-time', 'once-per-contact', 'once-per-order'] as const)(
  'a workflow that sends %s mails once, whether the order or Polar’s own webhook comes first',
  async (frequency) => {
    const story = audienceStory();
    const waiting = workflow({ frequency });
    const marking = { id: person.customerId, organizationId: 'org-1' };
    const contact = { contactId: 'c-1', createdAt: '', source: '', consent: {} };
    const mark = async () =>
      settle(
        story.store,
        (w) => markLostOrders(w, marking, [row.id]),
        async () => undefined,
      );
    await mark();
    await mark();
    const marked = { contact, ...story.customer(person.customerId) };
    expect(marked).toMatchObject({ lostOrders: [row.id], organizationId: 'org-1' });
    const key = ledgerKeyOf(waiting, lost(), marked);
    expect(key).toMatch(/^[\w-]{43}$/);
    expect(ledgerKeyOf(waiting, genuine(), marked)).toBe(key);
    const other = polarEvent(JSON.stringify(polarPayload('order.paid', person, now)));
    if (other.kind === 'unreadable') throw new Error(other.reason);
    const another = { ...other.event, webhookId: 'evt-2', receivedAt: now.toISOString() };
    const isOnce = frequency === 'once-per-contact';
    expect(ledgerKeyOf(waiting, another, marked) === key).toBe(isOnce);
  },
);

it('a mark lasts, however many orders of one customer are lost, and changes nothing else of the row', async () => {
  const story = audienceStory();
  const ids = Array.from({ length: 120 }, (_, index) => uuidOf(`order ${index}`));
  const mark = (organizationId: string, orderIds: readonly string[]) =>
    settle(
      story.store,
      (w) => markLostOrders(w, { id: person.customerId, organizationId }, orderIds),
      async () => undefined,
    );
  await mark('org-1', ids.slice(0, 60));
  await mark('org-2', ids.slice(50));
  expect(story.customer(person.customerId)).toEqual({
    ...{ customerId: person.customerId, organizationId: 'org-1', addresses: [], lostOrders: ids },
  });
});

it('a rehearsal says whose mails are due, and writes nothing', async () => {
  const story = audienceStory();
  const sent = {
    ...{ workflowId: 'sent', workflowVersion: 1, webhookId: 'evt-1', customerId: 'c1' },
    ...{ state: 'sent' as const, createdAt: '', updatedAt: '' },
  };
  const parts = {
    store: story.store,
    surroundings: story.surroundings,
    workflows: [
      workflow({ workflowId: 'receipt', frequency: 'every-time' }),
      workflow({ workflowId: 'old', maxAgeHours: 0.5 }),
      workflow({ workflowId: 'sent', frequency: 'once-per-order' }),
    ],
    emailUnder: async (key: string) =>
      key === ledgerKeyOf(workflow({ workflowId: 'sent', frequency: 'once-per-order' }), lost(), {})
        ? { ...sent, ledgerKey: key }
        : undefined,
    hasSender: true,
  };
  const { record, mails } = await rehearseLostOrder(lost(), parts);
  expect(mails).toEqual([
    expect.objectContaining({ workflowId: 'receipt', goes: true }),
    expect.objectContaining({ workflowId: 'sent', goes: false, reason: 'Already sent.' }),
  ]);
  expect(record.workflows).toContainEqual(
    expect.objectContaining({ workflowId: 'old', reason: expect.stringContaining('older') }),
  );
  expect(story.rows.customers.size + story.records.size).toBe(0);
});
