import { type Condition, holds, scopedProperty } from '#shared/audience/conditions.ts';
import { businessKey, isTooOld, missedCondition } from '#shared/audience/consider-workflows.ts';
import type { EventRecord } from '#shared/audience/event-record.ts';
import { sendsOf, type Workflow } from '#shared/audience/workflow.ts';

/** What a change of a workflow would have done with past events, mail by mail. */
export type Effect = Readonly<{
  /** Of how many mails the rules of now would have asked for; those of the change. */
  before: number;
  after: number;
  gone: readonly EffectMail[];
  added: readonly EffectMail[];
  /** The change was judged as if it were active, and is not. */
  isOnceActive: boolean;
  /** Facts of that time which no record holds were taken as met. */
  assumed: readonly string[];
}>;

export type EffectMail = Readonly<{
  webhookId: string;
  type: string;
  occurredAt: string;
  email: string | undefined;
  /** The id of its step. */
  step: string;
}>;

export type PastEvent = Pick<
  EventRecord,
  'webhookId' | 'type' | 'occurredAt' | 'receivedAt' | 'properties' | 'customerId'
> &
  Partial<Pick<EventRecord, 'contactId' | 'email' | 'erased' | 'workflows'>>;

/**
 * Which mails would have been asked for with the one and with the other. Both are judged by the same rules, so that
 * only the change makes a difference. `before` is absent where the workflow is new.
 */
export function effectOf(
  before: Workflow | undefined,
  after: Workflow,
  events: readonly PastEvent[],
): Effect {
  const inOrder = [...events].sort((a, b) => (a.receivedAt < b.receivedAt ? -1 : 1));
  const was = before?.status === 'active' ? mailsOf(before, inOrder) : new Map();
  const will = mailsOf(after, inOrder);
  const only = (these: Mails, those: Mails) =>
    [...these].filter(([key]) => !those.has(key)).map(([, mail]) => mail);
  return {
    before: was.size,
    after: will.size,
    gone: only(was, will),
    added: only(will, was),
    isOnceActive: after.status !== 'active',
    assumed: [...new Set([before, after].flatMap((one) => (one ? assumedOf(one) : [])))],
  };
}

type Mails = ReadonlyMap<string, EffectMail>;

/** One for each step that sends, of each event that the workflow counts for the first time. */
function mailsOf(workflow: Workflow, events: readonly PastEvent[]): Mails {
  const counted = new Set<string>();
  const mails = new Map<string, EffectMail>();
  for (const event of events) {
    const key = keyOf(workflow, event);
    if (key === undefined || counted.has(key)) continue;
    const steps = sendsOf(workflow).filter(({ onlyIf }) => areMet(onlyIf, event));
    if (steps.length > 0) counted.add(key);
    const { webhookId, type, occurredAt, email } = event;
    for (const { id: step } of steps) {
      mails.set(`${webhookId} ${step}`, { webhookId, type, occurredAt, email, step });
    }
  }
  return mails;
}

/** What it counts the event by; `undefined` where it lets the event pass. */
function keyOf(workflow: Workflow, event: PastEvent): string | undefined {
  const { webhookId, type, properties, receivedAt, contactId, customerId } = event;
  if (workflow.trigger.event !== type || event.erased || event.email === undefined)
    return undefined;
  if (event.workflows?.some(({ isStale }) => isStale)) return undefined;
  if (missedCondition(workflow, event) || !areMet(workflow.audience, event)) return undefined;
  if (isTooOld(workflow, event, new Date(receivedAt))) return undefined;
  // A record does not say which version of which object it was about.
  const object = { id: webhookId, version: '' };
  return businessKey(workflow, { type, properties, object }, contactId ?? customerId);
}

/** Conditions on what was true elsewhere at that time are taken as met. */
function areMet(conditions: readonly Condition[], { properties }: PastEvent): boolean {
  return conditions.every((one) => !isOfEvent(one) || holds(one, { event: properties }));
}

const isOfEvent = ({ property }: Condition) => scopedProperty(property).scope === 'event';

function assumedOf({ audience, exitWhen, steps }: Workflow): string[] {
  const asked = [...audience, ...steps.flatMap((one) => (one.kind === 'send' ? one.onlyIf : []))];
  return [
    ...(asked.every(isOfEvent) ? [] : ['conditions on contact, subscription and customer held']),
    ...(exitWhen.length > 0 ? ['no run ended early'] : []),
  ];
}
