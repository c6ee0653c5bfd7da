import type { Condition } from './conditions.ts';
import type { EmailNode, Workflow } from './workflow.ts';

/** What decides whom a workflow mails, and whether it does so at once. */
type Mailing = Pick<Workflow, 'trigger' | 'audience'> &
  Readonly<{
    steps: readonly Readonly<{
      kind: 'send' | 'wait';
      onlyIf?: readonly Condition[];
      email?: Pick<EmailNode, 'kind'>;
    }>[];
  }>;

/** Another active workflow whose first email goes to people of this one, for the same event. */
export type AlsoMailing = Pick<Workflow, 'workflowId' | 'name'> &
  Readonly<{
    event: Workflow['trigger']['event'];
    /** Whether all of them get it; otherwise those who also meet its other conditions. */
    isEveryone: boolean;
  }>;

/**
 * The other active workflows that mail people of this one at the same moment: "once per contact" counts for each
 * workflow, so those people get an email of each. Only what is sure: all conditions of one are conditions of the other.
 * Whether different conditions ever hold together cannot be known. And only what is hardly meant: where one has more
 * conditions and is of another kind, such as tips for new subscribers beside a receipt for all, each has its purpose.
 */
export function alsoMailing(
  workflowId: string,
  mailing: Mailing,
  all: readonly Workflow[],
): AlsoMailing[] {
  const own = firstOf(mailing);
  if (!own) return [];
  const { event } = mailing.trigger;
  return all.flatMap((other) => {
    const isBeside = other.status === 'active' && other.workflowId !== workflowId;
    const its = firstOf(other);
    if (!isBeside || other.trigger.event !== event || !its) return [];
    const isEveryone = isWithin(its.conditions, own.conditions);
    const isWithinIts = isWithin(own.conditions, its.conditions);
    const isAlike = own.kind === its.kind || (isEveryone && isWithinIts);
    if (!isAlike || !(isEveryone || isWithinIts)) return [];
    return [{ workflowId: other.workflowId, name: other.name, event, isEveryone }];
  });
}

/** What it comes to for customers; `called`: how the other one is named. */
export function alsoMailingText({ event, isEveryone }: AlsoMailing, called: string): string {
  return isEveryone
    ? `${called} also mails these people at ${event}. While both are active, they get both emails.`
    : `${called} also mails some of these people at ${event}. While both are active, those get both emails.`;
}

/** The kind of its first email, and all that must hold for that; `undefined` where it waits before. */
function firstOf({ trigger, audience, steps }: Mailing) {
  const [first] = steps;
  if (first?.kind !== 'send') return undefined;
  const conditions = [...trigger.conditions, ...audience, ...(first.onlyIf ?? [])];
  return { kind: first.email?.kind, conditions: new Set(conditions.map(inOneForm)) };
}

/** The order of values does not matter; that one of them may have a comma does, which a text for people would hide. */
function inOneForm({ property, operator, value, values }: Condition): string {
  return JSON.stringify([property, operator, value ?? '', values?.toSorted()]);
}

function isWithin(some: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  return [...some].every((one) => others.has(one));
}
