import type { ReadyMade } from './ready-made.ts';

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
