import { html } from 'hono/html';
import { mailSettings, mailSettingsOf } from '#infra/local/polar-server/customer-mails.ts';
import type { Faults } from '#infra/local/polar-server/faults.ts';
import type {
  CustomerMail,
  Organization,
  PolarState,
} from '#infra/local/polar-server/polar-state.ts';
import { type Html, table, timeOf } from './page.ts';

/** What Polar itself would have mailed, and its fourteen switches. */
export function emailsPage(state: PolarState, { id, slug }: Organization): Html {
  const settings = mailSettingsOf(state.emailSettings.get(id));
  const mails = state.customerMails.filter(({ organizationId }) => organizationId === id);
  return html`<h1>Polar’s own emails</h1>
<p>Polar mails customers, too. Nothing is sent from here; this is what Polar would have sent.</p>
${table('Emails', ['Time', 'Subject', 'To', 'Setting'], mails.slice(-100).reverse().map(mailRow), 'Nothing yet. Let somebody buy.')}
<h2>Customer notifications</h2>
<form class="card" method="post" action="/${slug}/emails">
<fieldset><legend>Polar sends</legend>
${mailSettings.map(
  (name) =>
    html`<label class="check"><input type="checkbox" name="${name}"${settings[name] ? html` checked` : ''}> ${name}</label>`,
)}
<div class="row"><button class="primary">Save</button></div>
</fieldset>
</form>`;
}

function mailRow({ at, subject, to, setting, isSent }: CustomerMail): Html {
  return html`<tr><td>${timeOf(at)}</td><td>${subject}</td><td>${to}</td><td>${setting} ${isSent ? '' : html`<span class="badge">switched off</span>`}</td></tr>`;
}

/** Access tokens and sign-ins. */
export function accessPage(state: PolarState, { id, slug }: Organization): Html {
  const own = [...state.tokens.values()].filter(({ organizationIds }) =>
    organizationIds.includes(id),
  );
  const count = (kind: string) => own.filter((token) => token.kind === kind).length;
  return html`<h1>Access</h1>
<section class="card">
<h2>Organization access tokens</h2>
<p>For <code>npm run connect -- --token -</code>, or the page <em>Polar</em> of the console. It has every scope, and is shown once.</p>
<form class="row" method="post" action="/${slug}/access"><button class="primary" name="act" value="token">Create a token</button></form>
<p class="soft">Active tokens: ${count('organization')}. Active sign-ins: ${count('oauth')}.</p>
<form class="row" method="post" action="/${slug}/access"><button class="danger" name="act" value="revoke">Revoke all of them</button></form>
</section>`;
}

/** The switches of what can be wrong with Polar. */
export function faultsPage(faults: Faults, slug: string): Html {
  const check = (name: string, isOn: boolean, label: string, hint: string) =>
    html`<label class="check"><input type="checkbox" name="${name}"${isOn ? html` checked` : ''}><span>${label}<br><span class="hint">${hint}</span></span></label>`;
  return html`<h1>Faults</h1>
<p>These affect only Polar’s API. Webhooks still go out.</p>
<form class="card" method="post" action="/${slug}/faults">
<fieldset><legend>The API</legend>
${check('outage', faults.outage !== undefined, 'Outage', 'Every call is answered 503, sign-ins too.')}
${check('slow', faults.delayMs > 0, 'Slow answers', 'Each takes five seconds.')}
${check('limited', faults.rateLimit !== undefined, 'Rate limit', 'Every second call is answered 429, with Retry-After.')}
${check('short', faults.shortLists, 'Shortened lists', 'Lists leave out the newer half of the customers, and what is theirs.')}
${check('hidden', faults.hideLeftOut, '404 for left-out customers', 'With shortened lists: reading a left-out customer by id gives 404, too, as with another organization’s token.')}
<div class="row"><button class="primary">Save</button></div>
</fieldset>
</form>
<p class="soft">Resetting a secret and disabling an endpoint are on the page <a href="/${slug}/webhooks">Webhooks</a>, revoking tokens on <a href="/${slug}/access">Access</a>.</p>`;
}
