import type { Condition } from '#shared/audience/conditions.ts';
import type { EmailNode, SendStep, WaitStep } from '#shared/audience/workflow.ts';
import type { ReadyMade } from './ready-made.ts';
import { inPortal, portalButton } from './subscriptions.ts';

/** A workflow of several steps to begin with. */
export type ReadySequence = Omit<ReadyMade, 'email'> &
  Readonly<{
    exitWhen: readonly Condition[];
    steps: readonly (WaitStep | Omit<SendStep, 'compiled'>)[];
  }>;

const dayHours = 24;

/** Days that are counted from the step before. */
function wait(id: string, days: number): WaitStep {
  return { kind: 'wait', id, for: { hours: days * dayHours } };
}

type Date = Extract<WaitStep, { until: object }>['until']['date'];

function before(id: string, days: number, date: Date): WaitStep {
  return { kind: 'wait', id, until: { date, offsetHours: -days * dayHours } };
}

function send(id: string, email: EmailNode): Omit<SendStep, 'compiled'> {
  return { kind: 'send', id, onlyIf: [], email };
}

const hello = 'Hi {{ contact.firstName | default: "there" }},';
const ofSubscription = '**{{ subscription.productName | default: "your subscription" }}**';
/** Whoever is asked to write has to know how: answers go to the support address of the brand. */
const byReply = '{% if brand.supportAddress %} Just reply to this email.{% endif %}';
const ofOrder = '{{ event.productName | default: "your purchase" }}';

function about(
  kind: EmailNode['kind'],
  subject: string,
  preheader: string,
  ...paragraphs: readonly string[]
): EmailNode {
  return { kind, subject, preheader, body: [`# ${subject}`, hello, ...paragraphs].join('\n\n') };
}

/** A new default card is charged at once, but not while a cancellation is scheduled. */
const newCard = `Please add a working card${inPortal} and make it your default payment method.{% unless subscription.cancelAtPeriodEnd %} It’s charged right away.{% endunless %}

${portalButton('Update payment method')}`;
const dueSince =
  '{% if subscription.pastDueSince %} since {{ subscription.pastDueSince | day }}{% endif %}';

const dunning: ReadySequence = {
  name: 'dunning',
  title: 'Dunning',
  description:
    'Asks for a working card on days 0, 3, 7, 14 and 20 after a payment failed, and stops once the subscription is no longer past due. Use it instead of “Payment failed”. Polar mails once itself, on day 0, and nothing when a retry fails.',
  event: 'subscription.past_due',
  conditions: [],
  frequency: 'every-time',
  exitWhen: [{ property: 'subscription.status', operator: 'is-not', value: 'past_due' }],
  steps: [
    send(
      'day-0',
      about(
        'transactional',
        'Your payment didn’t go through',
        'Please check your payment method.',
        `We couldn’t collect the payment for ${ofSubscription}. This usually means that a card has expired or was declined.`,
        newCard,
        'If you’ve already fixed this, there’s nothing else to do.',
        'We’ll try the payment again within about three weeks. If it still fails, your subscription will end.',
      ),
    ),
    wait('wait-1', 3),
    send(
      'day-3',
      about(
        'transactional',
        'Your payment is still due',
        'All it takes is a working card.',
        `The payment for ${ofSubscription} has been due${dueSince}.`,
        newCard,
        'If it remains unpaid, your subscription will end about three weeks after the payment first failed.',
      ),
    ),
    wait('wait-2', 4),
    send(
      'day-7',
      about(
        'transactional',
        'Please update your payment method',
        'Your payment is still due.',
        `{% if subscription.cancelAtPeriodEnd %}The payment for ${ofSubscription} has been due{% else %}To keep ${ofSubscription}, please pay what has been due{% endif %}${dueSince}.`,
        newCard,
      ),
    ),
    wait('wait-3', 7),
    send(
      'day-14',
      about(
        'transactional',
        'Your subscription ends in about a week',
        'Unless we can collect your payment.',
        `Unless we can collect your payment, ${ofSubscription} ends in about a week.`,
        newCard,
      ),
    ),
    wait('wait-4', 6),
    send(
      'day-20',
      about(
        'transactional',
        'Your subscription is about to end',
        'We’ll try your payment one last time.',
        `We’ll try to collect the payment for ${ofSubscription} one last time.`,
        newCard,
      ),
    ),
  ],
};

const trialEnding: ReadySequence = {
  name: 'trial-ending',
  title: 'Trial ending',
  description:
    'Reminds customers three days before their trial ends, unless it was canceled, is set to pause or is over. A trial of less than two days gets no reminder. Polar has a reminder of its own, three days before the end, or one day before if the trial is shorter.',
  event: 'subscription.created',
  conditions: [{ property: 'status', operator: 'is', value: 'trialing' }],
  frequency: 'once-per-subscription',
  exitWhen: [
    { property: 'subscription.cancelAtPeriodEnd', operator: 'is', value: 'true' },
    { property: 'subscription.pauseAtPeriodEnd', operator: 'is', value: 'true' },
    { property: 'subscription.status', operator: 'is-not', value: 'trialing' },
  ],
  steps: [
    before('wait-1', 3, 'trialEnd'),
    send(
      'reminder',
      about(
        'transactional',
        'Your trial ends on {{ subscription.trialEnd | day }}',
        'What happens then, and how to change it.',
        `Your free trial of ${ofSubscription} ends on {{ subscription.trialEnd | day_and_time }}.`,
        // With a discount of 100 per cent, nothing may be paid after it either.
        '{% if event.priceKind == "free" %}Your subscription then continues.{% elsif event.discountDuration %}Unless you cancel before then, your subscription continues.{% else %}Unless you cancel before then, it continues as a paid subscription.{% endif %}',
        `If you don’t want to keep it, cancel it before then${inPortal}.`,
        portalButton('Manage subscription'),
      ),
    ),
  ],
};

