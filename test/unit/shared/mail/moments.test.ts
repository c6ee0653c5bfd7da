import { describe, expect, it } from 'vitest';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { momentRows, overlapsOf, overlapWarnings } from '#shared/mail/moments.ts';
import { type ReadyMade, readyMade } from '#shared/mail/ready-made/ready-made.ts';
import {
  changedSwitches,
  customerEmailKeys,
  customerEmailsOf,
} from '#shared/polar/customer-emails.ts';

const { events } = defaultSettings;
const switched = (isOn: boolean): Record<string, boolean> =>
  Object.fromEntries(customerEmailKeys.map((key) => [key, isOn] as const));

type Ours = Parameters<typeof momentRows>[1][number];

function workflow(name: string, changes: Partial<Ours> = {}): Ours {
  const found = readyMade.find((one) => one.name === name);
  if (!found) throw new Error(`There is no ready-made ${name}.`);
  return { ...asWorkflow(found), ...changes };
}

function asWorkflow({ name, title, event, conditions, frequency }: ReadyMade): Ours {
  const trigger = { event, conditions: [...conditions] };
  return { workflowId: name, name: title, status: 'active', version: 1, trigger, frequency };
}

function rowAt(key: string, ...of: Parameters<typeof momentRows>) {
  const row = momentRows(...of).find((one) => one.key === key);
  if (!row) throw new Error(`There is no row ${key}.`);
  return row;
}

