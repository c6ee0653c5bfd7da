import { html } from 'hono/html';
import { formattedAmount } from '#shared/polar/amount.ts';
import { organizationOf, type PolarState, type WebhookEvent } from '../polar-state.ts';
import { catalogue } from '../shop/catalogue.ts';
import { refundable } from '../shop/refunds.ts';
import {
  type Customer,
  customerSchema,
  type Order,
  type Subscription,
  subscriptionSchema,
} from '../shop/rows.ts';
import { dayOf, type Html, table } from './page.ts';
import { eventRows } from './webhook-pages.ts';

const reasons = [
  'too_expensive',
  'missing_features',
  'switched_service',
  'unused',
  'customer_service',
  'low_quality',
  'too_complex',
  'other',
];

/** Everybody of an organization whom the text finds, those with the newest change first. */
export function customersPage(
  state: PolarState,
  { id, slug }: Readonly<{ id: string; slug: string }>,
  text: string,
): Html {
  const subscriptions = new Map(
    state.subscriptions.map((row) => [String(row['customer_id']), subscriptionSchema.parse(row)]),
  );
  const own = state.customers
    .filter((row) => organizationOf(row, state) === id)
    .map((row) => customerSchema.parse(row));
  const sought = text.trim().toLowerCase();
  const found = own.filter(({ email, name }) =>
    `${email ?? ''} ${name ?? ''}`.toLowerCase().includes(sought),
  );
  const newestFirst = found.sort((one, other) => (changeOf(one) < changeOf(other) ? 1 : -1));
  const rows = newestFirst.map((customer) => {
    const subscription = subscriptions.get(customer.id);
    return html`<tr>
<td><a href="/${slug}/customers/${customer.id}">${shownName(customer)}</a></td>
<td class="whole">${customer.email ?? ''}</td>
<td>${subscription ? badgeOf(subscription) : ''}</td>
<td>${dayOf(customer.created_at)}</td>
</tr>`;
  });
  return html`<h1>Customers</h1>
<form class="card" method="post" action="/${slug}/customers">
<fieldset><legend>A new customer buys</legend>
<div class="fields">
<div class="field"><label for="email">Email</label><input id="email" name="email" type="email" required placeholder="you@example.com" autocomplete="off"></div>
<div class="field"><label for="name">Name</label><input id="name" name="name" autocomplete="off"></div>
<div class="field"><label for="product">Product</label>${productChoice('product')}</div>
<button class="primary">Buy</button>
</div></fieldset>
</form>
<form class="row" method="get"><div class="field"><label for="q">Find</label><input id="q" name="q" type="search" value="${text}"></div></form>
<p class="soft">${found.length} ${found.length === 1 ? 'customer' : 'customers'}</p>
${table('Customers', ['Name', 'Email', 'Subscription', 'Since'], rows, 'Nobody is called that.')}`;
}

function changeOf({ modified_at, created_at }: Customer): string {
  return modified_at ?? created_at;
}

function shownName({ name, email }: Customer): string {
  return name?.trim() || email || 'Without a name';
}

function productChoice(id: string): Html {
  return html`<select id="${id}" name="product">${catalogue.map(
    ({ id: productId, name, amount, currency, interval, trialDays }) =>
      html`<option value="${productId}">${name}: ${formattedAmount(amount, currency)}${interval ? ` a ${interval}` : ''}${trialDays ? `, ${trialDays} days free` : ''}</option>`,
  )}</select>`;
}

export function badgeOf(subscription: Subscription): Html {
  const { status, cancel_at_period_end: isEnding, pause_at_period_end: isPausing } = subscription;
  if (status === 'canceled') return html`<span class="badge">ended</span>`;
  if (status === 'paused') return html`<span class="badge warn">paused</span>`;
  if (status === 'past_due') return html`<span class="badge bad">past due</span>`;
  if (isEnding) return html`<span class="badge warn">cancellation scheduled</span>`;
  if (isPausing) return html`<span class="badge warn">pause scheduled</span>`;
  return html`<span class="badge good">${status}</span>`;
}

type Shown = Readonly<{
  customer: Customer;
  subscriptions: readonly Subscription[];
  orders: readonly Order[];
  events: readonly WebhookEvent[];
  nowMs: number;
}>;

/** One customer, with everything that can happen to them. */
export function customerPage(slug: string, shown: Shown): Html {
  const { customer, subscriptions, orders, events, nowMs } = shown;
  const path = `/${slug}/customers/${customer.id}`;
  const newestFirst = [...subscriptions].reverse();
  return html`<p class="above"><a href="/${slug}/customers">Customers</a></p>
<h1>${shownName(customer)}</h1>
<dl class="facts">
<div><dt>Email</dt><dd>${customer.email ?? 'none'}</dd></div>
<div><dt>Name</dt><dd>${customer.name ?? 'none'}</dd></div>
<div><dt>External ID</dt><dd>${customer.external_id ?? 'none'}</dd></div>
<div><dt>ID</dt><dd><code>${customer.id}</code></dd></div>
</dl>
${newestFirst.map((subscription) => subscriptionCard(path, subscription))}
<form class="card" method="post" action="${path}/buy">
<fieldset><legend>${subscriptions.length > 0 ? 'Buy something else' : 'Buy'}</legend>
<div class="fields"><div class="field"><label for="product">Product</label>${productChoice('product')}</div><button>Buy</button></div>
</fieldset></form>
<form class="card" method="post" action="${path}/change">
<fieldset><legend>Change the customer</legend>
<div class="fields">
<div class="field"><label for="email">Email</label><input id="email" name="email" type="email" required value="${customer.email ?? ''}"></div>
<div class="field"><label for="name">Name</label><input id="name" name="name" value="${customer.name ?? ''}"></div>
<div class="field"><label for="external">External ID</label><input id="external" name="externalId" value="${customer.external_id ?? ''}"${customer.external_id === null ? '' : html` readonly`}></div>
<button>Save</button>
</div></fieldset></form>
<h2>Orders</h2>
${table(
  'Orders',
  ['Day', 'For', 'Total', 'State', 'Refund'],
  [...orders].reverse().map((order) => orderRow(path, order)),
  'Nothing was bought.',
)}
<h2>Webhooks about this customer</h2>
${table('Webhooks', ['Time', 'Event', 'State'], eventRows(slug, events, nowMs), 'Nothing was sent. Events are recorded while an endpoint that wants them is enabled.')}
<form class="card" method="post" action="${path}/delete">
<fieldset><legend>Delete</legend>
<p class="hint">Active subscriptions end at once. If anonymized, webhooks show name and address as hashes.</p>
<div class="row"><button class="danger" name="anonymise" value="no">Delete</button>
<button class="danger" name="anonymise" value="yes">Delete and anonymize</button></div>
</fieldset></form>`;
}

