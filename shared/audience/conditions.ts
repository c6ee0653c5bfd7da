import type { EventProperties } from '#shared/polar/event-properties.ts';
import type { Condition } from './workflow.ts';

/** What conditions are about. */
export type Facts = Readonly<{ event: EventProperties }>;

export function holds({ property, operator, value }: Condition, { event }: Facts): boolean {
  const actual = event[property];
  switch (operator) {
    case 'is':
      return actual !== undefined && String(actual) === value;
    case 'is-not':
      return actual === undefined || String(actual) !== value;
    case 'is-set':
      return actual !== undefined;
    case 'is-not-set':
      return actual === undefined;
  }
}

/** A condition as people read it. */
export function conditionText({ property, operator, value }: Condition): string {
  return [property, operator.replaceAll('-', ' '), value].filter(Boolean).join(' ');
}
