import { html } from 'hono/html';
import type { Import } from '#shared/audience/backfill/import.ts';
import { type Condition, eventPropertyNames } from '#shared/audience/conditions.ts';
import type { MarketingState } from '#shared/audience/consent/reasons.ts';
import { addsContact, type Change, type EventRecord } from '#shared/audience/event-record.ts';
import type { Contact } from '#shared/audience/person/person.ts';
import type { EmailNode, Frequency, Workflow } from '#shared/audience/workflow.ts';
import { formattedAmount } from '#shared/polar/amount.ts';
import {
  type EventProperties,
  isAmount,
  timeProperties,
  withFormattedAmounts,
} from '#shared/polar/event-properties.ts';
import { isBackfilled, isLostOrder } from '#shared/polar/event-types.ts';
import type { SubscriptionFacts } from '#shared/polar/subscription-facts.ts';
import { shownOverrides, visibleLine } from '#shared/safe-text.ts';
import { numberText } from './numbers.ts';
import type { Html } from './page.ts';
import { badge, time } from './shown.ts';

/** First and last name; empty where there is none. */
export function nameOf({ firstName, lastName }: Contact): string {
  return [firstName, lastName].filter(Boolean).join(' ');
}

const marketingTones = {
  subscribed: 'good',
  bounced: 'bad',
  complained: 'bad',
  'not subscribed': 'warn',
} as const satisfies Record<MarketingState, string>;

export function marketingBadge(state: MarketingState): Html {
  return badge(state, marketingTones[state]);
}

/** A word as the first of a label. */
export function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** A text that somebody else chose, short enough for a list. */
export function shortened(text: string | undefined, longest = 80): string {
  if (text === undefined) return '';
  const letters = [...shownOverrides(text)];
  return letters.length > longest ? `${letters.slice(0, longest - 1).join('')}…` : letters.join('');
}

type Outcome = EventRecord['outcome'];

const outcomeTones = { applied: 'good', unchanged: 'calm', skipped: 'warn' } as const;

/** What people read in place of what is stored, in lists, filters and charts alike. */
export const outcomeNames = {
  applied: 'changed a contact',
  unchanged: 'contact unchanged',
  skipped: 'skipped',
} as const satisfies Record<Outcome, string>;

const outcomeWords: Readonly<Record<Outcome, string>> = {
  applied: 'The event changed a contact.',
  unchanged: 'What it says about the contact was already known.',
  skipped: 'The event changed no contact.',
};

/** What came of an event, in a sentence that needs no more than its changes. */
export function outcomeText({
  outcome,
  changes,
}: Pick<EventRecord, 'outcome' | 'changes'>): string {
  return addsContact({ changes }) ? 'The event added a contact.' : outcomeWords[outcome];
}

/** `isAdded`: the contact came to be by it, where that is known. */
export function outcomeBadge(outcome: Outcome, isAdded = false): Html {
  return badge(outcomeName(outcome, isAdded), outcomeTones[outcome]);
}

export function outcomeName(outcome: Outcome, isAdded: boolean): string {
  return isAdded ? 'added a contact' : outcomeNames[outcome];
}

/** That an event was made from what Polar lists; empty where Polar sent it. */
export function originBadge(webhookId: string): Html | string {
  const name = originName(webhookId);
  return name ? badge(name) : '';
}

/** How an event came in; absent where Polar sent it. */
export function originName(webhookId: string): string | undefined {
  if (!isBackfilled(webhookId)) return undefined;
  return isLostOrder(webhookId) ? 'recovered' : 'imported';
}

export const fieldWords: Readonly<Record<string, string>> = {
  email: 'Address',
  firstName: 'First name',
  lastName: 'Last name',
  externalId: 'External id',
  userGroup: 'User group',
  customerId: 'Customer in Polar',
  subscribed: 'Subscribed',
};

/** The name of a row, which is not broken where the page is narrow. */
export function whole(name: Html | string): Html {
  return html`<span class="whole">${name}</span>`;
}

export function changeRow({ field, from, to }: Change): (Html | string)[] {
  return [whole(fieldWords[field] ?? field), changedValue(from), changedValue(to)];
}

function changedValue(value: Change['from']): Html | string {
  if (value === null) return html`<span class="soft">nothing</span>`;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return value === '' ? html`<span class="soft">empty</span>` : visibleLine(value);
}

/** The properties that an event has, by the names that workflows know them by. */
export function propertyRows(properties: EventProperties): (Html | string)[][] {
  const shown = withFormattedAmounts(properties);
  return eventPropertyNames.flatMap((name) => {
    const value = shown[name];
    if (value === undefined) return [];
    return [[whole(html`<code>${name}</code>`), propertyText(name, value, shown.currency)]];
  });
}

function propertyText(
  name: keyof EventProperties,
  value: string | number | boolean,
  currency: string | undefined,
): Html | string {
  if (timeProperties.includes(name)) return time(String(value));
  if (isAmount(name) && typeof value === 'number' && currency !== undefined) {
    return html`${formattedAmount(value, currency)} <span class="soft">(${value} in minor units)</span>`;
  }
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return visibleLine(String(value));
}

/** How an import of customers is, in a sentence beside a link to its page; absent: none was begun. */
export function importText(known: Import | undefined): string {
  if (known?.kind !== 'import') return 'Preview it first. Nobody is emailed.';
  switch (known.state) {
    case 'running':
      return `Importing. ${importProgress(known)}`;
    case 'failed':
      return 'The last import failed. Its page says why.';
    case 'stopped':
      return 'The last import was stopped. Continue it on its page.';
    case 'done':
      return 'Everyone is imported. You can run it again.';
  }
}

/** Of customers, subscriptions or orders, as long as an import looks at them. */
export function importProgress({ progress }: Pick<Import, 'progress'>): string {
  if (!progress) return 'Checking the organization.';
  const [looked, total] = [progress.looked, progress.total].map((one) => numberText(one));
  return `Looked at ${looked} of ${total} ${progress.phase}.`;
}

/** What a subscription costs, such as `$19.00 a month`; empty where Polar did not tell. */
export function priceText({ amount, currency, interval }: SubscriptionPrice): string {
  if (amount === undefined || currency === undefined) return '';
  return `${formattedAmount(amount, currency)}${interval ? ` a ${interval}` : ''}`;
}

type SubscriptionPrice = Pick<SubscriptionFacts, 'amount' | 'currency' | 'interval'>;

export const frequencyWords = {
  'every-time': 'Every time',
  'once-per-contact': 'Once per contact',
  'once-per-subscription': 'Once per subscription',
  'once-per-order': 'Once per order',
  'once-per-period': 'Once per period',
} as const satisfies Record<Frequency, string>;

export const kindWords = {
  marketing: 'Marketing',
  transactional: 'Transactional',
} as const satisfies Record<EmailNode['kind'], string>;

export const operatorWords = {
  is: 'is',
  'is-not': 'is not',
  'is-one-of': 'is one of',
  'is-set': 'is set',
  'is-not-set': 'is not set',
} as const satisfies Record<Condition['operator'], string>;

export function conditionText({ property, operator, value, values }: Condition): string {
  const compared = values?.join(', ') ?? value;
  return [property, operatorWords[operator], compared].filter(Boolean).join(' ');
}

const statusTones = { draft: 'calm', active: 'good', paused: 'warn' } as const;

export function statusBadge({ status }: Pick<Workflow, 'status'>): Html {
  return badge(status, statusTones[status]);
}
