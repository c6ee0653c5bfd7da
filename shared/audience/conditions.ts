import * as z from 'zod/mini';
import { type EventProperties, eventPropertiesSchema } from '#shared/polar/event-properties.ts';
import {
  isSetToPause,
  productNameOf,
  type SubscriptionSnapshot,
} from './person/subscription-snapshot.ts';

const eventPropertyNameSchema = z.keyof(eventPropertiesSchema);
export const eventPropertyNames = eventPropertyNameSchema.options;
export type EventPropertyName = z.infer<typeof eventPropertyNameSchema>;

/** Of a subscription as it is now. */
export const subscriptionFacts = [
  'status',
  'productId',
  'productName',
  'amount',
  'currency',
  'interval',
  'periodEnd',
  'trialEnd',
  'endsAt',
  'endedAt',
  'canceledAt',
  'cancelAtPeriodEnd',
  'pauseAtPeriodEnd',
  'pastDueSince',
  'pausedAt',
  'createdAt',
] as const;
export type SubscriptionFact = (typeof subscriptionFacts)[number];

/** Of a contact as it is now. */
export const contactFacts = [
  'email',
  'firstName',
  'lastName',
  'externalId',
  'userGroup',
  'subscribed',
  'source',
] as const;
type ContactFact = (typeof contactFacts)[number];

/** Of a customer as it is now. */
export const customerFacts = ['hasLivingSubscription', 'hadNoExternalId'] as const;
type CustomerFact = (typeof customerFacts)[number];

const subscriptionProperties = subscriptionFacts.map((fact) => `subscription.${fact}` as const);
const customerProperties = customerFacts.map((fact) => `customer.${fact}` as const);
const contactProperties = contactFacts.map((fact) => `contact.${fact}` as const);

export const conditionPropertySchema = z.enum([
  ...eventPropertyNames,
  ...subscriptionProperties,
  ...contactProperties,
  ...customerProperties,
]);
/** A bare name is a property of the event. */
type ConditionProperty = z.infer<typeof conditionPropertySchema>;

/**
 * `is` and `is-not` compare as text with `value`, `is-one-of` with each of `values`; the other two need neither.
 */
export const conditionSchema = z.object({
  property: conditionPropertySchema,
  operator: z.enum(['is', 'is-not', 'is-one-of', 'is-set', 'is-not-set']),
  value: z.optional(z.string()),
  values: z.optional(z.array(z.string())),
});
export type Condition = z.infer<typeof conditionSchema>;

export type Scope = 'event' | 'subscription' | 'customer' | 'contact';

/** What a condition is about, and the name of the fact in it. */
export type ScopedProperty =
  | { scope: 'event'; name: EventPropertyName }
  | { scope: 'subscription'; name: SubscriptionFact }
  | { scope: 'contact'; name: ContactFact }
  | { scope: 'customer'; name: CustomerFact };

const scoped: ReadonlyMap<ConditionProperty, ScopedProperty> = new Map<
  ConditionProperty,
  ScopedProperty
>([
  ...eventPropertyNames.map((name) => [name, { scope: 'event', name }] as const),
  ...subscriptionFacts.map(
    (name) => [`subscription.${name}`, { scope: 'subscription', name }] as const,
  ),
  ...contactFacts.map((name) => [`contact.${name}`, { scope: 'contact', name }] as const),
  ...customerFacts.map((name) => [`customer.${name}`, { scope: 'customer', name }] as const),
]);

export function scopedProperty(property: ConditionProperty): ScopedProperty {
  const found = scoped.get(property);
  if (!found) throw new Error(`Nothing is known of ${property}.`);
  return found;
}

/**
 * What conditions are about. What is absent makes no condition on it hold but `is-not-set`, and of an event `is-not`.
 */
export type Facts = Readonly<{
  /** Frozen when it came. */
  event: EventProperties;
  /** As it is now, of the subscription that the event was about. */
  subscription?: SubscriptionSnapshot | undefined;
  customer?: Readonly<Record<CustomerFact, boolean>> | undefined;
  contact?: Readonly<{ [fact in ContactFact]?: string | boolean | undefined }> | undefined;
}>;

/** Whether a condition holds. Of an event that lacks the property, `is-not` holds; of any other fact it does not. */
export function holds({ property, operator, value, values = [] }: Condition, facts: Facts) {
  const { scope, actual } = factOf(property, facts);
  switch (operator) {
    case 'is':
      return actual !== undefined && String(actual) === value;
    case 'is-not':
      return actual === undefined ? scope === 'event' : String(actual) !== value;
    case 'is-one-of':
      return actual !== undefined && values.includes(String(actual));
    case 'is-set':
      return actual !== undefined;
    case 'is-not-set':
      return actual === undefined;
  }
}

type Fact = string | number | boolean | undefined;

function factOf(property: ConditionProperty, facts: Facts): { scope: Scope; actual: Fact } {
  const about = scopedProperty(property);
  const { scope } = about;
  switch (about.scope) {
    case 'event':
      return { scope, actual: facts.event[about.name] };
    case 'subscription':
      return {
        scope,
        actual: facts.subscription && subscriptionFact(facts.subscription, about.name),
      };
    case 'contact':
      return { scope, actual: facts.contact?.[about.name] };
    case 'customer':
      return { scope, actual: facts.customer?.[about.name] };
  }
}

function subscriptionFact(snapshot: SubscriptionSnapshot, name: SubscriptionFact): Fact {
  if (name === 'productName') return productNameOf(snapshot);
  return name === 'pauseAtPeriodEnd' ? isSetToPause(snapshot) : snapshot[name];
}

/** A condition as people read it, and write it in files. */
export function conditionText({ property, operator, value, values }: Condition): string {
  return [property, operator.replaceAll('-', ' '), values?.join(', ') ?? value]
    .filter(Boolean)
    .join(' ');
}