describe('the table of moments', () => {
  it('has a row for each of the mails that Polar can send', () => {
    expect(customerEmailKeys).toHaveLength(14);
    const rows = momentRows(switched(true), [], events);
    expect(rows.map(({ key }) => key)).toEqual([...customerEmailKeys]);
    expect(new Set(rows.map(({ title }) => title)).size).toBe(14);
  });

  /** Which ready-made workflows mail at the same moment; the others of the 14 moments have no webhook of ours. */
  const ready: Readonly<Record<(typeof customerEmailKeys)[number], readonly string[]>> = {
    order_confirmation: ['receipt'],
    subscription_confirmation: ['receipt', 'subscription-started', 'subscription-active'],
    subscription_cycled: ['receipt'],
    subscription_cycled_after_trial: ['receipt'],
    subscription_updated: ['receipt'],
    subscription_past_due: ['payment-failed'],
    subscription_cancellation: ['cancellation-scheduled'],
    subscription_uncanceled: ['cancellation-withdrawn'],
    subscription_revoked: ['access-ended'],
    subscription_paused: [],
    subscription_resumed: [],
    subscription_renewal_reminder: [],
    subscription_trial_conversion_reminder: [],
    payment_method_expiration_reminder: [],
  };

  describe.each(customerEmailKeys)('%s', (key) => {
    const names = ready[key];

    it('is the moment of these ready-made workflows', () => {
      const row = rowAt(key, switched(true), readyMade.map(asWorkflow), events);
      expect(row.workflows.map(({ workflowId }) => workflowId).sort()).toEqual([...names].sort());
      expect(row.workflows.every(({ isSure }) => isSure)).toBe(true);
    });

    it('says what the customer gets with Polar on, off and unknown, and nothing of ours', () => {
      expect(rowAt(key, switched(true), [], events)).toMatchObject({
        polar: 'on',
        ours: 'none',
        gets: 'one',
        mark: undefined,
      });
      const off = rowAt(key, switched(false), [], events);
      expect(off).toMatchObject({ polar: 'off', ours: 'none', gets: 'nothing' });
      for (const emails of [undefined, {}]) {
        expect(rowAt(key, emails, [], events)).toMatchObject({
          polar: 'unknown',
          ours: 'none',
          gets: 'nothing or one',
          mark: undefined,
        });
      }
    });
  });

  const shared = customerEmailKeys.filter((key) => ready[key].length > 0);
  it.each(shared)('says what the customer gets at %s with one of ours beside it', (key) => {
    const ours = [workflow(ready[key][0] ?? '')];
    const two = { ours: 'active', gets: 'two', mark: 'twice' };
    expect(rowAt(key, switched(true), ours, events)).toMatchObject(two);
    const one = { ours: 'active', gets: 'one', mark: undefined };
    expect(rowAt(key, switched(false), ours, events)).toMatchObject(one);
    const perhaps = { ours: 'active', gets: 'one or two', mark: 'twice' };
    expect(rowAt(key, {}, ours, events)).toMatchObject(perhaps);
    const paused = ours.map((one) => ({ ...one, status: 'paused' as const }));
    const alone = { ours: 'paused', gets: 'one', mark: undefined };
    expect(rowAt(key, switched(true), paused, events)).toMatchObject(alone);
    const drafts = ours.map((one) => ({ ...one, status: 'draft' as const }));
    expect(rowAt(key, switched(true), drafts, events)).toMatchObject({ ours: 'none' });
  });

  it('marks the moments of money at which nobody mails, and no others', () => {
    const marked = momentRows(switched(false), [], events).filter(({ mark }) => mark === 'nobody');
    expect(marked.map(({ key }) => key)).toEqual([
      'order_confirmation',
      'subscription_confirmation',
      'subscription_cycled',
      'subscription_cycled_after_trial',
      'subscription_updated',
      'subscription_past_due',
      'subscription_renewal_reminder',
      'subscription_trial_conversion_reminder',
      'payment_method_expiration_reminder',
    ]);
  });

  it('counts all of ours: three workflows at one moment are three mails', () => {
    const ours = ['receipt', 'subscription-started', 'subscription-active'].map((name) =>
      workflow(name),
    );
    const row = rowAt('subscription_confirmation', switched(false), ours, events);
    expect(row).toMatchObject({ polar: 'off', gets: 'three', mark: 'twice' });
    const both = rowAt('subscription_confirmation', switched(true), [...ours, ...ours], events);
    expect(both).toMatchObject({ gets: 'seven' });
  });

  const withCondition = (name: string, condition: Workflow['trigger']['conditions'][number]) => {
    const found = workflow(name);
    return { ...found, trigger: { ...found.trigger, conditions: [condition] } };
  };

  it.each([
    [{ property: 'billingReason', operator: 'is', value: 'purchase' }, 'two', 'one'],
    [{ property: 'billingReason', operator: 'is-not', value: 'purchase' }, 'one', 'two'],
    [{ property: 'subscriptionId', operator: 'is-set' }, 'one or two', 'two'],
    [{ property: 'productId', operator: 'is', value: 'p-1' }, 'one or two', 'one or two'],
  ] as const)('reads the conditions of ours: %o', (condition, atPurchase, atRenewal) => {
    const ours = [withCondition('receipt', condition)];
    expect(rowAt('order_confirmation', switched(true), ours, events).gets).toBe(atPurchase);
    const renewal = rowAt('subscription_updated', switched(true), ours, events);
    expect(renewal.gets).toBe(atRenewal);
  });

  const optional = (
    event: Ours['trigger']['event'],
    conditions: Ours['trigger']['conditions'] = [],
  ) => ({
    ...workflow('receipt'),
    trigger: { event, conditions },
  });
  const keysOf = (of: Ours) => overlapsOf(of, switched(true)).map(({ key }) => key);

  it('knows at which moments the optional events come', () => {
    expect(keysOf(optional('order.refunded'))).toEqual([]);
    expect(keysOf(optional('subscription.paused'))).toEqual([]);
    expect(keysOf(optional('subscription.resumed'))).toEqual(['subscription_resumed']);
    expect(keysOf(optional('subscription.cycled'))).toEqual([
      'subscription_cycled',
      'subscription_cycled_after_trial',
    ]);
    const isBooked = { property: 'pauseAtPeriodEnd', operator: 'is', value: 'true' } as const;
    expect(keysOf(optional('subscription.updated', [isBooked]))).toContain('subscription_paused');
    const isOver = { property: 'status', operator: 'is', value: 'canceled' } as const;
    const ends = keysOf(optional('subscription.updated', [isOver]));
    expect(ends).toContain('subscription_revoked');
    expect(ends).not.toContain('subscription_past_due');
  });

  it('counts no mail of a workflow whose event is off', () => {
    const ours = [optional('subscription.resumed')];
    const key = 'subscription_resumed';
    expect(rowAt(key, switched(true), ours, events)).toMatchObject({ gets: 'one' });
    const own = { ...events['subscription.resumed'], enabled: true };
    const on = { ...events, 'subscription.resumed': own };
    expect(rowAt(key, switched(true), ours, on)).toMatchObject({ gets: 'two', mark: 'twice' });
  });

  it('is not sure of a mail at each renewal from an event that also comes when the payment fails', () => {
    const ours = [optional('subscription.cycled')];
    const own = { ...events['subscription.cycled'], enabled: true };
    const on = { ...events, 'subscription.cycled': own };
    expect(rowAt('subscription_cycled', switched(true), ours, on).gets).toBe('one or two');
  });

  it('tells the cancellation that is booked from the end, which have one event', () => {
    const booked = [workflow('cancellation-scheduled')];
    expect(rowAt('subscription_revoked', switched(true), booked, events).gets).toBe('one');
    const both = booked.map((one) => ({
      ...one,
      trigger: { event: one.trigger.event, conditions: [] },
    }));
    expect(rowAt('subscription_revoked', switched(true), both, events).gets).toBe('two');
  });

  it('knows that a workflow which mails once per contact does not mail at each purchase', () => {
    const ours = [workflow('receipt', { frequency: 'once-per-contact' })];
    expect(rowAt('order_confirmation', switched(true), ours, events).gets).toBe('one or two');
    const perSubscription = [workflow('receipt', { frequency: 'once-per-subscription' })];
    const renewal = rowAt('subscription_cycled', switched(true), perSubscription, events);
    expect(renewal.gets).toBe('one or two');
  });

  it('counts nothing of ours where the settings keep the event from workflows', () => {
    for (const field of ['enabled', 'trigger'] as const) {
      const off = { ...events, 'order.paid': { ...events['order.paid'], [field]: false } };
      const row = rowAt('order_confirmation', switched(true), [workflow('receipt')], off);
      expect(row).toMatchObject({ ours: 'paused', gets: 'one' });
    }
  });

  it('reports a switch that it does not know as unknown, and guesses no missing or odd one', () => {
    const emails = customerEmailsOf({
      ...switched(true),
      subscription_paused: 'yes',
      order_shipped: true,
    });
    const rows = momentRows(emails, [workflow('receipt')], events);
    expect(rows).toHaveLength(15);
    expect(rows.at(-1)).toMatchObject({
      key: 'order_shipped',
      polar: 'on',
      ours: 'unknown',
      gets: 'unknown',
    });
    const odd = rows.find(({ key }) => key === 'subscription_paused');
    expect(odd).toMatchObject({ polar: 'unknown', gets: 'nothing or one' });
  });
});

