import type { Context } from 'hono';
import { html } from 'hono/html';
import {
  howText,
  marketingState,
  reasonAgainstAddress,
  reasonAgainstTransactional,
  reasonsAgainstMarketing,
  type Standing,
  type SubscriptionReason,
  standingOf,
} from '#shared/audience/consent/reasons.ts';
import {
  type Act,
  isAfter,
  isByOperator,
  type SuppressionReason,
} from '#shared/audience/consent/suppression.ts';
import { sourceText } from '#shared/audience/person/contact-source.ts';
import type { Customer, DecisionByHand } from '#shared/audience/person/person.ts';
import {
  isLiving,
  productNameOf,
  type SubscriptionSnapshot,
  type Subscriptions,
} from '#shared/audience/person/subscription-snapshot.ts';
import type { KnownContact } from '#shared/store/audience/contact-lookup.ts';
import { copyable } from '../kit/enhanced.ts';
import { act } from '../kit/fields.ts';
import { nameNote } from '../kit/left-out-name.ts';
import type { ConsoleEnv, Html } from '../kit/page.ts';
import { contactPath } from '../kit/paths.ts';
import { addressText, badge, facts, table, time, who } from '../kit/shown.ts';
import { marketingBadge, priceText, shortened } from '../kit/words.ts';
import { handRows } from './hand-view.ts';
import { isRecent, underWayNote, untilErased } from './kept-view.ts';

/** One thing that mattered to whether a contact gets mail. */
export type ConsentStep = Readonly<{ at: string; what: string; by?: string }>;

const refusalWords: Record<SuppressionReason, string> = {
  unsubscribed: 'Unsubscribed',
  complained: 'Complained about an email',
  bounced: 'Mail to the address bounced',
};

const decisionWords: Record<DecisionByHand['act'], string> = {
  added: 'Added by hand',
  subscribed: 'Subscribed by hand',
  unsubscribed: 'Unsubscribed by hand',
  'bounce-lifted': 'Bounce lifted by hand',
};

/** What is kept of how a contact came to its consent, newest first, each step once. */
export function consentHistory({ contact, customer, suppression }: KnownContact): ConsentStep[] {
  const { consent } = contact;
  const decisions = consent.history ?? [];
  const steps = [
    ...decisions.map((decision) => ({
      at: decision.at,
      by: decision.by,
      what: decisionText(decision.act, decision),
    })),
    ...decisions.flatMap(({ cleared = [] }) =>
      cleared.map(({ reason, ...no }) => ({ ...no, what: refusalText(reason, no) })),
    ),
    ...refusalSteps(customer?.no),
    ...refusalSteps(suppression?.reasons),
    ...(consent.subscribed
      ? [{ ...consent.subscribed, what: decisionText('subscribed', consent.subscribed) }]
      : []),
    ...creation(decisions, { contact, customer }),
    ...(customer?.deletion
      ? [{ at: customer.deletion.occurredAt, what: 'The customer was deleted in Polar' }]
      : []),
  ];
  const once = new Map(steps.map((step) => [`${step.at} ${step.what}`, step] as const));
  return [...once.values()].sort((a, b) => (isAfter(a.at, b.at) ? -1 : 1));
}

/** The way back on the unsubscribe page is the recipient's own, and no operator's hand. */
function decisionText(act: DecisionByHand['act'], how: Act): string {
  return act === 'subscribed' && !isByOperator(how) ? 'Subscribed again' : decisionWords[act];
}

function refusalSteps(
  refusals: Partial<Record<SuppressionReason, { at: string; by: string } | undefined>> = {},
): ConsentStep[] {
  const reasons = ['unsubscribed', 'complained', 'bounced'] as const;
  return reasons.flatMap((reason) => {
    const refusal = refusals[reason];
    return refusal ? [{ ...refusal, what: refusalText(reason, refusal) }] : [];
  });
}

function refusalText(reason: SuppressionReason, no: Act): string {
  const isOurs = reason === 'unsubscribed' && isByOperator(no);
  return isOurs ? decisionWords.unsubscribed : refusalWords[reason];
}

function creation(
  decisions: readonly DecisionByHand[],
  { contact, customer }: Pick<KnownContact, 'contact' | 'customer'>,
): ConsentStep[] {
  const { createdAt, consent } = contact;
  if (decisions.some(({ act, at }) => act === 'added' && at === createdAt)) return [];
  const how = consent.startsUnsubscribed
    ? 'Added unsubscribed, as set for new contacts'
    : 'Added to the audience';
  return [{ at: createdAt, what: `${how} (${sourceText(contact, customer)})` }];
}

