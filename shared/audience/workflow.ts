import * as z from 'zod/mini';
import { supportedEventTypes } from '#shared/polar/event-types.ts';
import { conditionSchema } from './conditions.ts';

/**
 * `every-time` is once for each change of an object in Polar, not for each webhook about it. A period is a subscription
 * with the end of its period.
 */
const frequencySchema = z.enum([
  'every-time',
  'once-per-contact',
  'once-per-subscription',
  'once-per-order',
  'once-per-period',
]);
export type Frequency = z.infer<typeof frequencySchema>;

/** An email of a workflow as a person writes it: subject, preheader and body in Liquid, the body in Markdown. */
export const emailNodeSchema = z.object({
  kind: z.enum(['marketing', 'transactional']),
  /** `Name <address>` or an address; absent: the deployment's own sender. */
  from: z.optional(z.string()),
  replyTo: z.optional(z.string()),
  subject: z.string(),
  preheader: z.string(),
  body: z.string(),
});
export type EmailNode = z.infer<typeof emailNodeSchema>;

/** What saving makes of an email node: Liquid that gives each part of the message. */
const compiledEmailSchema = z.object({
  subject: z.string(),
  html: z.string(),
  text: z.string(),
});
export type CompiledEmail = z.infer<typeof compiledEmailSchema>;

const sendStepSchema = z.object({
  kind: z.literal('send'),
  /** Never changes. */
  id: z.string(),
  /** One that does not hold skips this step. */
  onlyIf: z.array(conditionSchema),
  email: emailNodeSchema,
  compiled: compiledEmailSchema,
});
export type SendStep = z.infer<typeof sendStepSchema>;

/** A time before or after a date of the subscription. */
export const untilSchema = z.object({
  date: z.enum(['trialEnd', 'periodEnd', 'endsAt', 'pastDueAt']),
  /** Negative: before the date. */
  offsetHours: z.number(),
});
export type Until = z.infer<typeof untilSchema>;

const waiting = { kind: z.literal('wait'), id: z.string() };
export const waitForSchema = z.object({ ...waiting, for: z.object({ hours: z.number() }) });
export const waitUntilSchema = z.object({ ...waiting, until: untilSchema });
export type WaitStep = z.infer<typeof waitForSchema> | z.infer<typeof waitUntilSchema>;

/** As people read it, and write it in files: `3 days`, `3 days before trialEnd`. */
export function waitText(wait: WaitStep): string {
  if ('for' in wait) return hoursText(wait.for.hours);
  const { date, offsetHours } = wait.until;
  if (offsetHours === 0) return date;
  return `${hoursText(Math.abs(offsetHours))} ${offsetHours < 0 ? 'before' : 'after'} ${date}`;
}

function hoursText(hours: number): string {
  const [count, unit] = hours % 24 === 0 ? [hours / 24, 'day'] : [hours, 'hour'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

const stepSchema = z.union([sendStepSchema, waitForSchema, waitUntilSchema]);
export type Step = z.infer<typeof stepSchema>;

const common = {
  workflowId: z.string(),
  /** Goes up by one with each change. */
  version: z.int(),
  name: z.string(),
  status: z.enum(['draft', 'active', 'paused']),
  trigger: z.object({ event: z.enum(supportedEventTypes), conditions: z.array(conditionSchema) }),
  frequency: frequencySchema,
  /** An event that is older than this when it is decided triggers nothing. */
  maxAgeHours: z.number(),
  createdAt: z.string(),
  updatedAt: z.string(),
};

export const workflowSchema = z.object({
  ...common,
  /** On the customer and the contact; read when it begins. */
  audience: z.array(conditionSchema),
  /** One that holds ends the run. */
  exitWhen: z.array(conditionSchema),
  steps: z.array(stepSchema),
});
export type Workflow = z.infer<typeof workflowSchema>;

/** Written of a workflow that does nothing but send one email, so that version 0.1.0 can read it. */
const plainWorkflowSchema = z.object({
  ...common,
  email: emailNodeSchema,
  compiled: compiledEmailSchema,
});
type PlainWorkflow = z.infer<typeof plainWorkflowSchema>;

/** A row in either form. */
export const storedWorkflowSchema = z.union([
  workflowSchema,
  z.pipe(
    plainWorkflowSchema,
    z.transform(
      ({ email, compiled, ...rest }): Workflow => ({ ...rest, ...plainSteps(email, compiled) }),
    ),
  ),
]);

/** What a workflow is that sends one email to whoever its trigger lets through. */
export function plainSteps(email: EmailNode, compiled: CompiledEmail) {
  const send: SendStep = { kind: 'send', id: plainStepId, onlyIf: [], email, compiled };
  return { audience: [], exitWhen: [], steps: [send] } satisfies Partial<Workflow>;
}

/** Of the only step of a workflow that was written without steps. */
export const plainStepId = 'email';

/** The row of a workflow. */
export function storedWorkflow(workflow: Workflow): Workflow | PlainWorkflow {
  const { audience, exitWhen, steps, ...rest } = workflow;
  const [step, ...more] = steps;
  const isPlain =
    step?.kind === 'send' &&
    step.id === plainStepId &&
    [...more, ...step.onlyIf, ...audience, ...exitWhen].length === 0;
  return isPlain ? { ...rest, email: step.email, compiled: step.compiled } : workflow;
}

export function sendsOf({ steps }: Pick<Workflow, 'steps'>): SendStep[] {
  return steps.filter((step) => step.kind === 'send');
}

/** The first email of a workflow. Each one has at least one. */
export function firstSend(workflow: Pick<Workflow, 'steps'>): SendStep {
  const [first] = sendsOf(workflow);
  if (!first) throw new Error('A workflow has no step that sends.');
  return first;
}

/**
 * The one of a step. Without its id, as the ledger and messages of earlier versions have it: that of a workflow that was
 * written without steps, else the first.
 */
export function sendOf(
  workflow: Pick<Workflow, 'steps'>,
  stepId: string | undefined,
): SendStep | undefined {
  const sends = sendsOf(workflow);
  const named = sends.find(({ id }) => id === (stepId ?? plainStepId));
  return named ?? (stepId === undefined ? sends[0] : undefined);
}

/** Whether it is more than one email that goes at once. */
export function needsRun({ steps }: Pick<Workflow, 'steps'>): boolean {
  return steps.length > 1;
}

export type WorkflowReader = Readonly<{
  all(): Promise<Workflow[]>;
  find(workflowId: string): Promise<Workflow | undefined>;
}>;

export type Workflows = WorkflowReader &
  Readonly<{
    /**
     * Writes the next version of a workflow, and keeps the one that it replaces; the first one as a new row. `false`:
     * someone else changed it meanwhile.
     */
    save(workflow: Workflow): Promise<boolean>;
    /**
     * Its last version is kept. `false`: it has another version by now, so it stays. One that is gone is removed: safe
     * to repeat.
     */
    remove(workflow: Pick<Workflow, 'workflowId' | 'version'>): Promise<boolean>;
    /** Those that are kept and the present one, the newest first; also of a workflow that was removed. */
    versions(workflowId: string): Promise<Workflow[]>;
    /** Those that were removed, each in its last version, the newest first. `present`: all that are there, if they are known. */
    removed(present?: readonly Pick<Workflow, 'workflowId'>[]): Promise<Workflow[]>;
    /** Writes the next version of one that was removed. `false`: it is there, or has another version by now. */
    bringBack(workflow: Workflow): Promise<boolean>;
  }>;