const renewalReminder: ReadySequence = {
  name: 'renewal-reminder',
  title: 'Renewal reminder',
  description:
    'Reminds customers seven days before a yearly subscription renews, unless it was canceled or is set to pause. Polar tells of a scheduled pause with the optional event subscription.updated. It names no amount: a discount, a plan change or usage may still change it. Polar has a reminder of its own, within a week before.',
  event: 'order.paid',
  conditions: [{ property: 'interval', operator: 'is', value: 'year' }],
  frequency: 'once-per-period',
  exitWhen: [
    { property: 'subscription.cancelAtPeriodEnd', operator: 'is', value: 'true' },
    { property: 'subscription.pauseAtPeriodEnd', operator: 'is', value: 'true' },
    { property: 'subscription.status', operator: 'is-not', value: 'active' },
  ],
  steps: [
    before('wait-1', 7, 'periodEnd'),
    send(
      'reminder',
      about(
        'transactional',
        'Your subscription renews on {{ subscription.periodEnd | day }}',
        'If you want to keep it, there’s nothing to do.',
        // The product of the next period may be another one, and its price or seats.
        `Unless you cancel before then, {% if subscription.hasScheduledChange %}your subscription renews on {{ subscription.periodEnd | day }}, with the change that’s scheduled{% else %}${ofSubscription} renews on {{ subscription.periodEnd | day }}{% endif %}.`,
        `If you want to keep it, there’s nothing to do.{% if event.portalUrl %} You can cancel it or change your payment method in your customer portal.{% endif %}`,
        portalButton('Manage subscription'),
      ),
    ),
  ],
};

const onboarding: ReadySequence = {
  name: 'onboarding',
  title: 'Onboarding',
  description:
    'Three emails after the first purchase or subscription: immediately, after two days and after five. It stops when that subscription ends. Add what helps your customers. A free plan created by API has no order: for it, choose the event subscription.created. Polar sends only its confirmation.',
  event: 'order.paid',
  conditions: [
    {
      property: 'billingReason',
      operator: 'is-one-of',
      values: ['purchase', 'subscription_create'],
    },
  ],
  frequency: 'once-per-contact',
  exitWhen: [{ property: 'subscription.status', operator: 'is', value: 'canceled' }],
  steps: [
    send(
      'day-0',
      about(
        'marketing',
        `Welcome to ${ofOrder}`,
        'It’s good to have you here.',
        `Thank you for choosing **${ofOrder}**. Over the next few days, we’ll send you two more emails to help you get started.`,
        portalButton(
          'Open your portal',
          'You’ll always find what you bought in your customer portal.',
        ),
      ),
    ),
    wait('wait-1', 2),
    send(
      'day-2',
      about(
        'marketing',
        `How are you getting on with ${ofOrder}?`,
        'Tell us if you’re stuck.',
        `You’ve had **${ofOrder}** for a couple of days now. If anything doesn’t work as you expected, tell us and we’ll help.${byReply}`,
      ),
    ),
    wait('wait-2', 3),
    send(
      'day-5',
      about(
        'marketing',
        'What’s missing?',
        'This is our last email about getting started.',
        `This is our last email about getting started with **${ofOrder}**. We’d love to hear what you like about it and what’s missing.${byReply}`,
      ),
    ),
  ],
};

const winBack: ReadySequence = {
  name: 'win-back',
  title: 'Win-back',
  description:
    'Invites customers back 30 days after a subscription ended, unless they have another one by then. Polar sends nothing like it.',
  event: 'subscription.revoked',
  conditions: [],
  frequency: 'once-per-subscription',
  exitWhen: [{ property: 'customer.hasLivingSubscription', operator: 'is', value: 'true' }],
  steps: [
    wait('wait-1', 30),
    send(
      'invitation',
      about(
        'marketing',
        'We’d love to have you back',
        'You can subscribe again at any time.',
        `A while ago, your subscription to ${ofSubscription.replace('your subscription', 'our service')} ended.`,
        'If you’d like to come back, you can subscribe again at any time.',
        `{% if brand.website %}
[Come back]({{ brand.website }}){button}
{% endif %}`,
        `And if something was missing, we’d love to hear what it was.${byReply}`,
      ),
    ),
  ],
};

/** Each keeps to one reason, and ends when that is gone. */
export const readySequences: readonly ReadySequence[] = [
  dunning,
  trialEnding,
  renewalReminder,
  onboarding,
  winBack,
];
