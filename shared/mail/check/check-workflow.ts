import type { Settings, Writing } from '#shared/audience/settings/settings.ts';
import type { Frequency, Step } from '#shared/audience/workflow.ts';
import { eventMayHave } from '#shared/mail/event-variables.ts';
import { overlapsOf, overlapWarnings, sandboxNote } from '#shared/mail/moments.ts';
import { foreignSender, senderProblem } from '#shared/mail/sender.ts';
import type { CustomerEmails } from '#shared/polar/customer-emails.ts';
import {
  isOfOrder,
  isOptionalEventType,
  type SupportedEventType,
} from '#shared/polar/event-types.ts';
import type { Portal } from '#shared/polar/portal.ts';
import { checkConditions, type Verdicts } from './check-conditions.ts';
import {
  checkSteps,
  costOfUpdates,
  type DraftStep,
  problemOfStep,
  type StepName,
} from './check-steps.ts';
import { type DraftProblem, type EmailField, sentencesOf } from './draft-problem.ts';
import { readDraft, type WorkflowDraft } from './written-draft.ts';

/** A frequency needs something to count by. */
function checkFrequency(frequency: Frequency, type: SupportedEventType): Verdicts {
  const counted = countedBy[frequency];
  if (!counted) return { problems: [], warnings: [] };
  if (!eventMayHave(type, counted)) {
    const thing = counted === 'orderId' ? 'order' : 'subscription';
    const text = `${type} has no ${thing}, so it can't send ${frequency.replaceAll('-', ' ')}.`;
    return {
      problems: [{ field: 'frequency', text }],
      warnings: [],
    };
  }
  const mayLack = isOfOrder(type) && counted !== 'orderId';
  const warnings = mayLack ? ['Orders without a subscription will send nothing.'] : [];
  return { problems: [], warnings };
}

const countedBy: Partial<Record<Frequency, 'orderId' | 'subscriptionId'>> = {
  'once-per-order': 'orderId',
  'once-per-subscription': 'subscriptionId',
  'once-per-period': 'subscriptionId',
};

/** `obstacles` keep a workflow that can be saved from being activated. All are sentences for people. */
export type WorkflowCheck =
  | {
      kind: 'accepted';
      draft: WorkflowDraft;
      /** Compiled. */
      steps: Step[];
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
  stepName?: StepName;
}>;

/** `emails` is absent where Polar was not asked yet. */
export type PolarMails = Portal &
  Readonly<{ emails?: Readonly<{ switches: CustomerEmails }> | undefined }>;

const longestName = 100;
/** Polar redelivers for 90 days. */
const longestAgeHours = 90 * 24;

/** Checks and compiles what a person wrote. Pure: nothing is saved. */
export function checkWorkflow(written: unknown, surroundings: MailSurroundings): WorkflowCheck {
  const read = readDraft(written);
  if (read.kind === 'refused') return refusal(read.places);
  const { draft } = read;
  const { event, conditions } = draft.trigger;
  const ofSteps = checkSteps(draft, surroundings.settings.events, surroundings.stepName);
  const checks = [
    checkConditions(conditions, {
      ...{ type: event, place: 'trigger' },
      fieldOf: (index) => `conditions.${index}`,
    }),
    checkConditions(draft.audience, {
      ...{ type: event, place: 'audience' },
      fieldOf: (index) => `audience.${index}`,
    }),
    checkFrequency(draft.frequency, event),
    checkConditions(draft.exitWhen, {
      ...{ type: event, place: 'exitWhen' },
      fieldOf: (index) => `exitWhen.${index}`,
    }),
    ofSteps,
    ofPauses(draft, surroundings.settings.events),
  ];
  const problems = [
    ...ownProblems(draft),
    ...draft.steps.flatMap((step, index) => senderProblems(step, index, draft, surroundings)),
    ...checks.flatMap((check) => check.problems),
  ];
  if (problems.length > 0) return refusal(problems);
  const { steps } = ofSteps;
  return {
    kind: 'accepted',
    draft,
    steps,
    warnings: [
      ...new Set(checks.flatMap((check) => check.warnings)),
      ...surroundingWarnings(draft, surroundings),
    ],
    obstacles: obstaclesTo(draft, surroundings),
  };
}

function refusal(places: readonly DraftProblem[]): WorkflowCheck {
  return { kind: 'refused', problems: sentencesOf(places), places };
}

