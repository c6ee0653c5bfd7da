import { describe, expect, it } from 'vitest';
import { ledgerKeyOf } from '#shared/audience/consider-workflows.ts';
import type { EventRecord } from '#shared/audience/event-record.ts';
import { firstSend, type Workflow } from '#shared/audience/workflow.ts';
import type { EventProperties } from '#shared/polar/event-properties.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import { mailsOf } from '#shared/queue/mail-queue.ts';
import { approvedMail, mailing } from '#test/support/audience/approved-mail.ts';
import { audienceStory, settingsWith } from '#test/support/audience/audience-story.ts';

const ann = { email: 'ann@example.com', name: 'Ann' };

/** An active workflow that looks at events of any age. */
function workflow(patch: Partial<Workflow>): Workflow {
  const { workflow: approved } = approvedMail();
  if (!approved) throw new Error('approvedMail has no workflow');
  return { ...approved, maxAgeHours: 10_000, frequency: 'every-time', ...patch };
}

const welcome = workflow({ workflowId: 'welcome', frequency: 'once-per-contact' });
const receipt = workflow({
  workflowId: 'receipt',
  trigger: { event: 'order.paid', conditions: [] },
});

describe('the workflows of an event', () => {
  it('are those that are active and wait for its type', async () => {
    const paused = workflow({ workflowId: 'paused', status: 'paused' });
    const story = audienceStory(undefined, [welcome, receipt, paused]);
    const record = await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    expect(record.workflows).toEqual([
      {
        workflowId: 'welcome',
        version: 1,
        name: 'Welcome',
        verdict: 'send',
        stepId: 'email',
        ledgerKey: expect.stringMatching(/^[\w-]{43}$/),
      },
    ]);
    const other = await story.tell('customer.updated', 'c1', { minute: 2, ...ann });
    expect(other.workflows).toBeUndefined();
  });

  it('name the step of their one email', async () => {
    const left = workflow({ steps: welcome.steps.map((one) => ({ ...one, id: 'day-0' })) });
    const story = audienceStory(undefined, [left]);
    const record = await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    expect(record.workflows).toMatchObject([{ verdict: 'send', stepId: 'day-0' }]);
    expect(mailsOf(record)).toMatchObject([{ stepId: 'day-0' }]);
    expect(mailsOf(record)[0]).not.toHaveProperty('runId');
  });

  describe('where their one email is replaced', () => {
    function edited() {
      const workflows = [welcome];
      const story = audienceStory(undefined, workflows);
      const { emails } = story.rows;
      let minute = 0;
      return {
        edit: (...steps: Workflow['steps']) => workflows.splice(0, 1, { ...welcome, steps }),
        /** The verdict on an event, and which emails go out for it. */
        async told(id: string) {
          minute += 1;
          const address = { minute, email: `${id}@example.com` };
          const record = await story.tell('customer.created', id, address);
          const mails = mailsOf(record).filter(({ ledgerKey }) => !emails.has(ledgerKey));
          for (const { ledgerKey } of mails) {
            emails.set(ledgerKey, { row: { state: 'sent' }, revision: '' });
          }
          const { verdict, reason } = record.workflows?.[0] ?? {};
          return { verdict, reason, mailed: mails.map(({ stepId }) => stepId) };
        },
      };
    }
    const email = (id: string) => ({ ...firstSend(welcome), id });
    const wait = { kind: 'wait' as const, id: 'wait', for: { hours: 24 } };
    const alreadySent = { verdict: 'skip', reason: 'Already sent.' };

    it('send no other in place of one that was sent before', async () => {
      const { edit, told } = edited();
      await told('ann');
      edit(email('new'));
      expect(await told('ann')).toMatchObject(alreadySent);
      expect((await told('bob')).mailed).toEqual(['new']);
    });

    it.each([
      ['another', [email('third')]],
      ['the first one', [email('email')]],
      ['several', [email('third'), wait, email('fourth')]],
    ])('send no other where it is replaced again, by %s', async (_, steps) => {
      const { edit, told } = edited();
      await told('ann');
      edit(email('second'));
      expect((await told('bob')).mailed).toEqual(['second']);
      edit(...steps);
      expect((await told('ann')).mailed).toEqual([]);
      expect((await told('bob')).mailed).toEqual([]);
      expect((await told('cy')).mailed).toEqual([steps[0]?.id]);
    });

    it('send none of several that were sent before', async () => {
      const { edit, told } = edited();
      edit(email('first'), wait, email('second'));
      expect((await told('ann')).mailed).toEqual(['first']);
      edit(email('first'));
      expect(await told('ann')).toMatchObject(alreadySent);
      edit(email('third'));
      expect(await told('ann')).toMatchObject(alreadySent);
    });

    it('send nothing to whom a run that waits may send it', async () => {
      const { edit, told } = edited();
      edit(wait, email('later'));
      expect(await told('ann')).toMatchObject({ verdict: 'send', mailed: [] });
      edit(email('later'));
      expect(await told('ann')).toMatchObject({ verdict: 'skip', mailed: [] });
      expect((await told('bob')).mailed).toEqual(['later']);
    });
  });

  it('tell those whose id came later, in any order, from those who were created with one', async () => {
    const linked = workflow({
      trigger: { event: 'customer.updated', conditions: [] },
      audience: [{ property: 'customer.hadNoExternalId', operator: 'is', value: 'true' }],
    });
    const created = ['customer.created', 1] as const;
    const verdictOf = async (
      ...told: readonly (readonly [type: SupportedEventType, minute: number, id?: string])[]
    ) => {
      const story = audienceStory(undefined, [linked]);
      const records: EventRecord[] = [];
      for (const [type, minute, externalId] of told) {
        const said = { minute, ...ann, ...(externalId && { externalId }) };
        records.push(await story.tell(type, 'c1', said));
      }
      return records.at(-1)?.workflows?.[0]?.verdict;
    };
    expect(await verdictOf(created, ['customer.updated', 2, 'u1'])).toBe('send');
    expect(
      await verdictOf(['customer.updated', 3, 'u1'], created, ['customer.updated', 2, 'u1']),
    ).toBe('send');
    expect(await verdictOf(['customer.created', 1, 'u1'], ['customer.updated', 2, 'u1'])).toBe(
      'skip',
    );
  });

  it('are decided once: a repeated delivery gives the keys of the first', async () => {
    const story = audienceStory(undefined, [welcome]);
    const first = await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    const again = await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    expect(again.workflows).toEqual(first.workflows);
  });

  it.each([
    [
      'a condition that does not hold',
      {
        trigger: {
          event: 'customer.created' as const,
          conditions: [{ property: 'externalId' as const, operator: 'is' as const, value: '7' }],
        },
      },
      'The condition is not met: externalId is 7.',
    ],
    [
      'an event that is too old',
      { maxAgeHours: 72 },
      'The event is older than 72 hours, so it is too late to mail.',
    ],
    [
      'nothing to count by',
      { frequency: 'once-per-order' as const },
      'The workflow sends once per order, and the event has none.',
    ],
  ])('do not send with %s', async (_, patch, reason) => {
    const story = audienceStory(undefined, [workflow(patch)]);
    const record = await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    expect(record.workflows).toEqual([expect.objectContaining({ verdict: 'skip', reason })]);
  });

  it('do not send when the settings keep the event from them', async () => {
    const settings = settingsWith({}, { 'customer.created': { trigger: false } });
    const story = audienceStory(settings, [welcome]);
    const record = await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    expect(record.workflows?.[0]?.reason).toContain('The settings keep');
  });

  it('do not send to a customer without an address, or whose address another one has', async () => {
    const story = audienceStory(undefined, [welcome]);
    const nobody = await story.tell('customer.created', 'c1', { minute: 1, name: 'Ann' });
    expect(nobody.workflows?.[0]).toMatchObject({
      verdict: 'skip',
      reason: expect.stringContaining('no known'),
    });
    await story.tell('customer.created', 'c2', { minute: 5, ...ann });
    const late = await story.tell('customer.created', 'c3', { minute: 4, ...ann });
    expect(late.workflows?.[0]).toMatchObject({
      verdict: 'skip',
      reason: expect.stringContaining('has no contact'),
    });
  });

  it('do not send for an older event that comes after the deletion', async () => {
    const story = audienceStory(undefined, [welcome]);
    await story.tell('customer.deleted', 'c1', { minute: 5, ...ann, deletedAt: 'x' });
    const record = await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    expect(record.workflows?.[0]).toMatchObject({
      verdict: 'skip',
      reason: 'The customer was deleted in Polar.',
    });
  });

  it.each([
    ['unsubscribe', 'transactional', false, 'send'],
    ['keep', 'transactional', false, 'send'],
    ['keep', 'marketing', false, 'skip'],
    ['delete', 'transactional', false, 'skip'],
    ['unsubscribe', 'transactional', true, 'skip'],
  ] as const)(
    'of customer.deleted in mode %s, %s, anonymised %s: %s',
    async (customerDeleted, kind, anonymised, verdict) => {
      const trigger = { event: 'customer.deleted' as const, conditions: [] };
      const goodbye = mailing(workflow({ trigger }), { kind });
      const story = audienceStory(settingsWith({ customerDeleted }), [goodbye]);
      await story.tell('customer.created', 'c1', { minute: 1, ...ann });
      const record = await story.tell('customer.deleted', 'c1', {
        minute: 5,
        deletedAt: 'x',
        anonymised,
      });
      expect(record.workflows?.[0]?.verdict).toBe(verdict);
    },
  );

  it('have one key for two webhooks about one version of one object, and another for the next version', async () => {
    const every = workflow({ trigger: { event: 'customer.updated', conditions: [] } });
    const story = audienceStory(undefined, [every]);
    const keyOf = async (webhookId: string, minute: number) => {
      const record = await story.tell('customer.updated', 'c1', { minute, webhookId, ...ann });
      return record.workflows?.[0]?.ledgerKey;
    };
    const [one, two, three] = [await keyOf('a', 1), await keyOf('b', 1), await keyOf('c', 2)];
    expect(one).toBe(two);
    expect(three).not.toBe(one);
  });

  it('have one key for each contact where they send once per contact', async () => {
    const story = audienceStory(undefined, [welcome]);
    const first = await story.tell('customer.created', 'c1', { minute: 1, ...ann });
    const second = await story.tell('customer.created', 'c1', { minute: 2, ...ann });
    const other = await story.tell('customer.created', 'c2', {
      minute: 3,
      email: 'bob@example.com',
    });
    expect(second.workflows?.[0]?.ledgerKey).toBe(first.workflows?.[0]?.ledgerKey);
    expect(other.workflows?.[0]?.ledgerKey).not.toBe(first.workflows?.[0]?.ledgerKey);
  });

  it('have one key for each period of a subscription where they send once per period', () => {
    const perPeriod = workflow({ frequency: 'once-per-period' });
    const keyOf = (properties: EventProperties, object = 'o1') =>
      ledgerKeyOf(
        perPeriod,
        {
          ...{ type: 'order.paid', webhookId: 'w', occurredAt: 'x', receivedAt: 'x' },
          ...{ object: { id: object, version: 'v' }, properties },
          customer: { id: 'c1', version: 'v', anonymised: false },
        },
        {},
      );
    const december = { subscriptionId: 's1', periodEnd: '2026-12-01T00:00:00.000000Z' };
    const january = { ...december, periodEnd: '2027-01-01T00:00:00.000000Z' };
    expect(keyOf(december)).toBe(keyOf(december, 'o2'));
    expect(keyOf(december)).not.toBe(keyOf(january));
    expect(keyOf(december)).not.toBe(keyOf({ ...december, subscriptionId: 's2' }));
    expect(keyOf({ subscriptionId: 's1' })).toBeUndefined();
    expect(keyOf({ periodEnd: december.periodEnd })).toBeUndefined();
  });
});
