import {
  dayOf,
  hourOf,
  pauseBegun,
  portalButton,
  type ReadyMade,
  readyMadeForSubscriptions,
} from './subscriptions.ts';

export type { ReadyMade };

const readyMadeForCustomers: readonly ReadyMade[] = [
  {
    name: 'welcome',
    title: 'Welcome',
    description:
      'Greets every new customer once. Polar creates a customer when a checkout is submitted, before the payment. To greet only those who paid, choose the event order.paid and the condition that amount is not 0: it waits for the first paid order, and is still sent only once.',
    event: 'customer.created',
    conditions: [],
    frequency: 'once-per-contact',
    email: {
      kind: 'marketing',
      subject: 'Welcome{% if contact.firstName %}, {{ contact.firstName }}{% endif %}!',
      preheader: 'It’s good to have you here.',
      body: `# Welcome{% if brand.name %} to {{ brand.name }}{% else %} aboard{% endif %}

Hi {{ contact.firstName | default: "there" }},

It’s good to have you here. From time to time, we’ll email you about what’s new and how to get the most out of it.

We’ll keep it short, and you can unsubscribe at any time.

{% if brand.website %}
[Visit {{ brand.name | default: "our website" }}]({{ brand.website }}){button}
{% endif %}`,
    },
  },
  {
    name: 'account-linked',
    title: 'Account linked',
    description:
      'Tells customers that their purchases are linked to their account, once, when Polar gets your own id for them. Those whom your checkout created with an id hear nothing.',
    event: 'customer.updated',
    conditions: [{ property: 'externalId', operator: 'is-set' }],
    audience: [{ property: 'customer.hadNoExternalId', operator: 'is', value: 'true' }],
    frequency: 'once-per-contact',
    email: {
      kind: 'transactional',
      subject: 'Your account is ready',
      preheader: 'Your purchases are now linked to your account.',
      body: `# Your account is ready

Hi {{ contact.firstName | default: "there" }},

What you buy with **{{ contact.email }}** is now linked to your account. There’s nothing for you to do.

If this wasn’t you, please let us know.`,
    },
  },
  {
    name: 'goodbye',
    title: 'Goodbye',
    description:
      'Confirms that a customer was deleted. Nothing is sent if the deletion anonymized them, or if the settings remove deleted customers.',
    event: 'customer.deleted',
    conditions: [],
    frequency: 'every-time',
    email: {
      kind: 'transactional',
      subject: 'Your account has been closed',
      preheader: 'This is the last email about it.',
      body: `# Your account has been closed

Hi {{ contact.firstName | default: "there" }},

Your customer account with us has been closed, and we won’t email you about it again.

Thank you for being with us. You’re welcome back at any time.`,
    },
  },
];

