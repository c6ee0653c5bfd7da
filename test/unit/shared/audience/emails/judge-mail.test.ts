import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { judgeMail, type MailSituation } from '#shared/audience/emails/judge-mail.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import type { Run, TakenStep } from '#shared/audience/runs/run.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { polarEvent } from '#shared/polar/event.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import { sequences } from '#test/prove/runs/workflows.ts';
import { approvedMail, mailing } from '#test/support/audience/approved-mail.ts';
import { audienceStory } from '#test/support/audience/audience-story.ts';

const act = { at: '2026-11-01T00:00:00.000Z', by: 'someone' };
const known = approvedMail();

function situation(patch: Partial<MailSituation> = {}): MailSituation {
  return {
    ...known,
    hasSender: true,
    wasSentBefore: false,
    now: new Date('2026-11-23T12:00:00.000Z'),
    ...patch,
  };
}

function withKind(kind: 'marketing' | 'transactional') {
  return known.workflow && mailing(known.workflow, { kind });
}
const transactional = withKind('transactional');
const waitingFor = (event: SupportedEventType) =>
  transactional && { ...transactional, trigger: { event, conditions: [] } };
const unsubscribed = known.contact && { ...known.contact, subscribed: false };
const deletion = { occurredAt: 'x', webhookId: 'y', mode: 'unsubscribe' as const };
const deleted = known.customer && { ...known.customer, deletion };
const pastDue = known.record && {
  ...{ ...known.record, type: 'subscription.past_due' as const },
  subscription: { version: '2026-11-23T11:58:00.000000Z' },
  properties: { customerId: 'c1', subscriptionId: 's1', status: 'past_due' },
};
const recovered = { version: '2026-11-23T11:59:00.000000Z', status: 'active' };
const goodbye = known.record && { ...known.record, type: 'customer.deleted' as const };

