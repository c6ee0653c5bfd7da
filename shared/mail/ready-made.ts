import type { Condition, EmailNode, Frequency } from '#shared/audience/workflow.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';

export const readyMadeForCustomers: readonly ReadyMade[] = [
  {
    name: 'welcome',
    title: 'Welcome',
    description:
      'Greets every new customer once. Polar tells of a customer when a checkout is submitted, before the payment.',
    event: 'customer.created',
    conditions: [],
    frequency: 'once-per-contact',
    email: {
      kind: 'marketing',
      subject: 'Welcome{% if contact.firstName %}, {{ contact.firstName }}{% endif %}!',
      preheader: 'It is good to have you here.',
      body: `# Welcome aboard

Hi {{ contact.firstName | default: "there" }},

It is good to have you here. From time to time we will write to you about what is new and how to get the most out of it.

We promise to be brief, and you can leave with one click at any time.`,
    },
  },
  {
    name: 'account-linked',
    title: 'Account linked',
    description:
      'Tells a customer once that their purchases belong to their account: when Polar learns your own id of them. Other changes of a customer send nothing.',
    event: 'customer.updated',
    conditions: [{ property: 'externalId', operator: 'is-set' }],
    frequency: 'once-per-contact',
    email: {
      kind: 'transactional',
      subject: 'Your account is ready',
      preheader: 'Your purchases are now linked to your account.',
      body: `Hi {{ contact.firstName | default: "there" }},

What you buy with **{{ contact.email }}** is now linked to your account. There is nothing for you to do.

If this was not you, please let us know.`,
    },
  },
  {
    name: 'goodbye',
    title: 'Goodbye',
    description:
      'Confirms that a customer was deleted. Nothing is sent where the deletion anonymised them, or where the settings remove deleted customers.',
    event: 'customer.deleted',
    conditions: [],
    frequency: 'every-time',
    email: {
      kind: 'transactional',
      subject: 'Your account has been closed',
      preheader: 'This is the last email about it.',
      body: `Hi {{ contact.firstName | default: "there" }},

Your customer account with us has been closed, and we will not write to you about it again.

Thank you for the time you spent with us. You are welcome back whenever you like.`,
    },
  },
  {
    name: 'receipt',
    title: 'Receipt',
    description:
      'A receipt for every paid order: purchases, new subscriptions, renewals, and orders that cost nothing.',
    event: 'order.paid',
    conditions: [],
    frequency: 'once-per-order',
    email: {
      kind: 'transactional',
      subject: 'Your receipt{% if event.productName %} for {{ event.productName }}{% endif %}',
      preheader:
        '{% if event.amount == 0 %}There was nothing to pay.{% else %}Your payment went through.{% endif %}',
      body: `Hi {{ contact.firstName | default: "there" }},

{% if event.amount == 0 %}
Thank you! Your order is confirmed, and there was nothing to pay.
{% elsif event.billingReason == "subscription_cycle" %}
Thank you for staying with us. Your subscription has been renewed, and your payment went through.
{% else %}
Thank you for your order! Your payment went through.
{% endif %}

| | |
|---|---|
| Order | {{ event.productName | default: "Your order" }} |
{% if event.invoiceNumber %}
| Invoice | {{ event.invoiceNumber }} |
{% endif %}
{% if event.periodEnd %}
| Paid until | {{ event.periodEnd | date: "%B %-d, %Y" }} |
{% endif %}
| **Total** | **{{ event.formattedAmount | default: "See your invoice" }}** |

You will find the invoice in your customer portal.`,
    },
  },
];

