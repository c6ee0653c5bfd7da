import * as z from 'zod/mini';
import { conditionPropertySchema, conditionSchema } from '#shared/audience/conditions.ts';
import {
  emailNodeSchema,
  plainStepId,
  waitForSchema,
  waitUntilSchema,
  workflowSchema,
} from '#shared/audience/workflow.ts';
import { type DraftProblem, draftProblem } from './draft-problem.ts';

const { name, trigger, frequency, maxAgeHours } = workflowSchema.shape;

/** `event.` before a property of the event may be left out, and is. */
const writtenConditionSchema = z.strictObject({
  ...conditionSchema.shape,
  property: z.pipe(
    z.transform((written: unknown) =>
      typeof written === 'string' ? written.replace(/^event\./, '') : written,
    ),
    conditionPropertySchema,
  ),
});

const conditionsSchema = z.array(writtenConditionSchema);

const emailSchema = z.strictObject(emailNodeSchema.shape);

const stepSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('send'),
    id: z.string(),
    onlyIf: z._default(conditionsSchema, []),
    email: emailSchema,
  }),
  z.strictObject({
    kind: z.literal('wait'),
    id: z.string(),
    for: z.optional(waitForSchema.shape.for),
    until: z.optional(waitUntilSchema.shape.until),
  }),
]);

const head = {
  name,
  trigger: z.strictObject({ event: trigger.shape.event, conditions: conditionsSchema }),
  frequency,
  maxAgeHours,
};

/** What a person writes of a workflow; the rest is made when it is saved. A mistyped key is told, not ignored. */
const workflowDraftSchema = z.strictObject({
  ...head,
  audience: z._default(conditionsSchema, []),
  exitWhen: z._default(conditionsSchema, []),
  steps: z.array(stepSchema),
});

export type WorkflowDraft = z.infer<typeof workflowDraftSchema>;

/** The same of a workflow that only sends one email. */
const plainDraftSchema = z.strictObject({ ...head, email: emailSchema });

type PlainDraft = z.infer<typeof plainDraftSchema>;

/** A draft as it is written of a workflow that only sends one email; nothing where it does more. */
export function plainDraft(draft: WorkflowDraft): PlainDraft | undefined {
  const { audience, exitWhen, steps, ...rest } = draft;
  const [step, ...more] = steps;
  if (step?.kind !== 'send' || step.id !== plainStepId) return undefined;
  const hasMore = [...more, ...step.onlyIf, ...audience, ...exitWhen].length > 0;
  return hasMore ? undefined : { ...rest, email: step.email };
}

type Read =
  | { kind: 'read'; draft: WorkflowDraft }
  | { kind: 'refused'; places: readonly DraftProblem[] };

/** What a person wrote, in either form. */
export function readDraft(written: unknown): Read {
  const isPlain = typeof written === 'object' && written !== null && 'email' in written;
  const parsed = (isPlain ? plainDraftSchema : workflowDraftSchema).safeParse(written);
  if (!parsed.success) {
    const places = parsed.error.issues.map((issue) => draftProblem(issue, written));
    return { kind: 'refused', places };
  }
  if (!('email' in parsed.data)) return { kind: 'read', draft: parsed.data };
  const { email, ...rest } = parsed.data;
  const steps = [{ kind: 'send' as const, id: plainStepId, onlyIf: [], email }];
  return { kind: 'read', draft: { ...rest, audience: [], exitWhen: [], steps } };
}
