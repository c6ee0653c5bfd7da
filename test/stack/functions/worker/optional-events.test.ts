import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { MailMessage } from '#shared/audience/emails/email.ts';
import { defaultSettings, type Settings } from '#shared/audience/settings/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { type OptionalEventType, optionalEventTypes } from '#shared/polar/event-types.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { sequences } from '#test/prove/runs/workflows.ts';
import { approvedMail } from '#test/support/audience/approved-mail.ts';
import { startWorker } from '#test/support/audience/worker-at-work.ts';

const now = new Date('2026-11-02T12:00:00.000Z');
let work: Awaited<ReturnType<typeof startWorker>>;
beforeAll(async () => {
  work = await startWorker({ now: () => now });
});
afterAll(() => work.stop());

let made = 0;

/** Tells the worker one event of somebody new, with this setting of it. */
async function tell(type: OptionalEventType, setting: Partial<Settings['events']['order.paid']>) {
  made += 1;
  const webhookId = `evt-${made}`;
  const email = `somebody-${made}@example.com`;
  const customerId = `5b1f7f6e-0000-4000-8000-${String(made).padStart(12, '0')}`;
  const person = { customerId, email, name: 'Ann Adams', externalId: null, isNew: true };
  await work.queue(webhookId, type, JSON.stringify(polarPayload(type, person, now)));
  const own = { ...defaultSettings.events[type], ...setting };
  const settings = { ...defaultSettings, events: { ...defaultSettings.events, [type]: own } };
  const mails: MailMessage[] = [];
  const { workflow } = approvedMail();
  if (!workflow) throw new Error('approvedMail has no workflow');
  const waiting: Workflow = {
    ...{ ...workflow, workflowId: `w-${type}`, frequency: 'every-time' },
    trigger: { event: type, conditions: [] },
  };
  const failed = await work.drain({
    settings: async () => settings,
    workflows: async () => [waiting],
    workflowsNow: async () => [waiting],
    sendMail: async (mail) => mails.push(mail),
  });
  expect(failed).toEqual([]);
  return {
    record: await work.item('Events', { webhookId }),
    customer: await work.item('Customers', { customerId }),
    contact: await work.item('Contacts', { email }),
    mails,
  };
}

it.each(optionalEventTypes)(
  '%s that is on brings its facts and triggers workflows',
  async (type) => {
    const { record, contact, mails } = await tell(type, { enabled: true });
    expect(record).toMatchObject({ type, outcome: 'applied' });
    expect(contact).toMatchObject({ firstName: 'Ann', lastName: 'Adams' });
    expect(record?.['workflows']).toMatchObject([{ verdict: 'send' }]);
    expect(mails).toHaveLength(1);
  },
);

it.each(optionalEventTypes)('%s that is on may be kept from triggering workflows', async (type) => {
  const { record, mails } = await tell(type, { enabled: true, trigger: false });
  expect(record).toMatchObject({ outcome: 'applied', workflows: [{ verdict: 'skip' }] });
  expect(mails).toEqual([]);
});

it.each(optionalEventTypes)('%s that is off is skipped and mails nobody', async (type) => {
  const { record, contact, customer, mails } = await tell(type, {});
  const reason = `${type} is switched off in the settings.`;
  expect(record).toMatchObject({ type, outcome: 'skipped', reason });
  expect(record).not.toHaveProperty('workflows');
  expect(contact).toBeUndefined();
  expect(mails).toEqual([]);
  const snapshots = Object.values(Object(customer?.['subscriptions']));
  // A refunded purchase belongs to no subscription.
  expect(snapshots).toHaveLength(type === 'order.refunded' ? 0 : 1);
});

const [anySend] = sequences[0]?.steps ?? [];
if (anySend?.kind !== 'send') throw new Error('The first sequence begins with an email.');
const untilTheRenewal: Workflow = {
  ...{ workflowId: 'w-renewal', version: 1, name: 'Renewal', status: 'active', maxAgeHours: 72 },
  trigger: { event: 'subscription.created', conditions: [] },
  ...{ frequency: 'once-per-subscription', audience: [], exitWhen: [] },
  steps: [{ kind: 'wait', id: 'before', until: { date: 'periodEnd', offsetHours: -72 } }, anySend],
  ...{ createdAt: now.toISOString(), updatedAt: now.toISOString() },
};

it.each([true, false])(
  'a date that is moved reaches the run that waits for it at once, also where subscription.updated is off: %s',
  async (enabled) => {
    const customerId = `5b1f7f6e-0000-4000-9000-00000000000${enabled ? 1 : 2}`;
    const email = `renews-${enabled}@example.com`;
    const person = { customerId, email, name: 'Ann', externalId: null, isNew: true };
    const own = { ...defaultSettings.events['subscription.updated'], enabled };
    const events = { ...defaultSettings.events, 'subscription.updated': own };
    const runNow = async () =>
      (await work.items('Runs')).find((run) => run['customerId'] === customerId);
    const tellAt = async (type: 'subscription.created' | 'subscription.updated', at: Date) => {
      const body = JSON.stringify(polarPayload(type, person, at));
      await work.queue(`${type}-${enabled}`, type, body);
      const failed = await work.drain({
        settings: async () => ({ ...defaultSettings, events }),
        workflows: async () => [untilTheRenewal],
        workflowsNow: async () => [untilTheRenewal],
      });
      expect(failed).toEqual([]);
      return Date.parse(String((await runNow())?.['dueAt']));
    };
    const periodMs = 30 * 86_400_000;
    const before = await tellAt('subscription.created', now);
    expect(before).toBe(now.getTime() + periodMs - 72 * 3_600_000);
    // The made-up one says that the period ends a whole period later.
    const hourLater = new Date(now.getTime() + 3_600_000);
    expect(await tellAt('subscription.updated', hourLater)).toBe(before + periodMs + 3_600_000);
  },
);

it('the settings of an earlier version, which say nothing of them, are read', async () => {
  const { events, ...rest } = defaultSettings;
  const old = Object.fromEntries(
    Object.entries(events).filter(([type]) => !optionalEventTypes.some((one) => one === type)),
  );
  const Item = { ...rest, name: 'settings', version: 7, events: old };
  await work.db.send(new PutCommand({ TableName: work.tableOf('Settings'), Item }));
  expect(await work.parts.settings()).toEqual({ ...defaultSettings, version: 7 });
});
