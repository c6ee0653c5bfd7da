import type { Condition, EmailNode, Frequency } from '../audience/workflow.ts';
import type { SupportedEventType } from '../polar/event-types.ts';
import { readyMadeForCustomers } from './ready-made-customers.ts';
import { readyMadeForSubscriptions } from './ready-made-subscriptions.ts';

/** A workflow to begin with. `name` is what commands call it; `description` says when it sends. */
export type ReadyMade = Readonly<{
  name: string;
  title: string;
  description: string;
  event: SupportedEventType;
  conditions: readonly Condition[];
  frequency: Frequency;
  email: EmailNode;
}>;

/** One for each of the ten events. */
export const readyMade: readonly ReadyMade[] = [
  ...readyMadeForCustomers,
  ...readyMadeForSubscriptions,
];
