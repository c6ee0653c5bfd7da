import { expect, it } from 'vitest';
import { effectOf, type PastEvent } from '#infra/commands/workflows/files/effect.ts';
import { type PastEventParts, pastEvents } from '#infra/commands/workflows/files/past-events.ts';
import {
  lookedAtLines,
  plannedDocument,
  plannedLines,
} from '#infra/commands/workflows/files/plan-text.ts';
import type { EventRecord } from '#shared/audience/event-record.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import { firstSend, type Workflow } from '#shared/audience/workflow.ts';
import { approvedMail } from '#test/support/audience/approved-mail.ts';

const { workflow } = approvedMail();
if (!workflow) throw new Error('No workflow');
const receipt: Workflow = {
  ...workflow,
  workflowId: 'receipt',
  trigger: { event: 'order.paid', conditions: [] },
  frequency: 'every-time',
};
const isRenewal = { property: 'billingReason', operator: 'is', value: 'renewal' } as const;

let count = 0;
function paid(changed: Partial<PastEvent> = {}): PastEvent {
  count += 1;
  const at = new Date(Date.parse('2026-11-20T12:00:00.000Z') + count * 1_000).toISOString();
  return {
    ...{ webhookId: `evt-${count}`, type: 'order.paid', occurredAt: at, receivedAt: at },
    ...{ customerId: 'c1', contactId: 'contact-1', email: normalisedEmail('ann@example.com') },
    properties: { customerId: 'c1', billingReason: 'purchase' },
    ...changed,
  };
}
const renewed = (changed: Partial<PastEvent> = {}) =>
  paid({ properties: { customerId: 'c1', billingReason: 'renewal' }, ...changed });

const recorded: EventRecord = {
  ...paid(),
  ...{ outcome: 'applied', changes: [], settingsVersion: 1 },
};

const idsOf = (mails: readonly { webhookId: string }[]) => mails.map(({ webhookId }) => webhookId);

it('a condition more takes mails away, a condition less brings them', () => {
  const narrow = { ...receipt, trigger: { ...receipt.trigger, conditions: [isRenewal] } };
  const [one, two] = [paid(), renewed()];
  const less = effectOf(receipt, narrow, [one, two]);
  expect(less).toMatchObject({ before: 2, after: 1, added: [] });
  expect(idsOf(less.gone)).toEqual([one.webhookId]);
  expect(idsOf(effectOf(narrow, receipt, [one, two]).added)).toEqual([one.webhookId]);
});

it('counts by the frequency, and keeps the first of those that count once', () => {
  const once: Workflow = { ...receipt, frequency: 'once-per-contact' };
  const [one, two, other] = [paid(), paid(), paid({ contactId: 'contact-2' })];
  const effect = effectOf(receipt, once, [two, other, one]);
  expect(effect).toMatchObject({ before: 3, after: 2 });
  expect(idsOf(effect.gone)).toEqual([two.webhookId]);
});

it('judges the age of an event when it came', () => {
  const late = paid({ occurredAt: '2026-11-20T00:00:00.000Z' });
  expect(effectOf(receipt, { ...receipt, maxAgeHours: 1 }, [late, paid()])).toMatchObject({
    before: 2,
    after: 1,
  });
});

it('counts no mail for who has no address, was erased, or whose news was over', () => {
  const stale = {
    workflowId: 'x',
    version: 1,
    name: 'X',
    verdict: 'skip',
    reason: 'The subscription has changed since, so this event is out of date.',
    isStale: true,
  } as const;
  const events = [paid({ email: undefined }), paid({ erased: true }), paid({ workflows: [stale] })];
  expect(effectOf(receipt, receipt, events)).toMatchObject({ before: 0, after: 0 });
});

it('counts nothing before of what was not active, and says so of what is not active after', () => {
  const draft: Workflow = { ...receipt, status: 'draft' };
  expect(effectOf(draft, receipt, [paid()])).toMatchObject({
    before: 0,
    after: 1,
    isOnceActive: false,
  });
  expect(effectOf(undefined, draft, [paid()])).toMatchObject({
    before: 0,
    after: 1,
    isOnceActive: true,
  });
});

it('counts each step that sends, and says what it assumes', () => {
  const send = { ...firstSend(receipt), id: 'later', onlyIf: [isRenewal] };
  const wait = { kind: 'wait', id: 'wait-1', for: { hours: 24 } } as const;
  const audience = [{ property: 'contact.subscribed', operator: 'is', value: 'true' }] as const;
  const steps = [...receipt.steps, wait, send];
  const more: Workflow = { ...receipt, audience: [...audience], exitWhen: [isRenewal], steps };
  const effect = effectOf(receipt, more, [paid(), renewed()]);
  expect(effect).toMatchObject({ before: 2, after: 3, added: [{ step: 'later' }] });
  expect(effect.assumed).toHaveLength(2);
});

it('shows examples with masked addresses only', () => {
  const planned = {
    ...{ workflowId: 'receipt', warnings: [], written: {}, changes: [] },
    kind: 'changed',
    ...{ before: receipt, after: receipt },
  } as const;
  const effect = effectOf({ ...receipt, status: 'draft' }, receipt, [
    paid(),
    paid(),
    paid(),
    paid(),
  ]);
  const text = plannedLines(planned, effect).join('\n');
  expect(text).toContain('4 would have gone in addition, such as');
  expect(text.match(/a\*\*\*@example\.com/g)).toHaveLength(3);
  expect(text + JSON.stringify(plannedDocument(planned, effect))).not.toContain('ann@');
});

it('reads back from now until there are enough, and says what was not looked at', async () => {
  const now = new Date('2026-11-23T12:00:00.000Z');
  const spans: number[] = [];
  const parts: PastEventParts = {
    events: {
      async *chosen(choice) {
        if (choice.kind === 'one') return;
        spans.push((Date.parse(choice.until) - Date.parse(choice.since)) / 3_600_000);
        yield [
          { ...recorded, webhookId: `evt-${spans.length}` },
          { ...recorded, webhookId: 'other', type: 'customer.created' },
        ];
      },
    },
    recordOf: async (webhookId) => ({ ...recorded, webhookId }),
    ...{ now, days: 30, mostEvents: 1_000, mostListed: 1_000 },
  };
  const whole = await pastEvents(new Set(['order.paid']), parts);
  expect(spans.reduce((sum, span) => sum + span, 0)).toBe(30 * 24);
  expect(Math.max(...spans)).toBe(24);
  expect(whole.events).toHaveLength(spans.length);
  expect(whole.lookedSince).toBe(whole.since);

  const some = await pastEvents(new Set(['order.paid']), { ...parts, mostEvents: 3 });
  expect(some.events).toHaveLength(3);
  expect(some.lookedSince).toBe('2026-11-23T05:00:00.000Z');
  expect(lookedAtLines(some).join(' ')).toContain('they were not looked at');
  const few = await pastEvents(new Set(['order.paid']), { ...parts, mostListed: 3 });
  expect(few.events).toHaveLength(1);
});
