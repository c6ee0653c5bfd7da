import type { Condition } from '#shared/audience/conditions.ts';
import type { EmailNode, Frequency } from '#shared/audience/workflow.ts';
import type { EventVariable } from '#shared/mail/event-variables.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';

/** A workflow to begin with. `name` is what commands call it; `description` says when it sends. */
export type ReadyMade = Readonly<{
  name: string;
  title: string;
  description: string;
  event: SupportedEventType;
  conditions: readonly Condition[];
  audience?: readonly Condition[];
  frequency: Frequency;
  email: EmailNode;
}>;

// A day of the shop, and the hour with its zone where something ends then.
export const dayOf = (name: EventVariable) => `{{ event.${name} | day }}`;
export const hourOf = (name: EventVariable) => `{{ event.${name} | day_and_time }}`;

/**
 * Where customers cancel, change their card and find invoices: a button, where the portal is known, and what is said of it.
 * Without a portal there is neither.
 */
export const portalButton = (label: string, said = '') => `{% if event.portalUrl %}
${said && `${said}\n\n`}[${label}]({{ event.portalUrl }}){button}
{% endif %}`;
/** Where something is done, behind what it is. */
export const inPortal = '{% if event.portalUrl %} in your customer portal{% endif %}';
const trial = `Your trial is free until ${hourOf('trialEnd')}.`;
const pause = `{% if event.resumesAt %}It’s set to pause on ${hourOf('periodEnd')} and to resume on ${hourOf('resumesAt')}.{% else %}It’s set to pause on ${hourOf('periodEnd')}.{% endif %}`;
const discount = 'Your discount{% if event.discountName %} ({{ event.discountName }}){% endif %}';
/** What is said behind a price. */
const terms =
  'every {{ event.interval }}{% if event.taxIncluded == true %}, tax included{% elsif event.taxIncluded == false %}, before tax{% endif %}{% if event.priceKind == "metered" %}, plus what you use{% endif %}';

