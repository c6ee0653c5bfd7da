import type { Condition, Frequency } from '../audience/workflow.ts';
import type { SupportedEventType } from '../polar/event-types.ts';
import type { DraftProblem } from './draft-problem.ts';
import { type EventVariable, eventMayHave } from './event-variables.ts';
import { nearestName } from './nearest-name.ts';

export type Verdicts = { problems: DraftProblem[]; warnings: string[] };

/** What Polar sends today; it may add to these, so another value is only a warning. */
const usualValues: Partial<Record<EventVariable, readonly string[]>> = {
  billingReason: [
    'purchase',
    'subscription_create',
    'subscription_cycle',
    'subscription_update',
    'subscription_meter_cycle',
  ],
  status: ['paid', 'active', 'trialing', 'past_due', 'canceled', 'unpaid', 'incomplete'],
};

/** Conditions that can never hold are problems, those that always hold are warnings. */
export function checkConditions(
  conditions: readonly Condition[],
  type: SupportedEventType,
): Verdicts {
  const problems: DraftProblem[] = [];
  const warnings: string[] = [];
  for (const [index, condition] of conditions.entries()) {
    const { property, operator } = condition;
    const wrongValue = valueProblem(condition);
    const problem = (text: string) => problems.push({ field: `conditions.${index}`, text });
    if (!eventMayHave(type, property)) {
      const needsIt = operator === 'is' || operator === 'is-set';
      if (needsIt) problem(`${type} never has ${property}, so the condition never holds.`);
      else warnings.push(`${type} never has ${property}, so the condition always holds.`);
    } else if (wrongValue) problem(wrongValue);
    else warnings.push(...unusualValue(condition));
  }
  return { problems, warnings };
}

function valueProblem({ property, operator, value }: Condition): string | undefined {
  const written = `The condition on ${property}`;
  if (operator === 'is-set' || operator === 'is-not-set') {
    return value === undefined ? undefined : `${written} needs no value.`;
  }
  if (value === undefined || value === '') return `${written} needs a value to compare with.`;
  if (property === 'cancelAtPeriodEnd' && value !== 'true' && value !== 'false') {
    return `${written} can only be compared with true or false.`;
  }
  if (property === 'amount' && !/^-?\d+$/.test(value)) {
    return `${written} needs a whole number of minor units: 1999 for $19.99.`;
  }
  return undefined;
}

function unusualValue({ property, value }: Condition): string[] {
  const usual = usualValues[property];
  if (!usual || value === undefined || usual.includes(value)) return [];
  const nearest = nearestName(value, usual);
  const advice = nearest ? `did you mean ${nearest}?` : `usual are: ${usual.join(', ')}.`;
  return [`Polar does not usually send ${value} as ${property}; ${advice}`];
}

/** A frequency needs something to count by. */
export function checkFrequency(frequency: Frequency, type: SupportedEventType): Verdicts {
  const isPerOrder = frequency === 'once-per-order';
  if (!isPerOrder && frequency !== 'once-per-subscription') return { problems: [], warnings: [] };
  const counted = isPerOrder ? 'orderId' : 'subscriptionId';
  if (!eventMayHave(type, counted)) {
    const thing = isPerOrder ? 'order' : 'subscription';
    const text = `${type} is about no ${thing}, so it cannot send ${frequency.replaceAll('-', ' ')}.`;
    return {
      problems: [{ field: 'frequency', text }],
      warnings: [],
    };
  }
  const mayLack = type === 'order.paid' && !isPerOrder;
  const warnings = mayLack ? ['Orders that belong to no subscription will send nothing.'] : [];
  return { problems: [], warnings };
}