/** Who a contact is, whether it gets mail and why, and what can be done about it. */
export function contactView(c: Context<ConsoleEnv>, known: KnownContact, now: Date): Html {
  const path = contactPath(known.contact.contactId);
  const erasure = known.customer?.erasure ?? known.contact.erasure;
  const isUnderWay = erasure !== undefined && isRecent(erasure, now);
  // The sentence of what was just done says the same.
  return html`${untilErased(
    isUnderWay,
    html`<p class="standing">${erasure ? standingWhileErased(isUnderWay) : standingView(known)}</p>
${erasure && !c.get('flash') ? underWayNote(erasure, now) : ''}`,
  )}
<div class="columns">
<section class="card" aria-labelledby="profile"><h2 id="profile">Profile</h2>${profile(c, known, isUnderWay)}
${isUnderWay ? '' : html`<div class="row"><a class="button" href="${path}/edit">Edit…</a></div>`}</section>
<section class="card" aria-labelledby="consent"><h2 id="consent">Consent</h2>
${consentState(known)}
${isUnderWay ? '' : actsView(c, path, known)}
<h3>Consent history</h3>
${steps(consentHistory(known))}
</section>
</div>
${subscriptionsView(known.customer?.subscriptions)}`;
}

const gets = {
  everything: 'Gets receipts and marketing',
  transactional: 'Gets receipts; no marketing',
  nothing: 'Gets no mail',
} as const satisfies Record<Standing['gets'], string>;

function standingView(known: KnownContact): Html {
  const { because, at, ...standing } = standingOf(known);
  return html`${marketingBadge(marketingState(known))} ${gets[standing.gets]}${because && html`: ${because}`}${at && html` on ${time(at)}`}.`;
}

function standingWhileErased(isUnderWay: boolean): Html {
  return html`${badge(isUnderWay ? 'being erased' : 'not erased yet', 'warn')} ${gets.nothing}.`;
}

/** The newest state of each subscription that Polar told of, living ones first. */
function subscriptionsView(subscriptions: Subscriptions | undefined): Html {
  const all = Object.entries(subscriptions ?? {}).sort(
    ([, a], [, b]) => Number(isLiving(b)) - Number(isLiving(a)) || (a.version < b.version ? 1 : -1),
  );
  if (all.length === 0) return html``;
  const left = all.slice(mostSubscriptions).map(([, one]) => one);
  const rows = all
    .slice(0, mostSubscriptions)
    .map(([id, one]) => [
      html`<span${one.productId && html` title="Product ${one.productId}"`}>${shortened(productNameOf(one) ?? 'A product without a name')}</span><br><code class="small soft">${id}</code>`,
      badge(one.status.replaceAll('_', ' '), subscriptionTones[one.status] ?? 'calm'),
      priceText(one),
      html`${dateOf(one)}`,
    ]);
  return html`<section class="card" aria-labelledby="subscriptions"><h2 id="subscriptions">Subscriptions</h2>
${table('Subscriptions, current ones first', ['Product', 'Status', 'Price', 'Date'], rows)}
${left.length > 0 && html`<p class="small soft">And ${left.length} more${left.some(isLiving) ? '' : ' that have ended'}.</p>`}
</section>`;
}

const mostSubscriptions = 10;

const subscriptionTones: Readonly<Record<string, 'good' | 'warn' | 'bad' | 'calm'>> = {
  active: 'good',
  trialing: 'good',
  past_due: 'bad',
  unpaid: 'bad',
  paused: 'warn',
};

/** The date that matters next. */
function dateOf(one: SubscriptionSnapshot): Html {
  const { endedAt, endsAt, trialEnd, periodEnd, pastDueSince, pausedAt, status } = one;
  if (endedAt) return html`Ended ${time(endedAt)}`;
  if (status === 'past_due' && pastDueSince) return html`Past due since ${time(pastDueSince)}`;
  if (status === 'paused') return pausedAt ? html`Paused since ${time(pausedAt)}` : html``;
  if (endsAt) return html`Ends ${time(endsAt)}`;
  if (status === 'trialing' && trialEnd) return html`Trial ends ${time(trialEnd)}`;
  if (!periodEnd || !isLiving(one)) return html``;
  return html`${one.pauseAtPeriodEnd ? 'Pauses' : 'Renews'} ${time(periodEnd)}`;
}

