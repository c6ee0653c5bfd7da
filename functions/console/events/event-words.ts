import { html } from 'hono/html';
import type { Change, EventRecord } from '#shared/audience/event-record.ts';
import type { EventProperties } from '#shared/polar/event-properties.ts';
import { formattedAmount } from '#shared/polar/formatted-amount.ts';
import type { Html } from '../page.ts';
import { pathId } from '../path-id.ts';
import { badge, time } from '../shown.ts';

export const eventsPath = '/console/events';

/** Where the page of an event is. Any text may be a webhook id. */
export function eventPath(webhookId: string): string {
  return `${eventsPath}/${pathId(webhookId)}`;
}

type Outcome = EventRecord['outcome'];

const outcomeTones = { applied: 'good', unchanged: 'calm', skipped: 'warn' } as const;

export const outcomeWords: Readonly<Record<Outcome, string>> = {
  applied: 'The event changed a contact.',
  unchanged: 'The event told nothing that the contact did not show already.',
  skipped: 'The event changed no contact.',
};

export function outcomeBadge(outcome: Outcome): Html {
  return badge(outcome, outcomeTones[outcome]);
}

const fieldWords: Readonly<Record<string, string>> = {
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
  return value === '' ? html`<span class="soft">empty</span>` : value;
}

const times: readonly (keyof EventProperties)[] = ['periodEnd', 'trialEnd', 'endsAt', 'endedAt'];

/** The properties that an event has, by the names that workflows know them by. */
export function propertyRows(properties: EventProperties): (Html | string)[][] {
  const { amount, currency } = properties;
  return Object.entries(properties).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const isTime = times.some((one) => one === name);
    return [[whole(html`<code>${name}</code>`), isTime ? time(String(value)) : text(name, value)]];
  });

  function text(name: string, value: string | number | boolean): Html | string {
    if (name === 'amount' && amount !== undefined && currency !== undefined) {
      return html`${formattedAmount(amount, currency)} <span class="soft">(${amount} in minor units)</span>`;
    }
    if (typeof value === 'boolean') return value ? 'yes' : 'no';
    return String(value);
  }
}
