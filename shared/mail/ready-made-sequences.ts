import type { Condition } from '#shared/audience/conditions.ts';
import type { EmailNode, SendStep, WaitStep } from '#shared/audience/workflow.ts';
import type { ReadyMade } from './ready-made.ts';
import { portalButton } from './ready-made-subscriptions.ts';

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

/** A new default card is charged at once, but not while a cancellation is booked. */
const newCard = `Please add a working card in your customer portal and make it your default payment method{% unless subscription.cancelAtPeriodEnd %}: it is charged right away{% endunless %}.

${portalButton('Update payment method')}`;
const openSince =
  '{% if subscription.pastDueSince %} since {{ subscription.pastDueSince | day }}{% endif %}';

const dunning: ReadySequence = {
  name: 'dunning',
  title: 'Dunning',
  description:
    'Asks for a working card on days 0, 3, 7, 14 and 20 after a payment failed, and stops once the subscription is not past due any more. It takes the place of "Payment failed". Polar mails once itself, on day 0, and nothing when a retry fails.',
  event: 'subscription.past_due',
  conditions: [],
  frequency: 'every-time',
  exitWhen: [{ property: 'subscription.status', operator: 'is-not', value: 'past_due' }],
  steps: [
    send(
      'day-0',
      about(
        'transactional',
        'Your payment did not go through',
        'Please check your payment method.',
        `We could not collect the payment for ${ofSubscription}. Usually, this means that a card has expired or was declined.`,
        newCard,
        'If you have fixed this already, there is nothing else to do.',
        'The payment will be tried again within about three weeks. If it still fails then, your subscription will end.',
      ),
    ),
    wait('wait-1', 3),
    send(
      'day-3',
      about(
        'transactional',
        'Your payment is still open',
        'A working card is all that it takes.',
        `The payment for ${ofSubscription} has been open${openSince}.`,
        newCard,
        'If it stays open, your subscription will end about three weeks after the payment first failed.',
      ),
    ),
    wait('wait-2', 4),
    send(
      'day-7',
      about(
        'transactional',
        'Please update your payment method',
        'Your payment is still open.',
        `To keep ${ofSubscription}, please settle the payment that has been open${openSince}.`,
        newCard,
      ),
    ),
    wait('wait-3', 7),
    send(
      'day-14',
      about(
        'transactional',
        'Your subscription will end in about a week',
        'Unless the open payment works.',
        `Unless its open payment works, ${ofSubscription} will end in about a week.`,
        newCard,
      ),
    ),
    wait('wait-4', 6),
    send(
      'day-20',
      about(
        'transactional',
        'Your subscription is about to end',
        'Unless the open payment works now.',
        `One last try to collect the payment for ${ofSubscription} is left.`,
        newCard,
      ),
    ),
  ],
};

const trialEnding: ReadySequence = {
  name: 'trial-ending',
  title: 'Trial ending',
  description:
    'Reminds of the end of a trial three days before, unless it was cancelled or is over. A trial of less than two days gets no reminder. Polar has a reminder of its own, three days before (one day before the end of a trial of less than three).',
  event: 'subscription.created',
  conditions: [{ property: 'status', operator: 'is', value: 'trialing' }],
  frequency: 'once-per-subscription',
  exitWhen: [
    { property: 'subscription.cancelAtPeriodEnd', operator: 'is', value: 'true' },
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
        '{% if event.priceKind == "free" %}Your subscription then goes on.{% else %}Unless you change it before then, it goes on as a paid subscription.{% endif %}',
        `If you do not want to keep it, cancel it before then in your customer portal.`,
        portalButton('Manage subscription'),
      ),
    ),
  ],
};

const renewalReminder: ReadySequence = {
  name: 'renewal-reminder',
  title: 'Renewal reminder',
  description:
    'Reminds of the renewal of a yearly subscription seven days before, unless it was cancelled. It names no sum: a discount, a change or use may still alter it. Polar has a reminder of its own, within a week before.',
  event: 'order.paid',
  conditions: [{ property: 'interval', operator: 'is', value: 'year' }],
  frequency: 'once-per-period',
  exitWhen: [
    { property: 'subscription.cancelAtPeriodEnd', operator: 'is', value: 'true' },
    { property: 'subscription.status', operator: 'is-not', value: 'active' },
  ],
  steps: [
    before('wait-1', 7, 'periodEnd'),
    send(
      'reminder',
      about(
        'transactional',
        'Your subscription renews on {{ subscription.periodEnd | day }}',
        'There is nothing to do if you want to keep it.',
        `Unless you change it before then, ${ofSubscription} renews on {{ subscription.periodEnd | day }}.`,
        `If you want to keep it, there is nothing to do. You can cancel it, or change your payment method, in your customer portal.`,
        portalButton('Manage subscription'),
      ),
    ),
  ],
};

const onboarding: ReadySequence = {
  name: 'onboarding',
  title: 'Onboarding',
  description:
    'Three mails after the first purchase or subscription: at once, after two days and after five. It stops when that subscription has ended. Put in what helps your customers; a free plan that was made by API has no order, so let its variant wait for subscription.created. Polar mails nothing like it.',
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
        'It is good to have you here.',
        `Thank you for choosing **${ofOrder}**. Over the next days we will write to you twice more, to help you get started.`,
        'What you bought is always in your customer portal.',
        portalButton('Open your portal'),
      ),
    ),
    wait('wait-1', 2),
    send(
      'day-2',
      about(
        'marketing',
        `How are you getting on with ${ofOrder}?`,
        'Let us know where you are stuck.',
        `You have had **${ofOrder}** for a little while now. If anything does not work as you expected, please let us know, so that we can help.${byReply}`,
      ),
    ),
    wait('wait-2', 3),
    send(
      'day-5',
      about(
        'marketing',
        'What do you miss?',
        'This is the last of our mails to get you started.',
        `This is the last of our mails to get you started with **${ofOrder}**. We would like to hear what you like about it, and what you miss.${byReply}`,
      ),
    ),
  ],
};

const winBack: ReadySequence = {
  name: 'win-back',
  title: 'Win-back',
  description:
    'Invites a customer back 30 days after a subscription ended, unless they have another one by then. Polar mails nothing like it.',
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
        'You are welcome back',
        'We would be glad to see you again.',
        `A while ago, your subscription to ${ofSubscription.replace('your subscription', 'our service')} ended.`,
        'If you would like to come back, you can subscribe again at any time.',
        `{% if brand.website %}
[Come back]({{ brand.website }}){button}
{% endif %}`,
        `And if something was missing, we would like to hear what it was.${byReply}`,
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
