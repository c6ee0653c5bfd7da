import * as z from 'zod/mini';
import type { Settings } from '../audience/settings.ts';
import {
  type CompiledEmail,
  conditionSchema,
  emailNodeSchema,
  workflowSchema,
} from '../audience/workflow.ts';
import type { SupportedEventType } from '../polar/event-types.ts';
import { checkConditions, checkFrequency } from './check-conditions.ts';
import { compileEmail } from './compile-email.ts';
import { type DraftProblem, draftProblem, sentencesOf } from './draft-problem.ts';
import { senderProblem } from './sender-address.ts';
import { foreignSender } from './sender-domain.ts';

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
  settings: Pick<Settings, 'events' | 'customerDeleted' | 'postalAddress'>;
  /** Whether the deployment has a sender of its own. */
  hasSender: boolean;
  /** In whose names it may send, see `sendersOf`; absent: that is not checked. */
  senders?: readonly string[] | undefined;
}>;

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
  { trigger: { event } }: WorkflowDraft,
  { settings, hasSender }: MailSurroundings,
): string[] {
  const warning = triggerWarning(event, settings);
  return [
    ...(warning === undefined ? [] : [warning]),
    ...(hasSender ? [] : ['No sender is set up: emails will be blocked until there is one.']),
  ];
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
