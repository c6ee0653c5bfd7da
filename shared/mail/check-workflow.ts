import * as z from 'zod/mini';
import type { Settings, Writing } from '#shared/audience/settings.ts';
import {
  type CompiledEmail,
  type Condition,
  conditionSchema,
  emailNodeSchema,
  type Frequency,
  workflowSchema,
} from '#shared/audience/workflow.ts';
import type { CustomerEmails } from '#shared/polar/customer-emails.ts';
import { booleanProperties, isAmount, isNumber } from '#shared/polar/event-properties.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import type { Portal } from '#shared/polar/portal.ts';
import { nearestName } from '#shared/text.ts';
import { compileEmail } from './compile-email.ts';
import { type DraftProblem, draftProblem, sentencesOf } from './draft-problem.ts';
import { type EventVariable, eventMayHave } from './event-variables.ts';
import { overlapsOf, overlapWarnings, sandboxNote } from './moments.ts';
import { foreignSender, senderProblem } from './sender.ts';

export type Verdicts = { problems: DraftProblem[]; warnings: string[] };

/** Those that occur: Polar sets no subscription to unpaid or incomplete any more. */
const statuses = ['trialing', 'active', 'past_due', 'paused', 'canceled'];

/** What Polar sends today; it may add to these, so another value is only a warning. */
const usualValues: Partial<Record<EventVariable, readonly string[]>> = {
  billingReason: [
    'purchase',
    'subscription_create',
    'subscription_cycle',
    'subscription_update',
    'subscription_meter_cycle',
  ],
  status: ['paid', ...statuses],
  subscriptionStatus: statuses,
  priceKind: ['free', 'fixed', 'metered'],
  discountDuration: ['once', 'repeating', 'forever'],
  endReason: ['planned', 'payment_failed', 'while_past_due', 'at_once'],
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
  if (booleanProperties.includes(property) && value !== 'true' && value !== 'false') {
    return `${written} can only be compared with true or false.`;
  }
  if (isNumber(property) && !/^-?\d+$/.test(value)) {
    const example = isAmount(property) ? ' of minor units: 1999 for $19.99' : '';
    return `${written} needs a whole number${example}.`;
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

const { name, trigger, frequency, maxAgeHours } = workflowSchema.shape;

/** What a person writes of a workflow; the rest is made when it is saved. A mistyped key is told, not ignored. */
export const workflowDraftSchema = z.strictObject({
  name,
  trigger: z.strictObject({
    event: trigger.shape.event,
    conditions: z.array(z.strictObject(conditionSchema.shape)),
  }),
  frequency,
  maxAgeHours,
  email: z.strictObject(emailNodeSchema.shape),
});
export type WorkflowDraft = z.infer<typeof workflowDraftSchema>;

/** `obstacles` keep a workflow that can be saved from being activated. All are sentences for people. */
export type WorkflowCheck =
  | {
      kind: 'accepted';
      draft: WorkflowDraft;
      compiled: CompiledEmail;
      warnings: string[];
      obstacles: string[];
    }
  /** `places`: the same problems, each with its field. */
  | { kind: 'refused'; problems: string[]; places: readonly DraftProblem[] };

export type MailSurroundings = Readonly<{
  settings: Pick<Settings, 'events' | 'customerDeleted' | 'postalAddress'> & Writing;
  /** Whether the deployment has a sender of its own. */
  hasSender: boolean;
  /** In whose names it may send, see `sendersOf`; absent: that is not checked. */
  senders?: readonly string[] | undefined;
  /** Polar's own mails as they were last seen; absent: Polar is not connected. */
  polar?: PolarMails | undefined;
}>;

/** `emails` is absent where Polar was not asked yet. */
export type PolarMails = Portal &
  Readonly<{ emails?: Readonly<{ switches: CustomerEmails }> | undefined }>;

const longestName = 100;
/** Polar redelivers for 90 days. */
const longestAgeHours = 90 * 24;

/** Checks and compiles what a person wrote. Pure: nothing is saved. */
export function checkWorkflow(written: unknown, surroundings: MailSurroundings): WorkflowCheck {
  const parsed = workflowDraftSchema.safeParse(written);
  if (!parsed.success) {
    return refusal(parsed.error.issues.map((issue) => draftProblem(issue, written)));
  }
  const draft = parsed.data;
  const { event, conditions } = draft.trigger;
  const checks = [checkConditions(conditions, event), checkFrequency(draft.frequency, event)];
  const compilation = compileEmail(draft.email, event);
  const problems = [
    ...ownProblems(draft),
    ...senderProblems(draft, surroundings),
    ...checks.flatMap((check) => check.problems),
    ...(compilation.kind === 'refused' ? compilation.places : []),
  ];
  if (problems.length > 0 || compilation.kind === 'refused') return refusal(problems);
  return {
    kind: 'accepted',
    draft,
    compiled: compilation.compiled,
    warnings: [
      ...checks.flatMap((check) => check.warnings),
      ...compilation.warnings,
      ...surroundingWarnings(draft, surroundings),
    ],
    obstacles: obstaclesTo(draft, surroundings),
  };
}

function refusal(places: readonly DraftProblem[]): WorkflowCheck {
  return { kind: 'refused', problems: sentencesOf(places), places };
}

const senderFields = [
  ['from', 'From'],
  ['replyTo', 'Reply-to'],
] as const;

function ownProblems({ name, trigger, maxAgeHours, email }: WorkflowDraft): DraftProblem[] {
  const problems: DraftProblem[] = [];
  const problem = (field: DraftProblem['field'], text: string) => problems.push({ field, text });
  if (name.trim() === '') problem('name', 'The name is empty.');
  if (name.length > longestName) {
    problem('name', `The name is longer than ${longestName} characters.`);
  }
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name)) problem('name', 'The name must be on one line.');
  if (!(maxAgeHours > 0 && maxAgeHours <= longestAgeHours)) {
    const most = `${longestAgeHours} (90 days)`;
    problem('maxAgeHours', `The age in hours must be above 0 and at most ${most}.`);
  }
  for (const [field, label] of senderFields) {
    const wrong = email[field] === undefined ? undefined : senderProblem(email[field]);
    if (wrong) problem(field, `${label} ${wrong}.`);
  }
  if (trigger.event === 'customer.deleted' && email.kind === 'marketing') {
    const text = 'Marketing is never sent to deleted customers; make the email transactional.';
    problem('kind', text);
  }
  return problems;
}

