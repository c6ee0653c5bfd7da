import { describe, expect, it } from 'vitest';
import type { EventRecord } from '#shared/audience/event-record.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import type { Contact, Customer } from '#shared/audience/person/person.ts';
import { outlookOfEvent } from '#shared/audience/replay/event-outlook.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { sequences } from '#test/prove/runs/workflows.ts';

const [dunning] = sequences;
const onboarding = sequences.find(({ workflowId }) => workflowId === 'onboarding');
if (dunning?.workflowId !== 'dunning' || !onboarding) throw new Error('A sequence is missing.');
const now = new Date('2026-11-10T12:00:00.000Z');
const email = normalisedEmail('ann@example.com');

const record: EventRecord = {
  ...{ webhookId: 'evt', type: 'subscription.past_due', outcome: 'applied', changes: [] },
  ...{ occurredAt: '2026-06-01T12:00:00.000Z', receivedAt: '2026-06-01T12:00:00.000Z' },
  ...{ settingsVersion: 0, contactId: 'k', email, customerId: 'c' },
  properties: { customerId: 'c', subscriptionId: 's', status: 'past_due' },
};
const customer: Customer = {
  ...{ customerId: 'c', addresses: ['ann@example.com'] },
  email: { value: 'ann@example.com', version: '1' },
  contact: { contactId: 'k', createdAt: '2026-01-01T00:00:00.000Z', source: 'polar', consent: {} },
  subscriptions: { s: { status: 'past_due', version: '1', productId: 'p' } },
};
const contact: Contact = {
  ...{ contactId: 'k', email, address: 'ann@example.com', customerId: 'c' },
  ...{ subscribed: true, consent: {}, source: 'polar', createdAt: '2026-01-01T00:00:00.000Z' },
  updatedAt: '2026-01-01T00:00:00.000Z',
};
const recipient = { customer, contact, suppression: undefined };
const settings = { ...defaultSettings, postalAddress: 'Street 1' };
const at = { settings, hasSender: true, now };
const created = { ...record, type: 'subscription.created' } as const;

describe('what a workflow would do for an event that came in now', () => {
  it('is a list with dates, however old the event is', () => {
    const found = outlookOfEvent({ ...dunning, maxAgeHours: 1 }, record, recipient, at);
    expect(found).toMatchObject({
      kind: 'sends',
      outlook: {
        steps: [
          { stepId: 'email', dueAt: now.toISOString(), did: 'sent' },
          { stepId: 'day-3', dueAt: '2026-11-13T12:00:00.000Z' },
          { stepId: 'day-7', dueAt: '2026-11-17T12:00:00.000Z' },
        ],
        end: { state: 'done' },
      },
    });
  });

  it('tells of a draft as if it were active', () => {
    const draft = { ...dunning, status: 'draft' as const };
    expect(outlookOfEvent(draft, record, recipient, at).kind).toBe('sends');
  });

  it('tells what the mailer would keep back now, beside what goes later', () => {
    const bounced = { reasons: { bounced: { at: '2026-01-01T00:00:00.000Z', by: 'SES' } } };
    const found = outlookOfEvent(onboarding, created, { ...recipient, suppression: bounced }, at);
    expect(found).toMatchObject({
      outlook: { steps: [{ did: 'skipped', reason: 'Mail to this address bounced.' }, {}, {}] },
    });
  });

  const off = (change: object) => ({
    ...settings,
    events: {
      ...settings.events,
      'subscription.past_due': { ...settings.events['subscription.past_due'], ...change },
    },
  });
  const missed: Workflow['trigger'] = {
    ...dunning.trigger,
    conditions: [{ property: 'productId', operator: 'is', value: 'other' }],
  };

  it.each([
    [
      'its event is switched off',
      dunning,
      recipient,
      { ...at, settings: off({ enabled: false }) },
      'subscription.past_due is switched off in the settings.',
    ],
    [
      'its event triggers nothing',
      dunning,
      recipient,
      { ...at, settings: off({ trigger: false }) },
      'The settings keep subscription.past_due from triggering workflows.',
    ],
    [
      'a condition does not hold',
      { ...dunning, trigger: missed },
      recipient,
      at,
      'The condition is not met: productId is other.',
    ],
    [
      'the audience does not include the contact',
      {
        ...dunning,
        audience: [{ property: 'contact.userGroup', operator: 'is', value: 'vip' } as const],
      },
      recipient,
      at,
      'The condition is not met: contact.userGroup is vip.',
    ],
    [
      'its reason is over',
      dunning,
      {
        ...recipient,
        customer: {
          ...customer,
          subscriptions: { s: { status: 'active', version: '1', productId: 'p' } },
        },
      },
      at,
      'The workflow ends early when subscription.status is not past_due.',
    ],
    [
      'nobody shows the customer',
      dunning,
      { ...recipient, contact: undefined },
      at,
      'The customer has no contact.',
    ],
    [
      'the customer is deleted',
      dunning,
      {
        ...recipient,
        customer: {
          ...customer,
          deletion: { occurredAt: '', webhookId: '', mode: 'keep' as const },
        },
      },
      at,
      'The customer was deleted in Polar.',
    ],
  ])('is nothing where %s', (_, workflow, who, around, reason) => {
    expect(outlookOfEvent(workflow, record, who, around)).toEqual({ kind: 'nothing', reason });
  });
});