function profile(c: Context<ConsoleEnv>, known: KnownContact, isUnderWay: boolean): Html {
  const { contact, customer } = known;
  return facts([
    ['Address', addressText(contact.address)],
    ...handRows(c, known, isUnderWay),
    ['Name in emails', nameNote(contact)],
    ['Customer in Polar', customerText(contact.customerId, customer)],
    ['Source', sourceText(contact, customer)],
    ['Since', time(contact.createdAt)],
    ['Changed', time(contact.updatedAt)],
    ['Contact id', copyable(contact.contactId)],
    ['Merged ids', contact.mergedIds && html`<code>${contact.mergedIds.join(' ')}</code>`],
  ]);
}

function customerText(
  customerId: string | undefined,
  customer: Customer | undefined,
): Html | string {
  if (customerId === undefined) return 'None: added by hand';
  const deleted = customer?.deletion;
  return html`${copyable(customerId)}${deleted && html`<br>${badge('deleted', 'warn')} ${time(deleted.occurredAt)}`}`;
}

function consentState(known: KnownContact): Html {
  const against = oncePerAct(reasonsAgainstMarketing(known));
  const transactional = reasonAgainstTransactional(known);
  const isInVain = known.contact.subscribed && reasonAgainstAddress(known.contact) !== undefined;
  // Why is what the page begins with.
  return html`${facts([
    ['Marketing', html`${marketingBadge(marketingState(known))}${isInVain && ' but gets nothing'}`],
    ['Transactional', transactional === undefined ? 'Gets receipts and the like' : 'Gets nothing'],
  ])}
${against.length > 0 && html`<ul class="reasons">${against.map((reason) => html`<li>${reasonView(reason)}</li>`)}</ul>`}`;
}

/** What the customer said, the address has, too: it is said once. */
export function oncePerAct(reasons: readonly SubscriptionReason[]): SubscriptionReason[] {
  return reasons.filter(
    ({ at, by }, place) =>
      at === undefined || reasons.findIndex((one) => one.at === at && one.by === by) === place,
  );
}

export function reasonView({ what, at, by }: SubscriptionReason): Html {
  return html`${what}${at && html` on ${time(at)}`}${by && html`, ${howText({ by })}`}.`;
}

function actsView(c: Context<ConsoleEnv>, path: string, known: KnownContact): Html {
  return html`<div class="row">${consentActs(c, path, known)}<a class="button danger" href="${path}/erase">Erase…</a></div>
${actsBesides(c, path, known)}`;
}

/** Of a bounce or a complaint one next step: what else can be done changes nothing until that is over. */
function consentActs(c: Context<ConsoleEnv>, path: string, known: KnownContact): Html {
  const { unsubscribe, subscribe } = buttons(c, path);
  switch (marketingState(known)) {
    case 'bounced':
      return html`<a class="button primary" href="${path}/lift-bounce">Lift the bounce…</a>`;
    case 'complained':
      return subscribe;
    case 'subscribed':
      return unsubscribe;
    case 'not subscribed': {
      const refusal = known.suppression?.reasons.unsubscribed ?? known.customer?.no?.unsubscribed;
      // What an operator did by mistake, an operator takes back; a person's own "no", and whatever else that would undo, is
      // asked about first.
      const canUndo =
        refusal !== undefined &&
        standingOf(known).gets === 'transactional' &&
        reasonsAgainstMarketing(known).every(({ by }) => by !== undefined && isByOperator({ by }));
      return html`${refusal ? '' : unsubscribe}${canUndo ? act(c, 'Undo the unsubscribe', `${path}/subscribe`) : subscribe}`;
    }
  }
}

function actsBesides(c: Context<ConsoleEnv>, path: string, known: KnownContact): Html | undefined {
  if (marketingState(known) !== 'bounced') return undefined;
  const { unsubscribe, subscribe } = buttons(c, path);
  const isOnlyBounced = reasonsAgainstMarketing(known).length === 1;
  return html`<details><summary>More</summary><div class="row">${isOnlyBounced ? unsubscribe : subscribe}</div></details>`;
}

function buttons(c: Context<ConsoleEnv>, path: string) {
  return {
    unsubscribe: act(c, 'Unsubscribe', `${path}/unsubscribe`),
    subscribe: html`<a class="button" href="${path}/subscribe">Subscribe…</a>`,
  };
}

function steps(history: readonly ConsentStep[]): Html {
  return html`<ol class="timeline">${history.map(
    ({ at, what, by }) =>
      html`<li><p>${what}</p><p class="soft small">${time(at)}${by && html` · by ${who(by)}`}</p></li>`,
  )}</ol>`;
}