describe('an email', () => {
  it.each<[string, Partial<MailSituation>]>([
    ['marketing to a subscribed contact', {}],
    [
      'transactional mail to a contact that is not subscribed',
      { workflow: transactional, contact: unsubscribed },
    ],
    [
      'transactional mail to a person who unsubscribed',
      {
        workflow: transactional,
        contact: unsubscribed,
        suppression: { reasons: { unsubscribed: act } },
        customer: known.customer && { ...known.customer, no: { unsubscribed: act } },
      },
    ],
    [
      'transactional mail without a postal address',
      { workflow: transactional, settings: { ...known.settings, postalAddress: null } },
    ],
    [
      'the goodbye to a deleted customer',
      { workflow: waitingFor('customer.deleted'), customer: deleted, record: goodbye },
    ],
  ])('%s is sent', (_, patch) => {
    expect(judgeMail(situation(patch)).kind).toBe('send');
  });

  it.each<[string, Partial<MailSituation>, string]>([
    ['of a removed workflow', { workflow: undefined }, 'removed'],
    [
      'of a paused workflow',
      { workflow: known.workflow && { ...known.workflow, status: 'paused' } },
      'paused',
    ],
    [
      'of a workflow that was edited to wait for another event',
      { workflow: waitingFor('subscription.canceled') },
      'The workflow was moved from customer.created to subscription.canceled.',
    ],
    ['without a sender', { hasSender: false }, 'No sender is set up.'],
    ['of an event whose record is gone', { record: undefined }, 'expired'],
    [
      'of an erased customer',
      { customer: known.customer && { ...known.customer, erased: true } },
      'erased',
    ],
    [
      'to a customer whose erasure was asked for',
      { workflow: transactional, customer: known.customer && { ...known.customer, erasure: act } },
      'being erased',
    ],
    [
      'to a contact added by hand whose erasure was asked for',
      { workflow: transactional, contact: known.contact && { ...known.contact, erasure: act } },
      'being erased',
    ],
    ['to a deleted customer', { workflow: transactional, customer: deleted }, 'deleted'],
    ['to nobody', { contact: undefined }, 'no contact'],
    [
      'of marketing to a contact that is not subscribed',
      { contact: unsubscribed },
      'not subscribed',
    ],
    [
      'of marketing without a postal address',
      { settings: { ...known.settings, postalAddress: null } },
      'postal address',
    ],
    [
      'of any kind to an address that bounced',
      { workflow: transactional, suppression: { reasons: { bounced: act } } },
      'bounced',
    ],
    [
      'of any kind to an address that complained',
      { workflow: transactional, suppression: { reasons: { complained: act } } },
      'reported an email as spam',
    ],
    [
      'of any kind to a person who complained at another address',
      {
        workflow: transactional,
        customer: known.customer && { ...known.customer, no: { complained: act } },
      },
      'reported an email as spam',
    ],
    [
      'of an event that is too old to mail about',
      { now: new Date('2026-12-01T00:00:00.000Z') },
      'too old',
    ],
    [
      'of marketing to an address that unsubscribed a moment ago',
      { suppression: { reasons: { unsubscribed: act } } },
      'not subscribed',
    ],
    [
      'of marketing to a person who unsubscribed a moment ago',
      { customer: known.customer && { ...known.customer, no: { unsubscribed: act } } },
      'not subscribed',
    ],
    ['that was sent before', { wasSentBefore: true }, 'Already sent'],
    [
      'of a subscription of which a newer state is known',
      {
        record: pastDue,
        workflow: waitingFor('subscription.past_due'),
        customer: known.customer && { ...known.customer, subscriptions: { s1: recovered } },
      },
      'The subscription has changed since',
    ],
  ])('%s is blocked', (_, patch, reason) => {
    expect(judgeMail(situation(patch))).toMatchObject({
      kind: 'block',
      reason: expect.stringContaining(reason),
    });
  });

  it.each<[string, Partial<MailSituation>, boolean]>([
    ['a sender that is missing', { hasSender: false }, true],
    [
      'a postal address that is missing',
      { settings: { ...known.settings, postalAddress: null } },
      true,
    ],
    ['a person who unsubscribed', { contact: unsubscribed }, false],
    ['a workflow that somebody removed', { workflow: undefined }, false],
  ])('says whether somebody has to hear of %s', (_, patch, needsPerson) => {
    const verdict = judgeMail(situation(patch));
    expect('needsPerson' in verdict).toBe(needsPerson);
  });

  it('to an address that is not ASCII before the @ is blocked, of any kind, however it is spelled', () => {
    const addresses = typedIn('11-local-part-not-ascii.json');
    expect(addresses).toHaveLength(2);
    for (const address of addresses) {
      for (const workflow of [known.workflow, transactional]) {
        const contact = known.contact && { ...known.contact, address };
        expect(judgeMail(situation({ workflow, contact }))).toEqual({
          kind: 'block',
          reason: 'SES cannot mail this address: it has non-ASCII characters before the @.',
        });
      }
    }
  });

  it('of two customers with spellings of such a mailbox reaches the one contact of both, as blocked', async () => {
    const [composed = '', decomposed = ''] = typedIn('11-local-part-not-ascii.json');
    expect(composed).not.toBe(decomposed);
    const story = audienceStory();
    await story.tell('customer.created', 'c1', { minute: 1, email: composed });
    await story.tell('customer.created', 'c2', { minute: 2, email: decomposed });
    expect([...story.rows.contacts.keys()]).toEqual(['josé@example.com'.normalize('NFC')]);
    const contact = story.contact(normalisedEmail(decomposed));
    expect(contact?.customerId).toBe('c2');
    expect(contact && judgeMail(situation({ contact }))).toMatchObject({
      kind: 'block',
      reason: expect.stringContaining('non-ASCII'),
    });
  });

  it('to a domain that is not ASCII is sent', () => {
    const contact = known.contact && { ...known.contact, address: 'ann+x@müller.example' };
    expect(judgeMail(situation({ contact })).kind).toBe('send');
  });
});

/** The addresses of a file of `fixtures/inputs`, as they are read from its webhooks. */
function typedIn(file: string): string[] {
  const path = new URL(`../../../../fixtures/inputs/${file}`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')).webhooks.map((webhook: unknown) => {
    const read = polarEvent(JSON.stringify(webhook));
    return read.kind === 'unreadable' ? undefined : read.event.customer?.email;
  });
}

describe('the one email of a workflow', () => {
  const [step] = transactional?.steps ?? [];
  if (!transactional || step?.kind !== 'send') throw new Error('approvedMail sends nothing');
  const other = { ...step, id: 'hello', email: { ...step.email, subject: 'Another' } };
  const judged = (steps: Workflow['steps'], stepId?: string) =>
    judgeMail(situation({ workflow: { ...transactional, steps }, stepId }));

  it('stays that of its step when another one is put before it', () => {
    expect(judged([other, step])).toMatchObject({ kind: 'send', step: { id: step.id } });
    expect(judged([step, other], 'hello')).toMatchObject({ kind: 'send', step: { id: 'hello' } });
  });

  it('is not sent in the words of another step once its own is gone', () => {
    const gone = { kind: 'block', reason: 'The step was removed from the workflow.' };
    expect(judged([other], step.id)).toEqual(gone);
    expect(judged([step], 'hello')).toEqual(gone);
  });

  it('is the only one there is where an earlier version asked for it, and named no step', () => {
    expect(judged([other])).toMatchObject({ kind: 'send', step: { id: 'hello' } });
  });
});

