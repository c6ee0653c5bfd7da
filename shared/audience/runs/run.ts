import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { toldVersionSchema } from '#shared/audience/person/subscription-snapshot.ts';
import { plainStepId, untilSchema } from '#shared/audience/workflow.ts';
import { eventPropertiesSchema } from '#shared/polar/event-properties.ts';
import { supportedEventTypes } from '#shared/polar/event-types.ts';

const optionalText = z.optional(z.string());

const takenStepSchema = z.object({
  stepId: z.string(),
  /** When it was taken, and when it was due: a wait over, an email to be sent. */
  at: z.string(),
  dueAt: z.string(),
  /** `sent`: its email was asked for; the ledger says what became of it. */
  did: z.enum(['sent', 'skipped', 'waited']),
  reason: optionalText,
  ledgerKey: optionalText,
});
/** One step that a run has taken. */
export type TakenStep = z.infer<typeof takenStepSchema>;

export const runStates = ['waiting', 'parked', 'done', 'exited', 'stopped'] as const;

/**
 * One customer's way through the steps of a workflow. `waiting` at a step · `parked`: the wait is over while the
 * workflow is paused · `done`: no step is left · `exited`: what it was begun for is over · `stopped`: by a person, or
 * because it cannot go on.
 */
export const runSchema = z.object({
  /** The key that the one email of the workflow would have. */
  runId: z.string(),
  workflowId: z.string(),
  /** The version that it last saw. */
  workflowVersion: z.number(),
  customerId: z.string(),
  contactId: z.string(),
  subscriptionId: optionalText,
  /** The event that began it, and its properties as they were then. */
  webhookId: z.string(),
  type: z.enum(supportedEventTypes),
  occurredAt: z.string(),
  properties: eventPropertiesSchema,
  subscription: z.optional(toldVersionSchema),
  /** Where a replay began it, and whether that asked for emails that were sent before. */
  replayId: optionalText,
  again: z.optional(z.boolean()),
  state: z.enum(runStates),
  /** Why it ended. */
  reason: optionalText,
  endedAt: optionalText,
  /** The wait that it is at, the date that it waits for, and when that is over. */
  stepId: optionalText,
  until: z.optional(untilSchema),
  dueAt: optionalText,
  /** When the clock asks for it; absent where nothing is left to do. */
  wakeAt: optionalText,
  parkedAt: optionalText,
  history: z.array(takenStepSchema),
  /** Of an erased customer: nothing of the person is left in it. */
  erased: z.optional(z.boolean()),
  beganAt: z.string(),
  updatedAt: z.string(),
});
export type Run = z.infer<typeof runSchema>;

export function isOpen({ state }: Pick<Run, 'state'>): boolean {
  return state === 'waiting' || state === 'parked';
}

/** A run that waits, as the row of its customer names it. */
export const namedRunSchema = z.object({
  runId: z.string(),
  workflowId: z.string(),
  subscriptionId: optionalText,
  /** The date that it waits for; an event that moves the date moves the run. */
  until: z.optional(untilSchema),
  beganAt: z.string(),
});
export type NamedRun = z.infer<typeof namedRunSchema>;

/** An email that a run asks for. */
export const runEmailSchema = z.object({
  stepId: z.string(),
  ledgerKey: z.string(),
  dueAt: z.string(),
});
export type RunEmail = z.infer<typeof runEmailSchema>;

/** What the ledger says of a key, as far as a beginning run asks. */
export const ledgerStateSchema = z.object({ state: z.string() });
export type LedgerState = z.infer<typeof ledgerStateSchema>;

/** Whether an email went out under its key, or may have, or is about to. */
export function isUsedUp(email: LedgerState | undefined): boolean {
  return email !== undefined && email.state !== 'blocked' && email.state !== 'failed';
}

/**
 * The ledger key of an email of a run, the same however often the step is edited or moved. The step that a workflow was
 * written with before there were several keeps the key that it had.
 */
export function stepKey(runId: string, stepId: string): string {
  if (stepId === plainStepId) return runId;
  return createHash('sha256').update(`${runId}\nstep ${stepId}`).digest('base64url');
}

/** The run once it is over. Nobody asks for it any more. */
export function ended(
  run: Run,
  state: 'done' | 'exited' | 'stopped',
  reason: string | undefined,
  now: Date,
): Run {
  const { stepId, until, dueAt, wakeAt, parkedAt, ...rest } = run;
  const at = now.toISOString();
  return { ...rest, state, ...(reason !== undefined && { reason }), endedAt: at, updatedAt: at };
}

/** Without anything of the person. */
export function cleared(run: Run): Run {
  const { subscription, subscriptionId, ...rest } = run;
  const { customerId } = run;
  return { ...rest, properties: { customerId }, history: [], erased: true };
}

/** How the reason begins of a run that a condition of its workflow ends. */
export const endsBecause = 'The workflow ends early when ';

/** The reason of a run where it is said already that it ends early: of a condition only that. */
export function endingText(reason: string): string {
  return reason.startsWith(endsBecause) ? reason.slice(endsBecause.length) : reason;
}