/** Only subscription.updated tells of a pause before it begins. */
function ofPauses({ exitWhen, steps }: WorkflowDraft, events: Settings['events']): Verdicts {
  const asked = [...exitWhen, ...steps.flatMap((one) => (one.kind === 'send' ? one.onlyIf : []))];
  const isAsked = asked.some(({ property }) => property === 'subscription.pauseAtPeriodEnd');
  const warnings =
    isAsked && !events['subscription.updated'].enabled
      ? [
          `Polar tells of a scheduled pause with subscription.updated, which is switched off, so pauseAtPeriodEnd may be out of date. If customers can pause in your shop, switch it on in Events & groups. ${costOfUpdates}`,
        ]
      : [];
  return { problems: [], warnings };
}

const senderFields = [
  ['from', 'From'],
  ['replyTo', 'Reply-to'],
] as const;

function ownProblems({ name, maxAgeHours }: WorkflowDraft): DraftProblem[] {
  const problems: DraftProblem[] = [];
  const problem = (field: DraftProblem['field'], text: string) => problems.push({ field, text });
  if (name.trim() === '') problem('name', 'Enter a name.');
  if (name.length > longestName) {
    problem('name', `Use at most ${longestName} characters for the name.`);
  }
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name)) problem('name', 'Keep the name on one line.');
  if (!(maxAgeHours > 0 && maxAgeHours <= longestAgeHours)) {
    const most = `${longestAgeHours} (90 days)`;
    problem('maxAgeHours', `The maximum age in hours must be above 0 and at most ${most}.`);
  }
  return problems;
}

/** Who an email comes from, and whether such a customer may get it. */
function senderProblems(
  step: DraftStep,
  index: number,
  { trigger, steps }: WorkflowDraft,
  { senders, stepName }: MailSurroundings,
): DraftProblem[] {
  if (step.kind === 'wait') return [];
  const { email } = step;
  const problems: DraftProblem[] = [];
  const problem = (field: EmailField, text: string) =>
    problems.push(
      problemOfStep({ field: `steps.${index}.${field}`, text }, { steps, index, stepName }),
    );
  for (const [field, label] of senderFields) {
    const wrong = email[field] === undefined ? undefined : senderProblem(email[field]);
    if (wrong) problem(field, `${label} ${wrong}.`);
  }
  if (trigger.event === 'customer.deleted' && email.kind === 'marketing') {
    problem('kind', 'Marketing is never sent to deleted customers; make the email transactional.');
  }
  if (email.from !== undefined && senders !== undefined && !senderProblem(email.from)) {
    const wrong = foreignSender(email.from, senders);
    if (wrong) problem('from', `From ${wrong}.`);
  }
  return problems;
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
  workflow: Pick<WorkflowDraft, 'trigger' | 'frequency'> & Partial<Pick<WorkflowDraft, 'steps'>>,
  polar: PolarMails | undefined,
): string[] {
  if (!polar) return [];
  const warnings = overlapWarnings(overlapsOf(workflow, polar.emails?.switches));
  return warnings.length > 0 && polar.server === 'sandbox' ? [...warnings, sandboxNote] : warnings;
}

/** How an optional event is switched on, as the sentence about one says. Pages link it, and commands add their own. */
export const switchOn = 'Switch it on in Events & groups';

/** How the settings keep an event from sending anything, if they do. */
export function triggerWarning(
  event: SupportedEventType,
  { events, customerDeleted }: MailSurroundings['settings'],
): string | undefined {
  const { enabled, trigger } = events[event];
  if (!enabled && isOptionalEventType(event)) {
    return `${event} is an optional event and switched off: nothing will be sent. ${switchOn}, which also adds it to the endpoint in Polar.`;
  }
  if (!enabled) return `${event} is switched off in the settings: nothing will be sent.`;
  if (!trigger)
    return `The settings keep ${event} from triggering workflows: nothing will be sent.`;
  return event === 'customer.deleted' && customerDeleted === 'delete'
    ? 'The settings remove deleted customers immediately: nothing will be sent.'
    : undefined;
}

function obstaclesTo({ steps }: WorkflowDraft, { settings }: MailSurroundings): string[] {
  const isMarketing = steps.some((step) => step.kind === 'send' && step.email.kind === 'marketing');
  if (!isMarketing || settings.postalAddress?.trim()) return [];
  return ['Marketing email must carry your postal address; enter it on Sender & brand first.'];
}
