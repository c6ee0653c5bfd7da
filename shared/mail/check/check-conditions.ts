import {
  type Condition,
  customerFacts,
  type EventPropertyName,
  type Scope,
  type ScopedProperty,
  scopedProperty,
} from '#shared/audience/conditions.ts';
import { eventMayHave } from '#shared/mail/event-variables.ts';
import { nearestName } from '#shared/mail/nearest-name.ts';
import { booleanProperties, isAmount, isNumber } from '#shared/polar/event-properties.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import type { DraftField, DraftProblem } from './draft-problem.ts';

export type Verdicts = { problems: DraftProblem[]; warnings: string[] };

const orderStatuses = ['paid', 'partially_refunded', 'refunded'];
/** Those that occur: Polar sets no subscription to unpaid or incomplete any more. */
const statuses = ['trialing', 'active', 'past_due', 'paused', 'canceled'];

/** What Polar sends today; it may add to these, so another value is only a warning. */
const usualValues: Partial<Record<Condition['property'], readonly string[]>> = {
  billingReason: [
    'purchase',
    'subscription_create',
    'subscription_cycle',
    'subscription_update',
    'subscription_meter_cycle',
  ],
  status: [...orderStatuses, ...statuses],
  subscriptionStatus: statuses,
  'subscription.status': statuses,
  priceKind: ['free', 'fixed', 'metered'],
  discountDuration: ['once', 'repeating', 'forever'],
  endReason: ['planned', 'payment_failed', 'while_past_due', 'at_once'],
};

/** What Polar may send as this property of an event; nothing where that may be anything. */
export function offeredValues(property: string, event: SupportedEventType | undefined) {
  if (property === 'status') return event?.startsWith('order.') ? orderStatuses : statuses;
  return Object.entries(usualValues).find(([name]) => name === property)?.[1] ?? [];
}

/** Where conditions are written, and what they may be about there. */
const scopes = {
  trigger: ['event'],
  audience: ['customer', 'contact'],
  exitWhen: ['subscription', 'customer', 'contact'],
  onlyIf: ['event', 'subscription', 'customer', 'contact'],
} as const satisfies Record<string, readonly Scope[]>;
type Place = keyof typeof scopes;

const outOfPlace = {
  trigger: 'A trigger looks only at the event: write it without a prefix, or move the condition.',
  audience: 'The audience looks only at contact and customer: use contact.userGroup, for example.',
  exitWhen: "An event never changes, so it can't end a run. Make it part of the trigger.",
  onlyIf: '',
} as const satisfies Record<Place, string>;

type Checked = Readonly<{
  type: SupportedEventType;
  place: Place;
  /** The field of a condition, by its position. */
  fieldOf: (index: number) => DraftField;
}>;

/** Conditions that can never hold are problems, those that always hold are warnings. */
export function checkConditions(
  conditions: readonly Condition[],
  { type, place, fieldOf }: Checked,
): Verdicts {
  const problems: DraftProblem[] = [];
  const warnings: string[] = [];
  for (const [index, condition] of conditions.entries()) {
    const { property, operator } = condition;
    const about = scopedProperty(property);
    const wrongValue = valueProblem(condition);
    const problem = (text: string) => problems.push({ field: fieldOf(index), text });
    const allowed: readonly Scope[] = scopes[place];
    if (!allowed.includes(about.scope)) {
      problem(`The condition on ${property} doesn't belong here. ${outOfPlace[place]}`);
    } else if (!mayHave(type, about)) {
      const lacks =
        about.scope === 'event' ? `${type} never has ${property}` : `${type} has no subscription`;
      const alwaysHolds =
        operator === 'is-not-set' || (operator === 'is-not' && about.scope === 'event');
      if (alwaysHolds) warnings.push(`${lacks}, so the condition always holds.`);
      else problem(`${lacks}, so the condition never holds.`);
    } else if (wrongValue) problem(wrongValue);
    else warnings.push(...unusualValues(condition));
  }
  return { problems, warnings };
}

function mayHave(type: SupportedEventType, about: ScopedProperty): boolean {
  if (about.scope === 'event') return eventMayHave(type, about.name);
  return about.scope !== 'subscription' || eventMayHave(type, 'subscriptionId');
}

const mostValues = 20;
/** No event has a longer one: external ids may be as long. */
const longestValue = 4_096;

function valueProblem({ property, operator, value, values }: Condition): string | undefined {
  const written = `The condition on ${property}`;
  if (operator === 'is-set' || operator === 'is-not-set') {
    return value === undefined && values === undefined ? undefined : `${written} takes no value.`;
  }
  if (operator === 'is-one-of') {
    if (value !== undefined) return `${written} needs a list of values.`;
    if (values === undefined || values.length === 0) return `${written} needs values.`;
    if (values.length > mostValues) return `${written} takes at most ${mostValues} values.`;
  } else if (values !== undefined) {
    return `${written} takes one value; "is one of" takes several.`;
  }
  const compared = values ?? [value ?? ''];
  if (compared.includes('')) return `${written} needs a value.`;
  if (compared.some((one) => one.length > longestValue)) {
    return `${written} takes values of at most ${longestValue} characters.`;
  }
  const wrong = compared.map((one) => wrongKind(property, one)).find(Boolean);
  return wrong && `${written} ${wrong}`;
}

const booleans: readonly Condition['property'][] = [
  ...booleanProperties,
  'subscription.cancelAtPeriodEnd',
  'subscription.pauseAtPeriodEnd',
  'contact.subscribed',
  ...customerFacts.map((name) => `customer.${name}` as const),
];

function wrongKind(property: Condition['property'], value: string): string | undefined {
  if (booleans.includes(property) && value !== 'true' && value !== 'false') {
    return 'can only be compared with true or false.';
  }
  const name = amountOrCount(property);
  if (name && !/^-?\d+$/.test(value)) {
    const example = isAmount(name) ? ' of minor units: 1999 for $19.99' : '';
    return `needs a whole number${example}.`;
  }
  return undefined;
}

function amountOrCount(property: Condition['property']): EventPropertyName | undefined {
  const { scope, name } = scopedProperty(property);
  if (scope === 'event') return isNumber(name) ? name : undefined;
  return name === 'amount' ? name : undefined;
}

function unusualValues({ property, value, values }: Condition): string[] {
  const usual = usualValues[property];
  if (!usual) return [];
  const compared = values ?? (value === undefined ? [] : [value]);
  return compared.flatMap((one) => {
    if (usual.includes(one)) return [];
    const nearest = nearestName(one, usual);
    const advice = nearest ? `did you mean ${nearest}?` : `it usually sends: ${usual.join(', ')}.`;
    return [`Polar doesn't usually send ${one} as ${property}; ${advice}`];
  });
}