function senderProblems(
  { email: { from } }: WorkflowDraft,
  { senders }: MailSurroundings,
): DraftProblem[] {
  if (from === undefined || senders === undefined || senderProblem(from)) return [];
  const wrong = foreignSender(from, senders);
  return wrong ? [{ field: 'from', text: `From ${wrong}.` }] : [];
}

function surroundingWarnings(
  draft: WorkflowDraft,
  { settings, hasSender, polar }: MailSurroundings,
): string[] {
  const warning = triggerWarning(draft.trigger.event, settings);
  return [
    ...(warning === undefined ? [] : [warning]),
    ...polarWarnings(draft, polar),
    ...(hasSender ? [] : ['No sender is set up: emails will be blocked until there is one.']),
  ];
}

/** At which moments Polar mails customers itself, too, or may. */
export function polarWarnings(
  workflow: Pick<WorkflowDraft, 'trigger' | 'frequency'>,
  polar: PolarMails | undefined,
): string[] {
  if (!polar) return [];
  const warnings = overlapWarnings(overlapsOf(workflow, polar.emails?.switches));
  return warnings.length > 0 && polar.server === 'sandbox' ? [...warnings, sandboxNote] : warnings;
}

/** How the settings keep an event from sending anything, if they do. */
export function triggerWarning(
  event: SupportedEventType,
  { events, customerDeleted }: MailSurroundings['settings'],
): string | undefined {
  const { enabled, trigger } = events[event];
  if (!enabled) return `The settings have ${event} switched off: nothing will be sent.`;
  if (!trigger) return `The settings keep ${event} from workflows: nothing is sent.`;
  return event === 'customer.deleted' && customerDeleted === 'delete'
    ? 'The settings remove deleted customers at once: nothing will be sent.'
    : undefined;
}

function obstaclesTo({ email }: WorkflowDraft, { settings }: MailSurroundings): string[] {
  if (email.kind !== 'marketing' || settings.postalAddress?.trim()) return [];
  return ['Marketing email must carry your postal address; enter it in the settings first.'];
}