export const readyMadeForSubscriptions: readonly ReadyMade[] = [
  {
    name: 'subscription-started',
    title: 'Subscription started',
    description: 'Thanks for a new subscription, once for each, and says when a trial ends.',
    event: 'subscription.created',
    conditions: [],
    frequency: 'once-per-subscription',
    email: {
      kind: 'transactional',
      subject:
        'Thank you for subscribing{% if event.productName %} to {{ event.productName }}{% endif %}',
      preheader: 'Here is what you signed up for.',
      body: `Hi {{ contact.firstName | default: "there" }},

Thank you for subscribing to **{{ event.productName | default: "our service" }}**!

{% if event.status == "trialing" and event.trialEnd %}
Your trial is free until {{ event.trialEnd | date: "%B %-d, %Y" }}. If you like it, there is nothing to do; if you do not, cancel before that day and you pay nothing.
{% elsif event.formattedAmount and event.interval %}
The price is {{ event.formattedAmount }} every {{ event.interval }}, before tax. You can cancel at any time in your customer portal.
{% else %}
You can cancel at any time in your customer portal.
{% endif %}`,
    },
  },
  {
    name: 'subscription-active',
    title: 'Access is open',
    description:
      'Says that access is open, once for each subscription: not again after a failed payment was made good. It comes right after "Subscription started"; one of the two is mostly enough.',
    event: 'subscription.active',
    conditions: [],
    frequency: 'once-per-subscription',
    email: {
      kind: 'transactional',
      subject: '{{ event.productName | default: "Your subscription" }} is ready for you',
      preheader: 'You can start right away.',
      body: `Hi {{ contact.firstName | default: "there" }},

You now have access to **{{ event.productName | default: "your subscription" }}** and can start right away.

{% if event.status == "trialing" and event.trialEnd %}
You are on a free trial until {{ event.trialEnd | date: "%B %-d, %Y" }}.
{% elsif event.periodEnd %}
Your subscription renews on {{ event.periodEnd | date: "%B %-d, %Y" }}.
{% endif %}`,
    },
  },
  {
    name: 'cancellation-scheduled',
    title: 'Cancellation scheduled',
    description:
      'Confirms a cancellation that takes effect at the end of the period, each time one is made. Polar sends the same event once more when the subscription has ended, and at once for an immediate cancellation: "Access ended" is for those.',
    event: 'subscription.canceled',
    conditions: [
      { property: 'cancelAtPeriodEnd', operator: 'is', value: 'true' },
      { property: 'endedAt', operator: 'is-not-set' },
    ],
    frequency: 'every-time',
    email: {
      kind: 'transactional',
      subject: 'Your cancellation is confirmed',
      preheader: 'You keep access until the end of the period you have paid for.',
      body: `Hi {{ contact.firstName | default: "there" }},

We have cancelled your subscription to **{{ event.productName | default: "our service" }}**. You will not be charged again.

{% if event.endsAt %}
You keep access until {{ event.endsAt | date: "%B %-d, %Y" }}.
{% else %}
You keep access until the end of the period you have paid for.
{% endif %}

If you change your mind before then, you can take the cancellation back in your customer portal.`,
    },
  },
  {
    name: 'cancellation-withdrawn',
    title: 'Cancellation withdrawn',
    description: 'Confirms that a cancellation was taken back, each time it is.',
    event: 'subscription.uncanceled',
    conditions: [],
    frequency: 'every-time',
    email: {
      kind: 'transactional',
      subject: 'Your subscription goes on',
      preheader: 'The cancellation has been taken back.',
      body: `Hi {{ contact.firstName | default: "there" }},

Good news: your subscription to **{{ event.productName | default: "our service" }}** goes on, and the cancellation has been taken back.

{% if event.periodEnd %}
It renews on {{ event.periodEnd | date: "%B %-d, %Y" }}.
{% endif %}

We are glad that you stay.`,
    },
  },
  {
    name: 'payment-failed',
    title: 'Payment failed',
    description:
      'Asks for a working payment method each time a renewal could not be collected. It may come back after a recovery.',
    event: 'subscription.past_due',
    conditions: [],
    frequency: 'every-time',
    email: {
      kind: 'transactional',
      subject: 'Your payment did not go through',
      preheader: 'Please check your payment method.',
      body: `Hi {{ contact.firstName | default: "there" }},

We could not collect the payment{% if event.formattedAmount %} of {{ event.formattedAmount }} (before tax){% endif %} for **{{ event.productName | default: "your subscription" }}**.

This mostly means that a card has expired or was declined. Please check your payment method in your customer portal.

The payment will be tried again over the next days, so if you have already put it right, there is nothing more to do.`,
    },
  },
  {
    name: 'access-ended',
    title: 'Access ended',
    description:
      'Says that access has ended, each time it does: after a cancellation, or because the payment failed for good.',
    event: 'subscription.revoked',
    conditions: [],
    frequency: 'every-time',
    email: {
      kind: 'transactional',
      subject: 'Your subscription has ended',
      preheader: 'You are welcome back at any time.',
      body: `Hi {{ contact.firstName | default: "there" }},

Your subscription to **{{ event.productName | default: "our service" }}** has ended{% if event.status == "unpaid" %} because we could not collect the payment{% endif %}, and with it your access.

{% if event.status == "unpaid" %}
If you did not mean to leave, you can subscribe again with another payment method at any time.
{% else %}
Thank you for having been with us. You are welcome back at any time.
{% endif %}`,
    },
  },
];

/** A workflow to begin with. `name` is what commands call it; `description` says when it sends. */
export type ReadyMade = Readonly<{
  name: string;
  title: string;
  description: string;
  event: SupportedEventType;
  conditions: readonly Condition[];
  frequency: Frequency;
  email: EmailNode;
}>;

/** One for each of the ten events. */
export const readyMade: readonly ReadyMade[] = [
  ...readyMadeForCustomers,
  ...readyMadeForSubscriptions,
];
