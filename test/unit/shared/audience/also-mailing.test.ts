import { describe, expect, it } from 'vitest';
import { alsoMailing, alsoMailingText } from '#shared/audience/also-mailing.ts';
import type { Condition } from '#shared/audience/conditions.ts';
import { firstSend, type Step, type Workflow } from '#shared/audience/workflow.ts';
import { readyMade } from '#shared/mail/ready-made/ready-made.ts';
import { readySequences } from '#shared/mail/ready-made/sequences.ts';
import { approvedMail } from '#test/support/audience/approved-mail.ts';

const { workflow: approved } = approvedMail();
if (!approved) throw new Error('approvedMail has no workflow');
const trigger = (event: Workflow['trigger']['event'], ...conditions: Condition[]) => ({
  trigger: { event, conditions },
});
const paid = (...conditions: Condition[]) => trigger('order.paid', ...conditions);
const receipt: Workflow = { ...approved, workflowId: 'receipt', status: 'active', ...paid() };
const other = (patch: Partial<Workflow>): Workflow => ({
  ...{ ...receipt, workflowId: 'thanks', name: 'Thanks' },
  ...patch,
});

const purchase = { property: 'billingReason', operator: 'is', value: 'purchase' } as const;
const renewal = { ...purchase, value: 'subscription_cycle' } as const;
const notFree = { property: 'amount', operator: 'is-not', value: '0' } as const;
const oneOf = (...values: string[]) =>
  ({ property: 'productId', operator: 'is-one-of', values }) as const;
const inGroup = { property: 'contact.userGroup', operator: 'is', value: 'vip' } as const;
const wait: Step = { kind: 'wait', id: 'w', for: { hours: 24 } };
const onlyIf = (...conditions: Condition[]) => ({
  steps: receipt.steps.map((step) =>
    step.kind === 'send' ? { ...step, onlyIf: conditions } : step,
  ),
});

const ofKind = (kind: 'marketing' | 'transactional') => ({
  steps: receipt.steps.map((step) =>
    step.kind === 'send' ? { ...step, email: { ...step.email, kind } } : step,
  ),
});
const marketing = ofKind('marketing');
const transactional = ofKind('transactional');

type Told = 'everyone' | 'some' | 'nobody';

describe('which other workflows mail the same people', () => {
  it.each<[string, Told, Partial<Workflow>, Partial<Workflow>]>([
    ['the same event without conditions', 'everyone', {}, {}],
    [
      'the same conditions in any order',
      'everyone',
      paid(purchase, notFree),
      paid(notFree, purchase),
    ],
    ['the same values in any order', 'everyone', paid(oneOf('a', 'b')), paid(oneOf('b', 'a'))],
    ['other values that read the same', 'nobody', paid(oneOf('a', 'b')), paid(oneOf('a, b'))],
    ['none, where this one has some', 'everyone', paid(purchase), paid()],
    ['some, where this one has none', 'some', paid(), paid(purchase)],
    ['one more than this one', 'some', paid(purchase), paid(purchase, notFree)],
    ['an audience of its own', 'some', {}, { audience: [inGroup] }],
    [
      'the same condition on the audience and on its email',
      'everyone',
      { audience: [inGroup] },
      onlyIf(inGroup),
    ],
    ['conditions that exclude these', 'nobody', paid(purchase), paid(renewal)],
    ['others, which may hold together with these or not', 'nobody', paid(purchase), paid(notFree)],
    ['another event', 'nobody', {}, trigger('customer.created')],
    ['a wait before its first email', 'nobody', {}, { steps: [wait, ...receipt.steps] }],
    ['no wait, where this one begins with one', 'nobody', { steps: [wait, ...receipt.steps] }, {}],
    [
      'a wait after its first email',
      'everyone',
      {},
      { steps: [...receipt.steps, wait, ...receipt.steps] },
    ],
    ['nothing active: it is a draft', 'nobody', {}, { status: 'draft' }],
    ['nothing active: it is paused', 'nobody', {}, { status: 'paused' }],
    ['another kind of email', 'everyone', transactional, marketing],
    [
      'another kind of email for some of these',
      'nobody',
      transactional,
      { ...marketing, ...paid(purchase) },
    ],
    [
      'another kind of email for these and others',
      'nobody',
      { ...marketing, ...paid(purchase) },
      transactional,
    ],
    ['another frequency', 'everyone', {}, { frequency: 'once-per-contact' }],
  ])('tells of another one that has %s: %s', (_, told, own, its) => {
    const found = alsoMailing('receipt', { ...receipt, ...own }, [receipt, other(its)]);
    const expected = { workflowId: 'thanks', name: 'Thanks', event: 'order.paid' };
    expect(found).toEqual(
      told === 'nobody' ? [] : [{ ...expected, isEveryone: told === 'everyone' }],
    );
  });

  it('tells a draft of those it would meet, and no workflow of itself', () => {
    const draft: Workflow = { ...receipt, status: 'draft' };
    expect(alsoMailing('receipt', draft, [draft, other({})])).toHaveLength(1);
    expect(alsoMailing('receipt', receipt, [receipt])).toEqual([]);
  });

  it('tells of the two ready-made ones about a failed payment, and of no others', () => {
    const { compiled } = firstSend(receipt);
    const all = [...readyMade, ...readySequences].map((one): Workflow => {
      const { name, event, conditions } = one;
      const email = 'email' in one ? ofKind(one.email.kind).steps : undefined;
      const written = 'steps' in one ? one.steps : [];
      const steps =
        email ?? written.map((step) => (step.kind === 'send' ? { ...step, compiled } : step));
      return { ...receipt, workflowId: name, ...trigger(event, ...conditions), steps };
    });
    const pairs = all.flatMap((one) =>
      alsoMailing(one.workflowId, one, all).map(({ workflowId }) => [one.workflowId, workflowId]),
    );
    expect(pairs).toEqual([
      ['payment-failed', 'dunning'],
      ['dunning', 'payment-failed'],
    ]);
  });

  it('says whether all of them get both emails, or some', () => {
    const said = [paid(), paid(purchase)].flatMap((its) =>
      alsoMailing('receipt', receipt, [other(its)]).map((one) => alsoMailingText(one, '“Thanks”')),
    );
    expect(said).toEqual([
      '“Thanks” also mails these people at order.paid. While both are active, they get both emails.',
      '“Thanks” also mails some of these people at order.paid. While both are active, those get both emails.',
    ]);
  });
});
