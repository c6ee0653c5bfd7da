import { plainSteps, type Step, type Workflow } from '#shared/audience/workflow.ts';

const at = '2026-11-01T00:00:00.000Z';

function send(id: string, kind: 'marketing' | 'transactional', onlyIf: Workflow['exitWhen'] = []) {
  const { steps } = plainSteps(
    { kind, subject: id, preheader: '', body: id },
    { subject: id, html: `<p>${id}</p>`, text: id },
  );
  const [only] = steps;
  if (!only) throw new Error('A plain workflow has one step.');
  return { ...only, id, onlyIf } satisfies Step;
}

const days = (id: string, count: number): Step => ({
  kind: 'wait',
  id,
  for: { hours: 24 * count },
});

type Parts = Pick<Workflow, 'workflowId' | 'trigger' | 'frequency' | 'exitWhen' | 'steps'>;

function workflow(parts: Parts): Workflow {
  return {
    ...{ version: 1, name: parts.workflowId, status: 'active', maxAgeHours: 24 * 400 },
    ...{ audience: [], createdAt: at, updatedAt: at },
    ...parts,
  };
}

const is = (property: Workflow['exitWhen'][number]['property'], value: string) =>
  ({ property, operator: 'is', value }) as const;
const isNot = (property: Workflow['exitWhen'][number]['property'], value: string) =>
  ({ property, operator: 'is-not', value }) as const;

export const isCancelled = is('subscription.cancelAtPeriodEnd', 'true');

/** Sequences of each kind: waits for a time and for a date, ends, a step that may be skipped, all frequencies that differ. */
export const sequences: readonly Workflow[] = [
  workflow({
    workflowId: 'dunning',
    trigger: { event: 'subscription.past_due', conditions: [] },
    frequency: 'every-time',
    exitWhen: [isNot('subscription.status', 'past_due')],
    steps: [
      send('email', 'transactional'),
      days('until-3', 3),
      send('day-3', 'transactional'),
      days('until-7', 4),
      send('day-7', 'transactional'),
    ],
  }),
  workflow({
    workflowId: 'trial-ending',
    trigger: { event: 'subscription.created', conditions: [is('status', 'trialing')] },
    frequency: 'once-per-subscription',
    exitWhen: [isCancelled, isNot('subscription.status', 'trialing')],
    steps: [
      { kind: 'wait', id: 'before-end', until: { date: 'trialEnd', offsetHours: -72 } },
      send('reminder', 'transactional'),
    ],
  }),
  workflow({
    workflowId: 'onboarding',
    trigger: { event: 'subscription.created', conditions: [] },
    frequency: 'once-per-contact',
    exitWhen: [],
    steps: [
      send('hello', 'marketing'),
      days('until-2', 2),
      send('tips', 'marketing', [is('subscription.status', 'active')]),
      days('until-5', 3),
      send('more', 'marketing'),
    ],
  }),
  workflow({
    workflowId: 'win-back',
    trigger: { event: 'subscription.revoked', conditions: [] },
    frequency: 'once-per-subscription',
    exitWhen: [is('customer.hasLivingSubscription', 'true')],
    steps: [days('month', 30), send('come-back', 'marketing')],
  }),
  workflow({
    workflowId: 'renewal',
    trigger: { event: 'order.paid', conditions: [] },
    frequency: 'once-per-period',
    exitWhen: [isCancelled, isNot('subscription.status', 'active')],
    steps: [
      { kind: 'wait', id: 'before-renewal', until: { date: 'periodEnd', offsetHours: -72 } },
      send('renews', 'transactional'),
    ],
  }),
  workflow({
    workflowId: 'farewell',
    trigger: { event: 'customer.deleted', conditions: [] },
    frequency: 'every-time',
    exitWhen: [],
    steps: [send('bye', 'transactional'), days('until-9', 9), send('all-gone', 'transactional')],
  }),
];

/** Those that begin with an optional event, each with a frequency of its own and the news that it is about. */
export const optionalSequences: readonly Workflow[] = [
  workflow({
    workflowId: 'refunded',
    trigger: { event: 'order.refunded', conditions: [] },
    frequency: 'once-per-order',
    exitWhen: [],
    steps: [send('refund', 'transactional'), days('until-4', 4), send('why', 'marketing')],
  }),
  workflow({
    workflowId: 'paused',
    trigger: { event: 'subscription.paused', conditions: [] },
    frequency: 'every-time',
    exitWhen: [isNot('subscription.status', 'paused')],
    steps: [send('pause', 'transactional'), days('until-6', 6), send('still', 'transactional')],
  }),
  workflow({
    workflowId: 'resumed',
    trigger: { event: 'subscription.resumed', conditions: [] },
    frequency: 'every-time',
    exitWhen: [isNot('subscription.status', 'active')],
    steps: [days('until-1', 1), send('back', 'transactional')],
  }),
  workflow({
    workflowId: 'renewed',
    trigger: { event: 'subscription.cycled', conditions: [] },
    frequency: 'once-per-period',
    exitWhen: [],
    steps: [
      send('thanks', 'transactional'),
      { kind: 'wait', id: 'before-next', until: { date: 'periodEnd', offsetHours: -48 } },
      send('next', 'transactional'),
    ],
  }),
  workflow({
    workflowId: 'failing',
    trigger: { event: 'subscription.updated', conditions: [is('status', 'past_due')] },
    frequency: 'once-per-subscription',
    exitWhen: [isNot('subscription.status', 'past_due')],
    steps: [days('until-2', 2), send('card', 'transactional')],
  }),
  workflow({
    workflowId: 'changed',
    trigger: { event: 'subscription.updated', conditions: [] },
    frequency: 'once-per-period',
    exitWhen: [],
    steps: [send('change', 'transactional'), days('until-3', 3), send('well', 'transactional')],
  }),
];
