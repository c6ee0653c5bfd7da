import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sendTest } from '#infra/commands/workflows/test-mail.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { firstSend, sendsOf } from '#shared/audience/workflow.ts';
import { readyMade } from '#shared/mail/ready-made/ready-made.ts';
import { readySequences } from '#shared/mail/ready-made/sequences.ts';
import type { OutgoingMail } from '#shared/mail/ses.ts';
import { startSes } from '#test/fakes/ses.ts';
import { mailing } from '#test/support/audience/approved-mail.ts';
import { clientConfig, startDynamo } from '#test/support/cloud/emulators.ts';
import { workflowsAtWork } from './workflow-commands-at-work.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let at: Awaited<ReturnType<typeof workflowsAtWork>>;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  at = await workflowsAtWork(dynamo.client);
});

describe('npm run workflows', () => {
  it('shows the ready-made ones where there are none', async () => {
    await at.does().list();
    for (const { name } of [...readyMade, ...readySequences])
      expect(at.output()).toContain(`\n${name} `);
    expect(at.output()).toContain('npm run workflows -- add welcome --stage test');
  });

  it('adds a ready-made one as a draft and says what comes next', async () => {
    await at.does().add('receipt');
    expect(await at.only()).toMatchObject({
      workflowId: 'receipt-t1',
      version: 1,
      status: 'draft',
      trigger: { event: 'order.paid' },
      maxAgeHours: 72,
    });
    expect(at.output()).toContain('npm run workflows -- activate receipt-t1 --stage test');
  });

  it('adds a sequence with all its steps, and says of those that Polar mails, too', async () => {
    await at.does().add('dunning');
    expect(await at.only()).toMatchObject({ workflowId: 'dunning-t1', frequency: 'every-time' });
    expect((await at.only())?.steps.map(({ id }) => id)).toContain('day-20');
    expect(at.output()).toContain('Polar mails once itself');
    await at.does().list();
    expect(at.output()).toMatch(
      /^dunning-t1 +draft +subscription\.past_due +transactional \(5 emails\) /m,
    );
  });

  it('lists and shows them as documents, without what saving makes of the email', async () => {
    await at.does().add('receipt');
    const found: object[] = [];
    const does = at.does({ document: (one) => found.push(one) });
    await does.list();
    await does.show('receipt');
    const saved = await at.only();
    if (!saved) throw new Error('Nothing was saved.');
    const { audience: _, exitWhen: _e, steps: _s, ...kept } = saved;
    const receipt = { ...kept, email: firstSend(saved).email };
    expect(found).toEqual([{ workflows: [receipt] }, { ...receipt, alsoMailing: [] }]);
    expect(receipt).toMatchObject({ workflowId: 'receipt-t1', status: 'draft' });
  });

  it('gives each of them an id and a name of its own, and says both', async () => {
    await at.does().add('receipt');
    expect(at.output()).toContain('Saved "Receipt" as a draft: receipt-t1.');
    await at.does().add('receipt');
    expect(at.output()).toContain('Saved "Receipt 2" as a draft: receipt-t2.');
    const known = (await at.workflows.all()).map(({ workflowId, name }) => [workflowId, name]);
    expect(known.sort()).toEqual([
      ['receipt-t1', 'Receipt'],
      ['receipt-t2', 'Receipt 2'],
    ]);
  });

  it('lists the templates when it does not know one', async () => {
    await expect(at.does().add('newsletter')).rejects.toThrow(
      /^There is no template newsletter\.[\s\S]*\n {2}payment-failed +subscription\.past_due/,
    );
    expect(await at.workflows.all()).toEqual([]);
  });

  it('activates and pauses, with a version for each change', async () => {
    await at.does().add('receipt');
    await at.does().activate('receipt');
    expect(await at.only()).toMatchObject({ status: 'active', version: 2 });
    await at.does().activate('receipt-t1');
    expect(at.printed.at(-1)).toBe('receipt-t1 is active already.');
    await at.does().pause('receipt');
    expect(await at.only()).toMatchObject({ status: 'paused', version: 3 });
    await at.does().pause('receipt');
    expect(await at.only()).toMatchObject({ status: 'paused', version: 3 });
    await at.does().list();
    expect(at.output()).toMatch(
      /^receipt-t1 +paused +order\.paid +transactional +once per order +Receipt$/m,
    );
  });

  it('warns once where Polar mails at the same moment, with both ways out', async () => {
    const switches = { subscription_past_due: true };
    const emails = { switches, seenAt: '2026-11-23T12:00:00.000Z' };
    const connection = { server: 'production', organizationSlug: 'northlight', emails } as const;
    const polar = { polar: async () => ({ ...connection, method: 'oauth' as const }) };
    await at.does(polar).add('payment-failed');
    const warning = 'Note: Polar also mails when a payment fails';
    expect(at.output()).not.toContain('Note: Polar');
    at.printed.splice(0);
    await at.does(polar).activate('payment-failed');
    expect(at.printed[0]).toContain(warning);
    const off = '  npm run connect -- --emails-off subscription_past_due --stage test\n';
    expect(at.output()).toContain(`\nSwitch Polar's off:\n${off}`);
    expect(at.output()).toContain('npm run workflows -- pause payment-failed-t1 --stage test');
    at.printed.splice(0);
    await at.does(polar).pause('payment-failed');
    await at.does({ ...polar, maySwitchEmails: async () => false }).activate('payment-failed');
    expect(at.output()).toContain(
      `first sign in again on the console's Polar page, with the scope organizations:write:\n  npm run console -- --stage test\nThen:\n${off}`,
    );
  });

  it('says how to switch on the optional event of a workflow, until it is on', async () => {
    const warning =
      'Note: order.refunded is an optional event and switched off: nothing will be sent. Switch it on in Events & groups, which also adds it to the endpoint in Polar.\n  npm run settings -- set events.order.refunded.enabled on --stage test\n';
    await at.does().add('refund');
    expect(at.output()).toContain(warning);
    at.printed.length = 0;
    await at.does().activate('refund');
    expect(at.output()).toContain(warning);
    at.printed.length = 0;
    await at.does().pause('refund');
    const { events } = defaultSettings;
    const refunds = { ...events['order.refunded'], enabled: true };
    const settings = { ...defaultSettings, events: { ...events, 'order.refunded': refunds } };
    await at.does({ settings: async () => settings }).activate('refund');
    expect(at.output()).not.toContain('optional event');
  });

  it('warns where another active workflow mails the same people, with the ways out', async () => {
    const warning =
      'Note: receipt-t1 (“Receipt”) also mails these people at order.paid. While both are active, they get both emails.';
    await at.does().add('receipt');
    await at.does().activate('receipt-t1');
    await at.does().add('receipt');
    expect(at.output()).not.toContain('also mails');
    const all = () => Promise.reject(new Error('away'));
    const blind = at.does({ workflows: { ...at.workflows, all } });
    await expect(blind.activate('receipt-t2')).rejects.toThrow('away');
    expect(await at.workflows.find('receipt-t2')).toMatchObject({ status: 'draft' });
    await at.does().activate('receipt-t2');
    expect(at.output()).toContain(`${warning}\nreceipt-t2 is active`);
    expect(at.output()).toMatch(
      /Keep one of them active\. To pause one:\n {2}npm run workflows -- pause receipt-t1 --stage test\n {2}npm run workflows -- pause receipt-t2 --stage test$/,
    );
    at.printed.length = 0;
    await at.does().show('receipt-t2');
    expect(at.output()).toContain(warning);
    const found: object[] = [];
    await at.does({ document: (one) => found.push(one) }).show('receipt-t2');
    expect(found).toMatchObject([{ workflowId: 'receipt-t2', alsoMailing: ['receipt-t1'] }]);
    const { events } = defaultSettings;
    const off = { ...events, 'order.paid': { ...events['order.paid'], trigger: false } };
    at.printed.length = 0;
    await at
      .does({ settings: async () => ({ ...defaultSettings, events: off }) })
      .show('receipt-t2');
    await at.does().pause('receipt-t1');
    await at.does().show('receipt-t2');
    expect(at.output()).not.toContain('also mails');
  });

  it('does not activate marketing without a postal address, and says how to set one', async () => {
    const none = { settings: async () => defaultSettings };
    await at.does(none).add('welcome');
    expect(at.output()).toContain('Before it can be activated');
    await expect(at.does(none).activate('welcome')).rejects.toThrow(
      /^welcome-t1 cannot be activated\. .*postal address.*\n {2}npm run brand -- set postalAddress/,
    );
    expect(await at.only()).toMatchObject({ status: 'draft' });
    await at.does().activate('welcome');
    expect(await at.only()).toMatchObject({ status: 'active' });
  });

  it('compiles again what it activates, and refuses what no longer compiles', async () => {
    await at.does().add('receipt');
    const saved = await at.only();
    if (!saved) throw new Error('Nothing was saved.');
    const older = mailing(saved, {}, { subject: 'compiled by an older version' });
    await at.workflows.save({ ...older, version: 2 });
    await at.does().activate('receipt');
    expect(await at.only()).toMatchObject({ steps: saved.steps });
    const wrong = mailing(saved, { subject: '{{ event.total }}' });
    await at.workflows.save({ ...wrong, version: 4 });
    await expect(at.does().activate('receipt')).rejects.toThrow(
      /There is no variable event\.total/,
    );
  });

  it('does not overwrite what someone else changed meanwhile', async () => {
    await at.does().add('receipt');
    const before = await at.only();
    if (!before) throw new Error('Nothing was saved.');
    await at.workflows.save({ ...before, version: 2, name: 'Changed by someone else' });
    const reads = { ...at.workflows, find: async () => before };
    await expect(at.does({ workflows: reads }).activate('receipt')).rejects.toThrow(
      /^Someone else changed it at the same moment/,
    );
    expect(await at.only()).toMatchObject({ name: 'Changed by someone else', status: 'draft' });
  });

  it('asks which one where a short id means several, and names all where it means none', async () => {
    const verbs = at.does();
    await expect(verbs.show('receipt')).rejects.toThrow(/there is none at all yet/);
    await verbs.add('receipt');
    await verbs.add('receipt');
    await expect(verbs.pause('receipt')).rejects.toThrow('Say which one: receipt-t1, receipt-t2.');
    await expect(verbs.show('rec')).rejects.toThrow(/it is one of receipt-t1, receipt-t2\.$/);
  });

  it('shows what a person wrote of a workflow', async () => {
    await at.does().add('cancellation-scheduled');
    await at.does().show('cancellation-scheduled');
    expect(at.output()).toMatch(
      /^conditions +cancelAtPeriodEnd is true\n +and endedAt is not set$/m,
    );
    expect(at.output()).toMatch(/^subject +Your cancellation is confirmed$/m);
  });
});