describe('what changed of the switches', () => {
  it('is each one that is another now, came or went', () => {
    const before = switched(true);
    expect(changedSwitches(before, switched(true))).toEqual([]);
    const changed: Record<string, boolean> = { ...before, order_confirmation: false };
    const { subscription_paused: _, ...fewer } = changed;
    expect(changedSwitches(before, { ...fewer, order_shipped: true })).toEqual([
      { key: 'order_confirmation', from: 'on', to: 'off' },
      { key: 'subscription_paused', from: 'on', to: 'unknown' },
      { key: 'order_shipped', from: 'unknown', to: 'on' },
    ]);
  });
});

describe('the warning before a workflow is activated', () => {
  it('names each moment at which Polar mails, too, and fits drafts as well', () => {
    const [warning, ...more] = overlapWarnings(
      overlapsOf(workflow('payment-failed'), switched(true)),
    );
    expect(warning).toContain(
      'Polar also mails when a payment fails. While this workflow is active, customers get both emails:',
    );
    expect(more).toEqual([]);
    const ofReceipt = overlapsOf(workflow('receipt'), switched(true));
    expect(ofReceipt).toHaveLength(5);
    expect(overlapWarnings(ofReceipt)[0]).toMatch(/when .* and at 3 other moments\. While/);
  });

  it('is none where Polar does not mail, and none for a moment that Polar does not have', () => {
    expect(overlapWarnings(overlapsOf(workflow('receipt'), switched(false)))).toEqual([]);
    expect(overlapsOf(workflow('welcome'), switched(true))).toEqual([]);
  });

  it('says where it is not known', () => {
    const emails: Record<string, boolean> = { ...switched(false), order_confirmation: true };
    const { subscription_cycled: _, ...unsure } = emails;
    const warnings = overlapWarnings(overlapsOf(workflow('receipt'), unsure));
    expect(warnings).toHaveLength(2);
    expect(warnings[1]).toContain('Polar may also mail when a renewal or a usage bill is paid');
  });
});
