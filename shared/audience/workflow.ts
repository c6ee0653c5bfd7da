import * as z from 'zod/mini';
import { eventPropertiesSchema } from '#shared/polar/event-properties.ts';
import { supportedEventTypes } from '#shared/polar/event-types.ts';

const propertyNameSchema = z.keyof(eventPropertiesSchema);
export const eventPropertyNames = propertyNameSchema.options;

/** `is` and `is-not` compare the property as text with `value`; the other two need no value. */
export const conditionSchema = z.object({
  property: propertyNameSchema,
  operator: z.enum(['is', 'is-not', 'is-set', 'is-not-set']),
  value: z.optional(z.string()),
});
export type Condition = z.infer<typeof conditionSchema>;

/** `every-time` is once for each change of an object in Polar, not for each webhook about it. */
export const frequencySchema = z.enum([
  'every-time',
  'once-per-contact',
  'once-per-subscription',
  'once-per-order',
]);
export type Frequency = z.infer<typeof frequencySchema>;

/** The one email of a workflow as a person writes it: subject, preheader and body in Liquid, the body in Markdown. */
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
export const compiledEmailSchema = z.object({
  subject: z.string(),
  html: z.string(),
  text: z.string(),
});
export type CompiledEmail = z.infer<typeof compiledEmailSchema>;

export const workflowSchema = z.object({
  workflowId: z.string(),
  /** Goes up by one with each change. */
  version: z.int(),
  name: z.string(),
  status: z.enum(['draft', 'active', 'paused']),
  trigger: z.object({ event: z.enum(supportedEventTypes), conditions: z.array(conditionSchema) }),
  frequency: frequencySchema,
  /** An event that is older than this when it is decided triggers nothing. */
  maxAgeHours: z.number(),
  email: emailNodeSchema,
  compiled: compiledEmailSchema,
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type Workflow = z.infer<typeof workflowSchema>;

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
  }>;
