import { type Condition, eventPropertyNames, type Workflow } from '../audience/workflow.ts';
import { type EventProperties, eventPropertiesSchema } from '../polar/event-properties.ts';
import type { SupportedEventType } from '../polar/event-types.ts';
import { eventMayHave } from './event-variables.ts';
import type { EmailVariables } from './render-email.ts';

const dayMs = 86_400_000;

/** Made-up values for everything that the event of a workflow may have, such that the conditions hold. */
export function sampleVariables(
  { trigger: { event, conditions } }: Pick<Workflow, 'trigger'>,
  email: string,
  now: Date,
): EmailVariables {
  return {
    contact: {
      firstName: 'Ada',
      lastName: 'Lovelace',
      name: 'Ada Lovelace',
      email,
      externalId: 'user_42',
      userGroup: 'buyers',
    },
    event: sampleProperties(event, conditions, now),
  };
}

function sampleProperties(
  event: SupportedEventType,
  conditions: readonly Condition[],
  now: Date,
): EventProperties {
  const values = new Map<string, unknown>(Object.entries(usualProperties(event, now)));
  for (const name of eventPropertyNames) if (!eventMayHave(event, name)) values.delete(name);
  for (const { property, operator, value } of conditions) {
    if (operator === 'is-not-set') values.delete(property);
    if (operator === 'is') values.set(property, asProperty(property, value));
  }
  return eventPropertiesSchema.parse(Object.fromEntries(values));
}

function usualProperties(event: SupportedEventType, now: Date): Required<EventProperties> {
  const inDays = (days: number) => new Date(now.getTime() + days * dayMs).toISOString();
  return {
    customerId: '00000000-0000-4000-8000-000000000001',
    externalId: 'user_42',
    productId: '00000000-0000-4000-8000-000000000002',
    productName: 'Example Pro',
    amount: 1900,
    formattedAmount: '$19.00',
    currency: 'usd',
    billingReason: 'subscription_create',
    orderId: '00000000-0000-4000-8000-000000000003',
    invoiceNumber: 'EXAMPLE-0001',
    subscriptionId: '00000000-0000-4000-8000-000000000004',
    status: usualStatus(event),
    interval: 'month',
    periodEnd: inDays(30),
    trialEnd: inDays(14),
    endsAt: inDays(30),
    endedAt: inDays(0),
    cancelAtPeriodEnd: event === 'subscription.canceled',
    cancellationReason: 'too_expensive',
  };
}

function usualStatus(event: SupportedEventType): string {
  switch (event) {
    case 'order.paid':
      return 'paid';
    case 'subscription.past_due':
      return 'past_due';
    case 'subscription.revoked':
      return 'canceled';
    default:
      return 'active';
  }
}

/** Conditions are written as text. */
function asProperty(property: Condition['property'], value: string | undefined): unknown {
  if (property === 'amount') return Number(value);
  return property === 'cancelAtPeriodEnd' ? value === 'true' : value;
}