export const readyMadeForSubscriptions: readonly ReadyMade[] = [
  {
    name: 'subscription-started',
    title: 'Subscription started',
    description:
      'Thanks the customer once for each new subscription. Says when a trial ends, and the price if it stays the same.',
    event: 'subscription.created',
    conditions: [],
    frequency: 'once-per-subscription',
    email: {
      kind: 'transactional',
      subject:
        'Thank you for subscribing{% if event.productName %} to {{ event.productName }}{% endif %}',
      preheader: 'Here is what you signed up for.',
      body: `###### New subscription

# {{ event.productName | default: "Your subscription" }}

Hi {{ contact.firstName | default: "there" }},

Thank you for subscribing to **{{ event.productName | default: "our service" }}**!

{% if event.status == "trialing" and event.trialEnd %}
${trial} If you like it, there’s nothing to do. If you don’t, cancel before then.
{% endif %}

{% if event.priceKind == "free" %}
It’s free of charge.
{% elsif event.formattedRecurringAmount and event.interval %}
{% if event.status == "trialing" %}After the trial, the{% else %}The{% endif %} price is {{ event.formattedRecurringAmount }} ${terms}.
{% elsif event.priceKind == "metered" and event.formattedPriceBeforeDiscount == nil %}
You pay for what you use.
{% elsif event.discountUntil %}
${discount} applies until ${dayOf('discountUntil')}.
{% elsif event.discountDuration == "once" %}
${discount} is for the first payment.
{% elsif event.discountDuration == "repeating" and event.interval == "month" and event.discountMonths > 1 %}
${discount} is for the first {{ event.discountMonths }} months.
{% elsif event.discountDuration == "repeating" %}
${discount} is for a limited time.
{% endif %}

{% if event.discountAmount > 0 and event.discountDuration != "forever" %}
{% if event.formattedPriceBeforeDiscount and event.interval %}
Without the discount, the price is {{ event.formattedPriceBeforeDiscount }} ${terms}.
{% endif %}
{% endif %}

${portalButton('Manage subscription', 'You can cancel at any time in your customer portal.')}`,
    },
  },
  {
    name: 'subscription-active',
    title: 'Access is open',
    description:
      'Says that access is open, once per subscription, and not again when a failed payment goes through. It comes right after “Subscription started”; one of the two is usually enough.',
    event: 'subscription.active',
    conditions: [{ property: 'isFirstPeriod', operator: 'is-not', value: 'false' }],
    frequency: 'once-per-subscription',
    email: {
      kind: 'transactional',
      subject: '{{ event.productName | default: "Your subscription" }} is ready for you',
      preheader: 'You can start right away.',
      body: `###### Ready for you

# {{ event.productName | default: "Your subscription" }}

Hi {{ contact.firstName | default: "there" }},

You now have access to **{{ event.productName | default: "your subscription" }}** and can start right away.

{% if event.cancelAtPeriodEnd and event.endsAt %}
Your subscription ends on ${hourOf('endsAt')}.
{% elsif event.pauseAtPeriodEnd and event.periodEnd %}
${pause}
{% elsif event.status == "trialing" and event.trialEnd %}
${trial}
{% elsif event.renewsAt %}
Your subscription renews on ${dayOf('renewsAt')}.
{% endif %}

${portalButton('Manage subscription')}`,
    },
  },
  {
    name: 'cancellation-scheduled',
    title: 'Cancellation scheduled',
    description:
      'Confirms a cancellation that takes effect at the end of the period, each time one is made. Polar sends the same event once more when the subscription has ended, and right away for an immediate cancellation: “Access ended” is for those.',
    event: 'subscription.canceled',
    conditions: [
      { property: 'cancelAtPeriodEnd', operator: 'is', value: 'true' },
      { property: 'endedAt', operator: 'is-not-set' },
    ],
    frequency: 'every-time',
    email: {
      kind: 'transactional',
      subject: 'Your cancellation is confirmed',
      preheader: 'Your subscription won’t renew.',
      body: `###### Cancellation confirmed

# {% if event.endsAt %}Ends on ${dayOf('endsAt')}{% else %}Your subscription won’t renew{% endif %}

Hi {{ contact.firstName | default: "there" }},

Your subscription to **{{ event.productName | default: "our service" }}** has been canceled and won’t renew.

{% if event.endsAt and event.status == "past_due" %}
It ends on ${hourOf('endsAt')}. A payment for it is still due.
{% elsif event.endsAt and event.status == "paused" %}
It ends on ${hourOf('endsAt')}.
{% elsif event.endsAt %}
You keep access until ${hourOf('endsAt')}.
{% else %}
It ends with its current period.
{% endif %}

{% if event.priceKind == "metered" %}
What you use until then will still be billed.
{% endif %}

${portalButton('Keep subscription', 'If you change your mind before then, you can undo the cancellation in your customer portal.')}`,
    },
  },
  {
    name: 'cancellation-withdrawn',
    title: 'Cancellation withdrawn',
    description: 'Confirms that a cancellation was undone, each time it is.',
    event: 'subscription.uncanceled',
    conditions: [],
    frequency: 'every-time',
    email: {
      kind: 'transactional',
      subject: 'Your subscription continues',
      preheader: 'The cancellation was undone.',
      body: `###### Cancellation undone

# Your subscription continues

Hi {{ contact.firstName | default: "there" }},

Good news: your subscription to **{{ event.productName | default: "our service" }}** continues. The cancellation was undone.

{% if event.status == "past_due" %}
A payment for it is still due. Please check your payment method${inPortal}.

${portalButton('Check payment method')}
{% elsif event.status == "paused" and event.resumesAt %}
It’s paused until ${hourOf('resumesAt')}.
{% elsif event.status == "paused" %}
It’s still paused.
{% elsif event.pauseAtPeriodEnd and event.periodEnd %}
${pause}
{% elsif event.status == "trialing" and event.trialEnd %}
${trial}
{% elsif event.renewsAt %}
It renews on ${dayOf('renewsAt')}.
{% endif %}

We’re glad you’re staying.`,
    },
  },
  {
    name: 'payment-failed',
    title: 'Payment failed',
    description:
      'Asks for a working payment method each time a renewal could not be collected. It may be sent again after a recovery. It names no amount: what Polar tries to collect isn’t in its webhook.',
    event: 'subscription.past_due',
    conditions: [],
    frequency: 'every-time',
    email: {
      kind: 'transactional',
      subject: 'Your payment didn’t go through',
      preheader: 'Please check your payment method.',
      body: `###### {{ event.productName | default: "Your subscription" }}

# Your payment didn’t go through

Hi {{ contact.firstName | default: "there" }},

We couldn’t collect the payment for **{{ event.productName | default: "your subscription" }}**.

This usually means that a card has expired or was declined. Please check your payment method${inPortal}. If you’ve already fixed this, there’s nothing else to do.

${portalButton('Check payment method')}

We’ll try the payment again within the next three weeks. If it still fails, your subscription will end.`,
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
      preheader: 'You’re welcome back at any time.',
      body: `###### {{ event.productName | default: "Your subscription" }}

# Your subscription has ended

Hi {{ contact.firstName | default: "there" }},

Your subscription to **{{ event.productName | default: "our service" }}** has ended{% if event.endReason == "payment_failed" %} because we couldn’t collect the payment{% endif %}, and with it your access.

{% if event.priceKind == "metered" %}
If you’ve used something that wasn’t billed yet, one last bill may follow.
{% endif %}

{% if event.endReason == "payment_failed" %}
If you didn’t mean to leave, you can subscribe again with another payment method at any time.
{% else %}
Thank you for being with us. You’re welcome back at any time.
{% endif %}`,
    },
  },
];

/** Polar mails when a pause is scheduled, and when it ends. */
export const pauseBegun: ReadyMade = {
  name: 'subscription-paused',
  title: 'Subscription paused',
  description:
    'Says that a pause has begun, each time one does. Polar mails when a pause is scheduled and when it ends, and nothing when it begins. Its event, subscription.paused, is optional: switch it on in the settings.',
  event: 'subscription.paused',
  conditions: [],
  frequency: 'every-time',
  email: {
    kind: 'transactional',
    subject: `Your subscription is paused{% if event.resumesAt %} until ${dayOf('resumesAt')}{% endif %}`,
    preheader: 'No payment is taken while it is paused.',
    body: `###### {{ event.productName | default: "Your subscription" }}

# Your subscription is paused

Hi {{ contact.firstName | default: "there" }},

Your subscription to **{{ event.productName | default: "our service" }}** is now paused. No payment is taken while it is paused.

{% if event.resumesAt %}
It resumes on ${hourOf('resumesAt')}.{% if event.amount > 0 %} From then on, you’ll be charged again.{% endif %}
{% else %}
It stays paused until it is resumed.
{% endif %}

${portalButton('Manage subscription')}`,
  },
};