function orderRow(path: string, order: Order): Html {
  const { id, created_at, description, total_amount, currency, status } = order;
  const isPaid = status === 'paid' || status === 'partially_refunded';
  const refund =
    isPaid && refundable(order) > 0
      ? html`<form class="row" method="post" action="${path}/refund"><input type="hidden" name="order" value="${id}">
<button name="part" value="half" aria-label="Refund half of ${description}">Half</button>
<button name="part" value="rest" aria-label="Refund all of ${description}">All</button></form>`
      : '';
  return html`<tr><td>${dayOf(created_at)}</td><td>${description}</td><td>${formattedAmount(total_amount, currency)}</td><td>${status.replaceAll('_', ' ')}</td><td>${refund}</td></tr>`;
}

function subscriptionCard(path: string, subscription: Subscription): Html {
  const { id, status } = subscription;
  const product = catalogue.find((known) => known.id === subscription.product_id);
  return html`<section class="card">
<div class="row"><h2>${product?.name ?? 'A subscription'}</h2>${badgeOf(subscription)}</div>
<p class="soft">${termsOf(subscription)}</p>
${
  status === 'canceled'
    ? ''
    : html`<form method="post" action="${path}/subscription"><input type="hidden" name="subscription" value="${id}"><div class="row">${actsOf(
        subscription,
      ).map(
        ([act, label]) =>
          html`<button name="act" value="${act}"${act === 'endNow' ? html` class="danger"` : ''}>${label}</button>`,
      )}</div>
${
  subscription.cancel_at_period_end || status === 'paused'
    ? ''
    : html`<details><summary>Why they cancel (optional)</summary><div class="fields">
<div class="field"><label for="reason-${id}">Reason</label><select id="reason-${id}" name="reason"><option value="">none given</option>${reasons.map((reason) => html`<option value="${reason}">${reason.replaceAll('_', ' ')}</option>`)}</select></div>
<div class="field"><label for="comment-${id}">Comment</label><input id="comment-${id}" name="comment"></div>
</div></details>`
}</form>`
}
</section>`;
}

export function termsOf(subscription: Subscription): Html {
  const { status, current_period_end: end, ends_at, ended_at, past_due_at } = subscription;
  if (ended_at) return html`Ended on ${dayOf(ended_at)}.`;
  if (ends_at) return html`Ends on ${dayOf(ends_at)}.`;
  if (past_due_at)
    return html`The payment of ${dayOf(past_due_at)} failed. Polar tries again for three weeks.`;
  if (status === 'paused') return html`Paused since ${dayOf(end)}.`;
  if (subscription.pause_at_period_end) return html`Pauses on ${dayOf(end)}.`;
  return status === 'trialing' ? html`Free until ${dayOf(end)}.` : html`Renews on ${dayOf(end)}.`;
}

export type SubscriptionAct =
  | 'renew'
  | 'failPayment'
  | 'recoverPayment'
  | 'exhaustRetries'
  | 'cancel'
  | 'takeBack'
  | 'reachEnd'
  | 'endNow'
  | 'pause'
  | 'beginPause'
  | 'resume'
  | 'movePeriodEnd';

/** What can happen to a subscription as it is. */
function actsOf({
  status,
  cancel_at_period_end: isEnding,
  pause_at_period_end: isPausing,
}: Subscription): (readonly [SubscriptionAct, string])[] {
  if (status === 'paused') return [['resume', 'Resume']];
  const card = [
    ['recoverPayment', 'Card works again'],
    ['exhaustRetries', 'All retries fail'],
  ] as const;
  const period = [
    ['renew', status === 'trialing' ? 'Trial ends, payment works' : 'Renew'],
    ['failPayment', status === 'trialing' ? 'Trial ends, payment fails' : 'Payment fails'],
  ] as const;
  return [
    ...(status === 'past_due' ? card : isEnding || isPausing ? [] : period),
    ...(isPausing ? ([['beginPause', 'The pause begins']] as const) : []),
    ...(status === 'active' && !isEnding && !isPausing ? ([['pause', 'Pause']] as const) : []),
    ...(status === 'past_due' || isEnding
      ? []
      : ([['movePeriodEnd', 'Move the renewal']] as const)),
    ...(isEnding
      ? ([
          ['takeBack', 'Withdraw the cancellation'],
          ['reachEnd', 'The end is reached'],
        ] as const)
      : ([['cancel', 'Cancel']] as const)),
    ['endNow', 'End now'],
  ];
}