describe('an email of a run', () => {
  const beganAt = '2026-11-20T12:00:00.000Z';
  const askedAt = '2026-11-23T11:00:00.000Z';
  const taken = { at: askedAt, dueAt: askedAt, did: 'sent' as const };
  const first = { ...taken, stepId: 'email', at: beganAt, dueAt: '2026-11-23T10:00:00.000Z' };
  const later = { ...taken, stepId: 'day-3', ledgerKey: 'k' };
  const run: Run = {
    ...{ runId: 'run', workflowId: 'dunning', workflowVersion: 1, customerId: 'c1' },
    ...{ contactId: 'contact-1', subscriptionId: 's1', webhookId: 'evt-1', occurredAt: beganAt },
    ...{ type: 'subscription.past_due', properties: { customerId: 'c1', subscriptionId: 's1' } },
    ...{ subscription: { version: '2026-11-20T11:58:00.000000Z' }, state: 'done' },
    ...{ history: [first, later], beganAt, updatedAt: askedAt, endedAt: askedAt },
  };
  const workflow = sequences.find(({ workflowId }) => workflowId === 'dunning');
  /** Newer than what the event said, and still past due. */
  const pastDueAgain = { version: '2026-11-21T00:00:00.000000Z', status: 'past_due' };
  const customer = known.customer && {
    ...known.customer,
    subscriptions: { s1: { ...pastDueAgain, pastDueSince: '2026-11-20T23:00:00.000000Z' } },
  };

  function judged(of: Partial<Run>, step: TakenStep = later, patch: Partial<MailSituation> = {}) {
    const own = { ...run, ...of };
    const ofRun = { run: own, step };
    return judgeMail(situation({ ...{ workflow, record: own, ofRun, customer }, ...patch }));
  }

  it('is that of its step', () => {
    expect(judged({})).toMatchObject({ kind: 'send', step: { id: 'day-3' } });
    const gone = workflow && { ...workflow, steps: workflow.steps.slice(0, 2) };
    expect(judged({}, later, { workflow: gone })).toMatchObject({
      reason: 'The step was removed from the workflow.',
    });
  });

  it.each([
    ['done, at that moment', { state: 'done' }, 'send'],
    ['done, after it asked', { state: 'done', endedAt: '2026-11-23T11:30:00.000Z' }, 'send'],
    ['exited, at the moment at which it asked', { state: 'exited' }, 'send'],
    ['exited since', { state: 'exited', endedAt: '2026-11-23T11:30:00.000Z' }, 'block'],
    ['stopped since', { state: 'stopped', endedAt: '2026-11-23T11:30:00.000Z' }, 'block'],
    ['stopped at the moment at which it asked', { state: 'stopped' }, 'send'],
  ] as const)('of a run that is %s: %s', (_, of, kind) => {
    expect(judged(of).kind).toBe(kind);
  });

  it('is stale news only where the event itself asked for it', () => {
    const told = {
      properties: { customerId: 'c1', subscriptionId: 's1', status: 'past_due' },
    };
    expect(judged(told).kind).toBe('send');
    expect(judged(told, first)).toMatchObject({
      reason: expect.stringContaining('The subscription has changed since'),
    });
  });

  it.each([
    ['after a day', 24, 'send'],
    ['after more than a day', 24.1, 'block'],
  ] as const)('%s: %s h late', (_, lateHours, kind) => {
    const now = new Date(Date.parse(askedAt) + lateHours * 3_600_000);
    expect(judged({}, later, { now }).kind).toBe(kind);
  });

  it('ends where a condition of its workflow ends the run', () => {
    const recoveredNow = customer && { ...customer, subscriptions: { s1: recovered } };
    expect(judged({}, later, { customer: recoveredNow })).toMatchObject({
      reason: 'The workflow ends early when subscription.status is not past_due.',
    });
  });
});

it('an email that was held has had its time of grace', () => {
  const now = new Date('2026-11-27T12:00:00.000Z');
  expect(judgeMail(situation({ now })).kind).toBe('send');
  expect(judgeMail(situation({ now, wasHeld: true }))).toMatchObject({
    reason: expect.stringContaining('too old'),
  });
});
