import * as z from 'zod/mini';
import type { Settings } from '../audience/settings.ts';
import {
  type CompiledEmail,
  conditionSchema,
  emailNodeSchema,
  workflowSchema,
} from '../audience/workflow.ts';
import { checkConditions, checkFrequency } from './check-conditions.ts';
import { compileEmail } from './compile-email.ts';
import { issueSentence } from './issue-sentence.ts';
import { senderProblem } from './sender-address.ts';

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
  | { kind: 'refused'; problems: string[] };

export type MailSurroundings = Readonly<{
  settings: Pick<Settings, 'events' | 'customerDeleted' | 'postalAddress'>;
  /** Whether the deployment has a sender of its own. */
  hasSender: boolean;
}>;

const longestName = 100;
/** Polar redelivers for 90 days. */
const longestAgeHours = 90 * 24;

/** Checks and compiles what a person wrote. Pure: nothing is saved. */
export function checkWorkflow(written: unknown, surroundings: MailSurroundings): WorkflowCheck {
  const parsed = workflowDraftSchema.safeParse(written);
  if (!parsed.success) {
    const sentences = parsed.error.issues.map((issue) => issueSentence(issue, written));
    return { kind: 'refused', problems: [...new Set(sentences)] };
  }
  const draft = parsed.data;
  const { event, conditions } = draft.trigger;
  const checks = [checkConditions(conditions, event), checkFrequency(draft.frequency, event)];
  const compilation = compileEmail(draft.email, event);
  const problems = [
    ...ownProblems(draft),
    ...checks.flatMap((check) => check.problems),
    ...(compilation.kind === 'refused' ? compilation.problems : []),
  ];
  if (problems.length > 0 || compilation.kind === 'refused') return { kind: 'refused', problems };
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

function ownProblems({ name, trigger, maxAgeHours, email }: WorkflowDraft): string[] {
  const problems: string[] = [];
  if (name.trim() === '') problems.push('The name is empty.');
  if (name.length > longestName)
    problems.push(`The name is longer than ${longestName} characters.`);
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name)) problems.push('The name must be on one line.');
  if (!(maxAgeHours > 0 && maxAgeHours <= longestAgeHours)) {
    problems.push(`maxAgeHours must be above 0 and at most ${longestAgeHours} (90 days).`);
  }
  for (const field of ['from', 'replyTo'] as const) {
    const problem = email[field] === undefined ? undefined : senderProblem(email[field]);
    if (problem) problems.push(`${field} ${problem}.`);
  }
  if (trigger.event === 'customer.deleted' && email.kind === 'marketing') {
    problems.push('Marketing is never sent to deleted customers; make the email transactional.');
  }
  return problems;
}

function surroundingWarnings(
  { trigger: { event } }: WorkflowDraft,
  { settings, hasSender }: MailSurroundings,
): string[] {
  const warnings: string[] = [];
  const { enabled, trigger } = settings.events[event];
  if (!enabled) warnings.push(`The settings have ${event} switched off: nothing will be sent.`);
  else if (!trigger) warnings.push(`The settings keep ${event} from workflows: nothing is sent.`);
  if (event === 'customer.deleted' && settings.customerDeleted === 'delete') {
    warnings.push('The settings remove deleted customers at once: nothing will be sent.');
  }
  if (!hasSender) {
    warnings.push('No sender is set up: emails will be blocked until there is one.');
  }
  return warnings;
}

function obstaclesTo({ email }: WorkflowDraft, { settings }: MailSurroundings): string[] {
  if (email.kind !== 'marketing' || settings.postalAddress?.trim()) return [];
  return ['Marketing email must carry your postal address; enter it in the settings first.'];
}