describe('npm run workflows -- test', () => {
  it.each(readyMade)('renders $name with made-up values', async ({ name, email }) => {
    await at.does().add(name);
    await at.does().test(name, 'you@example.com');
    const [mail] = at.mails;
    expect(mail).toMatchObject({ to: 'you@example.com', from: 'Example <hello@example.com>' });
    expect(mail?.subject).toMatch(/^\[Test\] \S/);
    expect(mail?.html).toContain('Ada');
    const isMarketing = email.kind === 'marketing';
    expect(mail?.text.includes('Example Shop, Street 1')).toBe(true);
    expect(mail?.headers['List-Unsubscribe']).toBe(
      isMarketing ? '<https://api.example.com/unsubscribe/test>' : undefined,
    );
  });

  it('sends the email of a step, and names the steps where there is no such one', async () => {
    await at.does().add('dunning');
    await at.does().test('dunning', 'you@example.com', 'day-3');
    const dunning = (await at.workflows.all()).find(
      ({ workflowId }) => workflowId === 'dunning-t1',
    );
    const second = dunning && sendsOf(dunning)[1];
    expect(second?.id).toBe('day-3');
    expect(at.mails[0]?.html).not.toBe('');
    expect(at.mails).toHaveLength(1);
    await expect(at.does().test('dunning', 'you@example.com', 'wait-1')).rejects.toThrow(
      /^dunning-t1 sends no email at step wait-1\. It sends at: day-0, day-3/,
    );
  });

  it('says what SES says', async () => {
    const ses = await startSes();
    try {
      const sesv2 = clientConfig(ses.endpoint);
      const send = (mail: OutgoingMail) => sendTest(mail, sesv2);
      await at.does({ send }).add('receipt');
      await at.does({ send }).test('receipt', 'you@example.com');
      expect(ses.sent).toMatchObject([{ to: 'you@example.com', ledgerKey: 'test' }]);
      expect(at.printed.at(-1)).toContain('SES message ses-1');
      for (const [mood, sentence] of [
        ['reject', /^It was not sent\. SES says: MessageRejected/],
        ['throttle', /^It was not sent\. SES says: TooManyRequestsException/],
        ['lost', /^It may have been sent, look into the mailbox/],
      ] as const) {
        ses.behave([mood][Symbol.iterator]());
        await expect(at.does({ send }).test('receipt', 'you@example.com')).rejects.toThrow(
          sentence,
        );
      }
      expect(ses.calls()).toBe(4);
    } finally {
      await ses.stop();
    }
  });
});