const receipt: ReadyMade = {
  name: 'receipt',
  title: 'Receipt',
  description:
    'A receipt for every paid order: purchases, new subscriptions, trials, renewals, plan changes, usage bills, credits and free orders. Each says what was charged.',
  event: 'order.paid',
  conditions: [],
  frequency: 'once-per-order',
  email: {
    kind: 'transactional',
    subject:
      '{% if event.creditedAmount %}Your credit{% elsif event.amount == 0 and event.subscriptionStatus == "trialing" and event.billingReason == "subscription_create" %}Your free trial{% elsif event.subscriptionStatus == "canceled" and event.billingReason contains "_cycle" %}Your final bill{% elsif event.billingReason == "subscription_meter_cycle" %}Your usage bill{% else %}Your receipt{% endif %}{% if event.productName %} for {{ event.productName }}{% endif %}',
    preheader:
      '{% if event.chargedAmount > 0 %}Your payment went through.{% elsif event.chargedAmount == 0 or event.amount == 0 %}Nothing was charged.{% elsif event.receiptNumber %}Your payment went through.{% else %}Here is what you ordered.{% endif %}',
    body: `###### {% if event.creditedAmount %}Credit{% elsif event.amount == 0 and event.subscriptionStatus == "trialing" and event.billingReason == "subscription_create" %}Free trial{% elsif event.subscriptionStatus == "canceled" and event.billingReason contains "_cycle" %}Final bill{% elsif event.billingReason == "subscription_meter_cycle" %}Usage bill{% else %}Receipt{% endif %}{% if event.orderDate %} · ${dayOf('orderDate')}{% endif %}

# {% if event.creditedAmount %}{{ event.formattedCreditedAmount | default: "Your credit" }}{% elsif event.formattedChargedAmount %}{{ event.formattedChargedAmount }}{% else %}{{ event.formattedAmount | default: "Your order" }}{% endif %}

Hi {{ contact.firstName | default: "there" }},

{% if event.creditedAmount %}
We have added {{ event.formattedCreditedAmount | default: "a credit" }} to your balance. It counts towards your next payments.
{% elsif event.amount == 0 and event.subscriptionStatus == "trialing" and event.billingReason == "subscription_create" %}
Your free trial has begun{% if event.trialEnd %} and runs until ${hourOf('trialEnd')}{% endif %}.
{% elsif event.subscriptionStatus == "canceled" and event.billingReason contains "_cycle" %}
Your subscription has ended, and this is the final bill for it.
{% elsif event.billingReason == "subscription_meter_cycle" %}
This is the bill for what you’ve used.
{% elsif event.billingReason == "subscription_update" %}
Your subscription has been changed, and this is the bill for the change.
{% elsif event.billingReason == "subscription_cycle" and event.trialEnd and event.trialEnd == event.periodStart %}
Your trial is over and your subscription has begun. Thank you for staying with us!
{% elsif event.billingReason == "subscription_cycle" and event.subscriptionStatus == "active" %}
Thank you for staying with us! Your subscription has been renewed.
{% elsif event.billingReason == "subscription_cycle" %}
Thank you for staying with us!
{% else %}
Thank you for your order!
{% endif %}

{% if event.chargedAmount > 0 and event.balanceUsed and event.formattedChargedAmount %}
Your payment of {{ event.formattedChargedAmount }} went through. The rest was paid from your balance.
{% elsif event.chargedAmount > 0 and event.formattedChargedAmount %}
Your payment of {{ event.formattedChargedAmount }} went through.
{% elsif event.chargedAmount == 0 and event.balanceUsed %}
The order was paid from your balance, so nothing was charged.
{% elsif event.creditedAmount and event.chargedAmount == 0 %}
Nothing was charged.
{% elsif event.amount == 0 and event.discountAmount > 0 %}
Nothing was charged: with your discount, there was nothing to pay.
{% elsif event.amount == 0 or event.chargedAmount == 0 %}
Nothing was charged, as there was nothing to pay.
{% elsif event.receiptNumber %}
Your payment went through.
{% endif %}

| | |
|---|---|
| Order | {{ event.productName | default: "Your order" }}{% if event.seats > 1 %}, {{ event.seats }} seats{% endif %} |
{% if event.orderDate %}
| Date | ${dayOf('orderDate')} |
{% endif %}
{% if event.invoiceNumber %}
| Invoice | {{ event.invoiceNumber }} |
{% endif %}
{% if event.receiptNumber %}
| Receipt | {{ event.receiptNumber }} |
{% endif %}
{% if event.paidUntil %}
| Paid until | ${dayOf('paidUntil')} |
{% endif %}
{% if event.formattedPriceBeforeDiscount %}
{% if event.discountAmount > 0 or event.taxAmount > 0 %}
| Subtotal | {{ event.formattedPriceBeforeDiscount }} |
{% endif %}
{% endif %}
{% if event.discountAmount > 0 and event.formattedDiscountAmount %}
| Discount{% if event.discountName %} ({{ event.discountName }}){% endif %} | −{{ event.formattedDiscountAmount }} |
{% endif %}
{% if event.taxAmount > 0 and event.formattedTaxAmount %}
| Tax | {{ event.formattedTaxAmount }} |
{% endif %}
{% if event.creditedAmount %}
| **Credit** | **{{ event.formattedCreditedAmount | default: "See your invoice" }}** |
{% elsif event.formattedChargedAmount %}
| Total | {{ event.formattedAmount | default: "See your invoice" }} |
{% else %}
| **Total** | **{{ event.formattedAmount | default: "See your invoice" }}** |
{% endif %}
{% if event.formattedBalanceUsed %}
| From your balance | −{{ event.formattedBalanceUsed }} |
{% endif %}
{% if event.formattedBalanceOwed %}
| Owed from before | {{ event.formattedBalanceOwed }} |
{% endif %}
{% if event.creditedAmount and event.formattedChargedAmount %}
| Charged | {{ event.formattedChargedAmount }} |
{% elsif event.formattedChargedAmount %}
| **Charged** | **{{ event.formattedChargedAmount }}** |
{% endif %}

${portalButton('View invoice', 'You’ll find the invoice in your customer portal.')}`,
  },
};

/** Polar mails nobody about a refund. */
const refund: ReadyMade = {
  name: 'refund',
  title: 'Refund',
  description:
    'Says after each refund how much of the order has been refunded in all. Polar mails nothing about refunds. Its event, order.refunded, is optional: switch it on in the settings.',
  event: 'order.refunded',
  conditions: [],
  frequency: 'every-time',
  email: {
    kind: 'transactional',
    subject: 'Your refund{% if event.productName %} for {{ event.productName }}{% endif %}',
    preheader:
      '{% if event.refundedAmount == event.amount %}Your order was refunded in full.{% else %}Part of your order was refunded.{% endif %}',
    body: `###### Refund

# {% if event.refundedAmount == event.amount %}Your order was refunded{% else %}Part of your order was refunded{% endif %}

Hi {{ contact.firstName | default: "there" }},

{% if event.refundedAmount == event.amount and event.formattedRefundedAmount %}
We’ve refunded your order in full: {{ event.formattedRefundedAmount }}.
{% elsif event.formattedRefundedAmount and event.formattedAmount %}
We’ve refunded part of your order: {{ event.formattedRefundedAmount }} of {{ event.formattedAmount }} so far.
{% else %}
We’ve made a refund for your order.
{% endif %}

{% if event.chargedAmount > 0 %}
When you see it in your account depends on your bank: it can take some days.
{% endif %}

| | |
|---|---|
| Order | {{ event.productName | default: "Your order" }} |
{% if event.orderDate %}
| Ordered | ${dayOf('orderDate')} |
{% endif %}
{% if event.invoiceNumber %}
| Invoice | {{ event.invoiceNumber }} |
{% endif %}
{% if event.formattedAmount %}
| Total | {{ event.formattedAmount }} |
{% endif %}
{% if event.formattedRefundedAmount %}
| **Refund** | **{{ event.formattedRefundedAmount }}** |
{% endif %}

${portalButton('View order')}`,
  },
};

/** One for each standard event, and for those optional ones at which Polar mails nobody. */
export const readyMade: readonly ReadyMade[] = [
  ...readyMadeForCustomers,
  receipt,
  ...readyMadeForSubscriptions,
  refund,
  pauseBegun,
];
