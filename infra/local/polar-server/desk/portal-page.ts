import { html } from 'hono/html';
import { formattedAmount } from '#shared/polar/amount.ts';
import type { Answer } from '../answer.ts';
import { catalogue } from '../shop/catalogue.ts';
import type { Customer, Order, Subscription } from '../shop/rows.ts';
import { badgeOf, termsOf } from './customer-pages.ts';
import { barePage, dayOf, type Html, table } from './page.ts';

type Buyer = Readonly<{
  customer: Customer;
  subscriptions: readonly Subscription[];
  orders: readonly Order[];
}>;

/**
 * Where the portal button of an email leads. Polar's own portal mails a code to the address first; whoever runs a local
 * Polar needs none. `buyer` is absent where nobody has this address.
 */
export function portalAnswer(
  organization: Readonly<{ slug: string; name: string }>,
  address: string,
  buyer: Buyer | undefined,
): Answer {
  const content = html`<main class="narrow">
<p class="soft small">${organization.name} · Customer portal</p>
${buyer ? purchases(organization.slug, buyer) : search(address)}
</main>`;
  return barePage(`Customer portal of ${organization.name}`, content);
}

function search(address: string): Html {
  return html`<h1>Find your purchases</h1>
${address ? html`<p class="flash problem" role="alert">No customer has the address ${address}.</p>` : ''}
<form class="card" method="get"><div class="fields">
<div class="field"><label for="email">Email</label><input id="email" name="email" type="email" required value="${address}"></div>
<button class="primary">Continue</button>
</div></form>
<p class="hint">The real portal then mails a six-character code to this address.</p>`;
}

function purchases(slug: string, { customer, subscriptions, orders }: Buyer): Html {
  return html`<h1>${customer.email}</h1>
<h2>Subscriptions</h2>
${subscriptions.length > 0 ? [...subscriptions].reverse().map(subscriptionCard) : html`<p class="empty">No subscriptions.</p>`}
<h2>Orders</h2>
${table('Orders', ['For', 'Day', 'Total', 'State'], [...orders].reverse().map(orderRow), 'No orders.')}
<p class="hint">In the real portal, customers enter a code from their mail first. Then they cancel, change their card and download invoices. Here, <a href="/${slug}/customers/${customer.id}">act for this customer</a>.</p>`;
}

function subscriptionCard(subscription: Subscription): Html {
  const product = catalogue.find(({ id }) => id === subscription.product_id);
  return html`<section class="card"><div class="row"><h3>${product?.name ?? 'A subscription'}</h3>${badgeOf(subscription)}</div>
<p class="soft">${termsOf(subscription)}</p></section>`;
}

function orderRow({ created_at, description, total_amount, currency, status }: Order): Html {
  return html`<tr><td>${description}</td><td>${dayOf(created_at)}</td><td>${formattedAmount(total_amount, currency)}</td><td>${status.replaceAll('_', ' ')}</td></tr>`;
}
